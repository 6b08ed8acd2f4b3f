/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/forge.h"

#include "base/tlv.h"
#include "card-os/key_certificate.h"
#include "card-os/roots.h"
#include "tests/support/papers.h"
#include "tests/support/suite.h"

#define YEAR_MS (365ull * 24 * 3600 * 1000)

/* --- Parties --- */

void forge_init(struct forge *forge, struct card_fixture *card)
{
    *forge = (struct forge){ .now_ms = card->env.time_ms(card->env.context) };
    ck_assert_int_eq(authority_make(&forge->authority, NULL, forge->now_ms), 0);
    ck_assert_int_eq(party_init(&forge->device, "ZZGD", NULL), 0);
    ck_assert_int_eq(roots_add(&card->env, authority_root(&forge->authority), 0), 0);
}

void forge_deinit(struct forge *forge)
{
    authority_deinit(&forge->authority);
    party_deinit(&forge->device);
}

void forge_import(const struct forge *forge, struct card_fixture *card)
{
    const struct party *root = &forge->authority.root, *issuer = &forge->authority.issuer;
    const struct cvc_body bodies[] = { forge_body(forge->now_ms, issuer, root, CVC_ISSUER),
                                       forge_body(forge->now_ms, &forge->device, issuer,
                                                  CVC_DEVICE) };
    const struct party *const signers[] = { root, issuer };
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        uint8_t bytes[512];
        struct writer out = WRITER_OF(bytes);
        forge_certificate(&bodies[i], signers[i], &out);
        ck_assert_uint_eq(papers_choose_issuer(card, SPAN_OF(signers[i]->name)), 0x9000);
        ck_assert_uint_eq(papers_verify(card, written(&out)), 0x9000);
    }
}

/* --- What they say --- */

static struct public_part key_of(const struct party *party)
{
    struct public_part part;
    ck_assert_int_eq(key_kind_of(KEY_EC)->public_part(&party->spec, party_material(party), &part),
                     0);
    return part;
}

struct cvc_body forge_body(uint64_t now_ms, const struct party *holder, const struct party *issuer,
                           enum cvc_role role)
{
    return (struct cvc_body){
        .car = SPAN_OF(issuer->name),
        .spec = &holder->spec,
        .key = key_of(holder),
        .domain_parameters = true,
        .chr = SPAN_OF(holder->name),
        .role = role,
        .effective_ms = now_ms,
        .expiration_ms = now_ms + YEAR_MS,
    };
}

struct cvc_body forge_request_body(const struct party *holder)
{
    return (struct cvc_body){
        .spec = &holder->spec,
        .key = key_of(holder),
        .domain_parameters = true,
        .chr = SPAN_OF(holder->name),
        .request = true,
    };
}

/* --- And sign --- */

static void sign(const struct party *by, struct span message, struct writer *out)
{
    const struct key_in_use key = { .kind = key_kind_of(KEY_EC),
                                    .live = by->live,
                                    .spec = &by->spec };
    ck_assert_int_eq(key_sign_cvc(&key, message, out), 0);
}

struct span forge_certificate(const struct cvc_body *body, const struct party *by,
                              struct writer *out)
{
    size_t start = out->size;
    ck_assert_int_eq(cvc_write_body(body, out), 0);
    sign(by, span_part(written(out), start, out->size), out);
    ck_assert(!out->full);
    return written(out);
}

struct span forge_request(const struct cvc_body *body, const struct party *by,
                          const struct party *device, struct writer *out)
{
    struct tlv_mark certificate = tlv_open(out, CVC_CERTIFICATE);
    forge_certificate(body, by, out);
    tlv_close(out, certificate);
    tlv_write(out, CVC_CAR, SPAN_OF(device->name));
    sign(device, written(out), out);
    ck_assert(!out->full);
    return written(out);
}
