/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/key_sort.h"

#include <stdio.h>
#include <string.h>

#include "base/tlv.h"
#include "crypto/curve_parameters.h"
#include "crypto/hash.h"
#include "formats/apdu.h"
#include "tests/bench/bench.h"

enum { INS_GENERATE = 0x46, INS_SIGN = 0x68, INS_DECIPHER = 0x62 };
enum { ALG_RSA_RAW = 0x20, ALG_ECDSA_RAW = 0x70, ALG_ECDH = 0x80 };

static const size_t rsa_sizes[] = { 1024, 1536, 2048, 3072, 4096 };

struct key_sort key_sort_on(const char *name)
{
    struct key_sort sort = { .curve = curve_by_name(name) };
    bench_require(sort.curve, name);
    sort.bits = sort.curve->bits;
    snprintf(sort.name, sizeof sort.name, "%s", name);
    return sort;
}

struct key_sort key_sort_rsa(size_t bits)
{
    struct key_sort sort = { .bits = bits };
    snprintf(sort.name, sizeof sort.name, "RSA-%zu", bits);
    return sort;
}

size_t key_sorts(struct key_sort out[KEY_SORTS_MAX])
{
    size_t count = 0;
    bench_require(curve_count() + COUNT_OF(rsa_sizes) <= KEY_SORTS_MAX, "room for all sorts");
    for (size_t i = 0; i < curve_count(); i++)
        out[count++] = key_sort_on(curve_at(i)->name);
    for (size_t i = 0; i < COUNT_OF(rsa_sizes); i++)
        out[count++] = key_sort_rsa(rsa_sizes[i]);
    return count;
}

uint8_t key_sort_index(const struct key_sort *sort)
{
    struct key_sort all[KEY_SORTS_MAX];
    size_t count = key_sorts(all), i = 0;
    while (i < count && strcmp(all[i].name, sort->name) != 0)
        i++;
    bench_require(i < count, sort->name);
    return (uint8_t)i;
}

struct raw_key key_sort_raw(const struct key_sort *sort)
{
    return raw_key_make(sort->curve ? sort->curve->library : NULL, sort->bits);
}

/* --- Commands --- */

static void write_rsa_template(struct writer *out, size_t bits)
{
    static const uint8_t rsa[] = { 4, 0, 0x7F, 0, 7, 2, 2, 2, 1, 2 };
    tlv_write(out, 0x06, SPAN_OF(rsa));
    tlv_write(out, 0x02, SPAN_OF(((const uint8_t[]){ (uint8_t)(bits >> 8), (uint8_t)bits })));
}

static void write_members(struct writer *out, const struct span *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tlv_write(out, (uint32_t)(0x81 + i), members[i]);
}

/* Edwards and Montgomery curves are numbered otherwise (protocol.md 12.3). */
static void write_ec_template(struct writer *out, const struct curve *curve)
{
    static const uint8_t ecdsa[] = { 4, 0, 0x7F, 0, 7, 2, 2, 2, 2, 3 };
    struct curve_storage storage;
    struct domain_parameters p;
    bench_require(curve_parameters(curve, &storage, &p) == 0, "curve parameters");
    const struct span raw[] = { p.prime, p.order, p.generator },
                      parts[] = { p.prime, p.a, p.b, p.generator, p.order };
    tlv_write(out, 0x06, SPAN_OF(ecdsa));
    if (curve->form != CURVE_WEIERSTRASS) {
        write_members(out, raw, COUNT_OF(raw));
        return;
    }
    write_members(out, parts, COUNT_OF(parts));
    tlv_write(out, 0x87, p.cofactor);
}

void write_generate(struct writer *out, uint8_t id, const struct key_sort *sort)
{
    uint8_t bytes[1024];
    struct writer body = WRITER_OF(bytes);
    tlv_write_u8(&body, 0x5F29, 0);
    struct tlv_mark parts = tlv_open(&body, 0x7F49);
    if (sort->curve)
        write_ec_template(&body, sort->curve);
    else
        write_rsa_template(&body, sort->bits);
    tlv_close(&body, parts);
    tlv_write(&body, 0x5F20, span_of_text("ESHSM0000100001"));
    apdu_write(
        &(struct apdu){ .ins = INS_GENERATE, .p1 = id, .data = written(&body), .le = APDU_LE_MAX },
        out);
}

void write_sign(struct writer *out, uint8_t id, const struct key_sort *sort)
{
    uint8_t input[RAW_RESULT_MAX];
    size_t size = sort->curve ? curve_field_size(sort->curve) : sort->bits / 8;
    memset(input, 0x5A, sizeof input);
    if (sort->curve && size > SHA256_SIZE)
        size = SHA256_SIZE;
    apdu_write(&(struct apdu){ .cla = 0x80,
                               .ins = INS_SIGN,
                               .p1 = id,
                               .p2 = sort->curve ? ALG_ECDSA_RAW : ALG_RSA_RAW,
                               .data = span_of(input, size),
                               .le = APDU_LE_MAX },
               out);
}

void write_agree(struct writer *out, uint8_t id, const struct key_sort *sort)
{
    struct curve_storage storage;
    struct domain_parameters p;
    bench_require(curve_parameters(sort->curve, &storage, &p) == 0, "curve parameters");
    apdu_write(&(struct apdu){ .cla = 0x80,
                               .ins = INS_DECIPHER,
                               .p1 = id,
                               .p2 = ALG_ECDH,
                               .data = p.generator,
                               .le = APDU_LE_MAX },
               out);
}
