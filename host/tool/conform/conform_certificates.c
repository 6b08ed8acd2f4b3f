/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: steps that use the certificates of the card, and keys of it. */
#include "host/tool/conform/conform_certificates.h"

#include <stdio.h>

#include "base/secret.h"
#include "base/tlv.h"

void talk_certificates_wipe(struct talk_certificates *papers)
{
    secret_wipe(papers, sizeof *papers);
}

void talk_needs_device(struct talk *t)
{
    if (!t->papers->device.size)
        talk_stop(t);
}

void talk_needs_keys(struct talk *t)
{
    talk_needs_device(t);
    for (size_t i = 0; i < TALK_KEYS; i++)
        if (!t->papers->key[i].known)
            talk_stop(t);
}

void talk_choose(struct talk *t, uint16_t p1p2, struct span name, const char *expected)
{
    uint8_t bytes[64];
    struct writer data = WRITER_OF(bytes);
    tlv_write(&data, 0x83, name);
    talk_command(t, 0x00220000u | p1p2, written(&data), 0, expected);
}

/* As hosts do, asks first whether the issuer is known, and goes on either way. */
void talk_introduce(struct talk *t)
{
    const struct talk_certificates *papers = t->papers;
    talk_clauses(t, "10.1 11.1");
    talk_choose(t, 0x81B6, papers->device_read.car, "90 00 | 6A 88");
    talk_choose(t, 0x81B6, papers->issuer_read.car, "90 00");
    talk_command(t, 0x002A00BE, papers->issuer, 0, "90 00");
    talk_choose(t, 0x81B6, papers->device_read.car, "90 00");
    talk_command(t, 0x002A00BE, papers->device, 0, "90 00");
    talk_choose(t, 0x81B6, papers->device_read.chr, "90 00");
}

/* --- Keys --- */

void talk_generate(struct talk *t, uint8_t id, const char *curve, const char *list, int domain,
                   const char *expected)
{
    uint8_t bytes[1024], list_bytes[16];
    char name[CVC_NAME_MAX + 1];
    struct writer data = WRITER_OF(bytes), algorithms = WRITER_OF(list_bytes);
    const struct key_spec spec = key_spec_on(curve_by_name(curve));
    snprintf(name, sizeof name, "ZZCONFORM%02X00001", id);
    tlv_write_u8(&data, CVC_PROFILE, 0);
    tlv_write_text(&data, CVC_CAR, "UTCA00001");
    talk_check(t, cvc_write_key_template(&spec, &data));
    tlv_write_text(&data, CVC_CHR, name);
    if (list && hex_decode(list, &algorithms))
        tlv_write(&data, 0x91, written(&algorithms));
    if (domain >= 0)
        tlv_write_u8(&data, 0x92, (uint8_t)domain);
    talk_command(t, 0x00460000u | (uint32_t)id << 8, written(&data), APDU_LE_MAX, expected);
}

bool talk_read_request(struct span whole, struct span *out_contents, struct cvc_request *out)
{
    struct reader in = reader_of(whole);
    *out_contents = tlv_expect(&in, CVC_AUTHENTICATED_REQUEST);
    struct reader contents = reader_of(*out_contents);
    return !read_failed(&in) && cvc_read_request(&contents, out) == 0;
}

void talk_sign(struct talk *t, const struct talk_key *key, struct span message, struct writer *out)
{
    uint8_t bytes[CLIENT_SIGNATURE_MAX];
    struct writer der = WRITER_OF(bytes);
    const struct key_kind *kind = key_kind_of(KEY_EC);
    SCOPED(live_key_close) struct live_key *live = NULL;
    if (!talk_goes_on(t))
        return;
    int r = kind->open(&key->spec, span_of(key->material, key->material_size), &live);
    if (!r)
        r = kind->sign(live, kind->request_scheme, message, &der);
    if (!r)
        r = ecdsa_plain(written(&der), curve_field_size(key->spec.curve), out);
    talk_check(t, r);
}

bool talk_verifies(const struct cvc *request, const char *message, struct span der)
{
    uint8_t bytes[TALK_SIG_MAX];
    struct writer plain = WRITER_OF(bytes);
    return ecdsa_plain(der, curve_field_size(request->spec.curve), &plain) == 0 &&
           cvc_verify(&request->spec, &request->key, span_of_text(message), written(&plain)) == 0;
}
