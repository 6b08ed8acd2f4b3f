/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: reads the card's certificates, and obtains keys that the card and we both
 * have. */
#include <string.h>

#include "base/secret.h"
#include "base/tlv.h"
#include "crypto/kek.h"
#include "formats/file_ids.h"
#include "formats/key_blob.h"
#include "host/client/chip_authentication.h"
#include "host/tool/conform/conform_certificates.h"
#include "host/tool/conform/conform_computed.h"

/* --- The device --- */

/* Reads the two certificates, as contents of tag 7F21. The curve is the one on which the device's
 * point lies. */
static int read_chain(struct span chain, struct talk_certificates *out)
{
    SCOPED(chip_authentication_wipe) struct chip_authentication meeting = { 0 };
    int r = chip_authentication_unverified(chain, &meeting);
    if (r)
        return r;
    struct reader in = reader_of(chain);
    struct span device = tlv_expect(&in, CVC_CERTIFICATE);
    struct span issuer = tlv_expect(&in, CVC_CERTIFICATE);
    struct reader device_in = reader_of(device), issuer_in = reader_of(issuer);
    if (read_failed(&in))
        return CHAIN_BROKEN;
    r = cvc_read(&device_in, meeting.curve, &out->device_read);
    if (!r)
        r = cvc_read(&issuer_in, meeting.curve, &out->issuer_read);
    if (r)
        return r;
    out->device = device;
    out->issuer = issuer;
    return 0;
}

static bool vouches(const struct cvc *issuer, const struct cvc *holder)
{
    return span_equal(issuer->chr, holder->car) &&
           cvc_verify(&issuer->spec, &issuer->key, holder->body, holder->signature) == 0;
}

void conform_device(struct talk *t)
{
    struct talk_certificates *papers = t->papers;
    struct writer chain = WRITER_OF(papers->chain_bytes);
    struct card_call *call = t->p->call;
    int r = client_read(&call->card, FILE_DEVICE_CERTIFICATES, &chain, &call->sw);
    talk_check(t, r == CLIENT_REFUSED || r == CLIENT_MALFORMED ? 0 : r);
    if (!t->result) {
        r = read_chain(written(&chain), papers);
        talk_check(t, r < 0 ? r : 0);
    }
    talk_demand(t, papers->device.size, "(2F02: the certificate of the device and its issuer's)");
    talk_needs_device(t);
    const struct cvc *device = &papers->device_read, *issuer = &papers->issuer_read;
    talk_demand(t, talk_goes_on(t) && vouches(issuer, device),
                "(2F02: the issuer has signed the device's certificate)");
    talk_facts(t, "45");
    talk_demand(t, strcmp(device->spec.curve->name, "brainpoolP256r1") == 0,
                "(its key is on brainpoolP256r1)");
    talk_clauses(t, "6.1");
    talk_demand(t, device->authorised && device->role == CVC_DEVICE, "(role 00 of the device)");
    talk_demand(t, issuer->authorised && issuer->role == CVC_ISSUER, "(role 80 of the issuer)");
    talk_clauses(t, "6.3");
    talk_demand(t, device->chr.size >= 8 && device->chr.size <= CVC_NAME_MAX,
                "(a name of 8 to 16 characters)");
}

/* --- Keys --- */

/* Whether both signatures of a request, and the names in it, are right. */
static bool is_genuine(const struct cvc_request *request, const struct cvc *device)
{
    const struct cvc *inner = &request->inner;
    return span_equal(request->car, device->chr) &&
           cvc_verify(&device->spec, &device->key, request->signed_part, request->signature) == 0 &&
           cvc_verify(&inner->spec, &inner->key, inner->body, inner->signature) == 0;
}

static bool keep_request(struct span whole, const struct cvc *device, struct talk_key *out)
{
    struct writer room = WRITER_OF(out->request_bytes);
    struct cvc_request request;
    write_span(&room, whole);
    if (!talk_read_request(written(&room), &out->request, &request) ||
        !is_genuine(&request, device))
        return false;
    out->spec = request.inner.spec;
    out->name = request.inner.chr;
    out->point = request.inner.key.point;
    return true;
}

/* Unwraps the blob and keeps the private key; false if that fails or it is not the key of the
 * request. */
static bool keep_material(const struct kek *kek, struct span bytes, struct talk_key *out)
{
    SCOPED_SECRET(plain_bytes, 1024);
    struct writer plain = WRITER_OF(plain_bytes), material = WRITER_OF(out->material);
    struct key_blob blob;
    struct key_blob_key key;
    if (!key_blob_read(bytes, &blob) || key_blob_open(kek, &blob, &plain, &key))
        return false;
    struct key_spec spec = key.spec;
    if (spec.type != KEY_EC || !span_equal(key.parts.point, out->point) ||
        key_kind_of(KEY_EC)->import(&spec, &key.parts, NULL, &material))
        return false;
    out->material_size = material.size;
    return out->known = true;
}

static void take_key(struct talk *t, uint8_t id, const char *curve, const struct kek *kek)
{
    struct talk_key *key = &t->papers->key[id - 1];
    talk_clauses(t, "5.1");
    talk_generate(t, id, curve, NULL, -1, "67 * 90 00");
    bool genuine = talk_goes_on(t) && keep_request(talk_data(t), &t->papers->device_read, key);
    talk_facts(t, "45");
    talk_demand(t, genuine, "(a request that the key and the device have signed)");
    talk_clauses(t, "8.3 8.5");
    talk_command(t, 0x80720092u | (uint32_t)id << 8, (struct span){ 0 }, APDU_LE_MAX,
                 "63 0D CD 29 66 C4 33 66 0C * 90 00");
    bool opened = genuine && talk_goes_on(t) && keep_material(kek, talk_data(t), key);
    talk_demand(t, opened, "(a blob under the DKEK with the key of the request)");
}

/* Derives the keys from the secret 00 01 .. 1F, whose check value stands in protocol.md 8.1. */
static int derive_kek(struct kek *out)
{
    uint8_t bytes[KEK_SIZE];
    struct writer share = WRITER_OF(bytes);
    for (unsigned i = 0; i < KEK_SIZE; i++)
        write_u8(&share, (uint8_t)i);
    return kek_derive(written(&share), out);
}

void conform_keys(struct talk *t)
{
    SCOPED(kek_wipe) struct kek kek;
    talk_check(t, derive_kek(&kek));
    talk_needs_device(t);
    talk_say(t,
             "80 50 00 00 1C 80 02 00 01 81 06 36 34 38 32 31 39 82 08 35 37 36 32 31 38 38 30 "
             "91 01 03 92 01 01",
             "90 00");
    talk_log_in(t);
    talk_clauses(t, "8.1");
    talk_say(t,
             "80 52 00 00 20 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11 12 13 14 15 16 "
             "17 18 19 1A 1B 1C 1D 1E 1F 00",
             "01 00 63 0D CD 29 66 C4 33 66 90 00");
    for (uint8_t id = 1; id <= TALK_KEYS; id++)
        take_key(t, id, id - 1 == TALK_P384 ? "P-384" : "brainpoolP256r1", &kek);
}
