/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sealed_key.h"

#include <check.h>

#include "card-os/keys.h"
#include "crypto/curve_parameters.h"
#include "storage/store.h"

void sealed_key_put(struct card_fixture *f, const struct key_spec *spec, struct span material)
{
    struct key key = {
        .id = SEALED_KEY, .spec = *spec, .origin = KEY_IMPORTED, .uses_left = USES_UNLIMITED
    };
    ck_assert_int_eq(store_begin(f->store), 0);
    struct call call = { .card = f->card, .live = &f->card->live };
    ck_assert_int_eq(key_store(&call, &key, material), 0);
    ck_assert_int_eq(store_commit(f->store, false), 0);
}

void sealed_key_put_scalar(struct card_fixture *f, const struct curve *curve, struct span scalar)
{
    const struct key_spec spec = { .type = KEY_EC, .bits = curve->bits, .curve = curve };
    struct curve_storage storage;
    struct domain_parameters parameters;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    ck_assert_int_eq(curve_parameters(curve, &storage, &parameters), 0);
    write_counted(&material, scalar);
    write_counted(&material, parameters.generator);
    sealed_key_put(f, &spec, written(&material));
}

unsigned sealed_key_command(struct card_fixture *f, uint8_t ins, uint8_t algorithm,
                            struct span data)
{
    uint8_t bytes[8 * 1024];
    struct writer out = WRITER_OF(bytes);
    apdu_write(
        &(struct apdu){ .ins = ins, .p1 = SEALED_KEY, .p2 = algorithm, .data = data, .le = 512 },
        &out);
    struct span answer = card_fixture_send(f, written(&out));
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&in);
}
