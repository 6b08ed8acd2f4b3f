/* SPDX-License-Identifier: Apache-2.0 */
/* AES keys: GENERATE SYMMETRIC KEY and their use (protocol.md 5.2 and 7.1). */
#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/cmd/cmd.h"
#include "card-os/domain.h"
#include "card-os/files.h"
#include "card-os/keys.h"

enum { P2_AES_128 = 0xB0, BITS_STEP = 64 };

/* The algorithms of a new AES key for which the host lists none. */
static const uint8_t usual_algorithms[] = { 0x10, 0x11, 0x18, 0x99 };

static bool read_wanted(struct call *c, struct key *key, struct span *out_domain)
{
    struct reader in = call_data(c);
    struct span uses, algorithms, wrapping;
    tlv_read_members(&in, { 0x90, 4, 4, false, &uses },
                     { 0x91, 1, ALGORITHM_LIST_MAX, false, &algorithms },
                     { 0x92, 1, 1, false, out_domain }, KEY_WRAPPING_MEMBER(&wrapping));
    if (!algorithms.at)
        algorithms = SPAN_OF(usual_algorithms);
    key_read_limits(&in, uses, algorithms, key);
    return read_finished(&in);
}

sw cmd_generate_symmetric_key(struct call *c)
{
    struct key key = { .id = c->apdu.p1, .origin = KEY_GENERATED, .spec = { .type = KEY_AES } };
    struct span domain;
    call_about_file(c, FILE_KEY | key.id);
    key.spec.bits = (uint16_t)(128 + BITS_STEP * (c->apdu.p2 - P2_AES_128));
    if (!read_wanted(c, &key, &domain))
        return SW_WRONG_DATA;
    sw s = domain_assign(c, domain, &key);
    if (!sw_ok(s))
        return s;

    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
    struct writer material = WRITER_OF(bytes);
    int r = key_kind_of(KEY_AES)->generate(&key.spec, NULL, &material);
    if (!r)
        r = key_store(c, &key, written(&material));
    return call_status(c, r);
}

sw cmd_cipher(struct call *c)
{
    struct key_in_use key;
    sw s = key_use(c, c->apdu.p1, PURPOSE_CIPHER, c->apdu.p2, &key);
    if (!sw_ok(s))
        return s;
    int r = key.kind->cipher(key.live, key.scheme, c->apdu.data, &c->out);
    return r == CRYPTO_BAD_INPUT ? SW_WRONG_DATA : call_status(c, r);
}
