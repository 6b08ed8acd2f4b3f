/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/authority.h"

#include <string.h>

#include "base/tlv.h"
#include "card-os/key_certificate.h"

#define CERTIFICATE_VALID_MS (20ull * 365 * 24 * 3600 * 1000)

/* --- A key with a name --- */

void party_deinit(struct party *party)
{
    live_key_close(&party->live);
    secret_deinit(&party->material);
}

struct span party_material(const struct party *party)
{
    return span_part(secret_span(&party->material), 0, party->material_size);
}

static int party_name(struct party *party, const char *prefix)
{
    struct public_part part;
    uint8_t hash[SHA256_SIZE];
    int r = key_kind_of(KEY_EC)->public_part(&party->spec, party_material(party), &part);
    if (!r)
        r = sha256_of(part.point, hash);
    if (r)
        return r;

    uint8_t digits[8];
    struct writer hex = WRITER_OF(digits);
    write_hex(&hex, span_of(hash, 4));
    for (size_t i = 0; i < sizeof digits; i++)
        if (digits[i] >= 'a')
            digits[i] = (uint8_t)(digits[i] - 'a' + 'A');
    struct writer name = WRITER_OF(party->name);
    write_text(&name, prefix);
    write_span(&name, span_of(digits, 7));
    write_text(&name, "00001");
    return 0;
}

int party_init(struct party *party, const char prefix[4 + 1], const struct curve *curve)
{
    const struct key_kind *kind = key_kind_of(KEY_EC);
    if (!curve)
        curve = curve_by_name(AUTHORITY_CURVE);
    party->spec = (struct key_spec){ .type = KEY_EC, .bits = curve->bits, .curve = curve };
    int r = secret_init(&party->material, KEY_MATERIAL_MAX);
    if (r)
        return r;
    struct writer material = writer_of(party->material.at, party->material.size);
    r = kind->generate(&party->spec, NULL, &material);
    if (!r)
        r = key_test_pair(&party->spec, written(&material));
    party->material_size = material.size;
    if (!r)
        r = kind->open(&party->spec, written(&material), &party->live);
    return r ? r : party_name(party, prefix);
}

/* --- Certificates --- */

struct certificate {
    const struct party *holder, *issuer;
    enum cvc_role role;
    uint64_t now_ms;
};

static int write_certificate(const struct certificate *wanted, struct writer *out)
{
    struct cvc_body body = {
        .car = SPAN_OF(wanted->issuer->name),
        .spec = &wanted->holder->spec,
        .domain_parameters = wanted->role == CVC_ROOT,
        .chr = SPAN_OF(wanted->holder->name),
        .role = wanted->role,
        .effective_ms = wanted->now_ms,
        .expiration_ms = wanted->now_ms + CERTIFICATE_VALID_MS,
    };
    const struct key_kind *kind = key_kind_of(KEY_EC);
    int r = kind->public_part(&wanted->holder->spec, party_material(wanted->holder), &body.key);
    if (r)
        return r;

    struct tlv_mark certificate = tlv_open(out, CVC_CERTIFICATE);
    size_t start = out->size;
    r = cvc_write_body(&body, out);
    struct key_in_use key = { .kind = kind,
                              .live = wanted->issuer->live,
                              .spec = &wanted->issuer->spec };
    if (!r)
        r = key_sign_cvc(&key, span_part(written(out), start, out->size), out);
    tlv_close(out, certificate);
    return r;
}

static int keep_certificate(const struct certificate *wanted, struct authority_certificate *out)
{
    struct writer bytes = WRITER_OF(out->bytes);
    int r = write_certificate(wanted, &bytes);
    out->size = bytes.size;
    return r;
}

int authority_certify(const struct authority *authority, const struct party *device,
                      uint64_t now_ms, struct writer *out)
{
    const struct certificate wanted = { device, &authority->issuer, CVC_DEVICE, now_ms };
    return write_certificate(&wanted, out);
}

/* --- The authority --- */

void authority_deinit(struct authority *authority)
{
    party_deinit(&authority->root);
    party_deinit(&authority->issuer);
}

struct span authority_root(const struct authority *authority)
{
    return span_of(authority->root_certificate.bytes, authority->root_certificate.size);
}

struct span authority_issuer(const struct authority *authority)
{
    return span_of(authority->issuer_certificate.bytes, authority->issuer_certificate.size);
}

int authority_make(struct authority *out, const struct curve *curve, uint64_t now_ms)
{
    int r = party_init(&out->root, "ZZGR", curve);
    if (!r)
        r = party_init(&out->issuer, "ZZGI", curve);
    const struct certificate root = { &out->root, &out->root, CVC_ROOT, now_ms };
    const struct certificate issuer = { &out->issuer, &out->root, CVC_ISSUER, now_ms };
    if (!r)
        r = keep_certificate(&root, &out->root_certificate);
    return r ? r : keep_certificate(&issuer, &out->issuer_certificate);
}

/* --- What was kept of one --- */

static int read_certificate(struct span bytes, const struct curve *curve, enum cvc_role role,
                            struct cvc *out)
{
    struct reader in = reader_of(bytes);
    struct reader value = tlv_enter(&in, CVC_CERTIFICATE);
    int r = cvc_read(&value, curve, out);
    if (r < 0)
        return r;
    /* cvc_read() gives a request, which has no role, that of a device. */
    bool fits = !r && read_finished(&value) && read_finished(&in) && out->role == role &&
                out->spec.type == KEY_EC;
    return fits ? 0 : AUTHORITY_MALFORMED;
}

static int verify(const struct cvc *cvc, const struct cvc *issuer)
{
    if (!span_equal(cvc->car, issuer->chr))
        return AUTHORITY_BROKEN;
    int r = cvc_verify(&issuer->spec, &issuer->key, cvc->body, cvc->signature);
    return r > 0 ? AUTHORITY_BROKEN : r;
}

int authority_read_root(struct span certificate, struct cvc *out)
{
    int r = read_certificate(certificate, NULL, CVC_ROOT, out);
    return r ? r : verify(out, out);
}

static int check_chain(struct span root_bytes, struct span issuer_bytes, uint64_t now_ms,
                       struct cvc *out_issuer)
{
    struct cvc root;
    int r = authority_read_root(root_bytes, &root);
    if (!r)
        r = read_certificate(issuer_bytes, root.spec.curve, CVC_ISSUER, out_issuer);
    if (!r)
        r = verify(out_issuer, &root);
    if (!r && !cvc_is_valid(cvc_common_dates(root.dates, out_issuer->dates), cvc_day(now_ms)))
        r = AUTHORITY_OUTDATED;
    return r;
}

/* Takes the key if its public half is that of the certificate. */
static int take_key(struct party *party, const struct cvc *certificate, struct span material)
{
    const struct key_kind *kind = key_kind_of(KEY_EC);
    struct public_part part;
    if (material.size > KEY_MATERIAL_MAX || certificate->chr.size > sizeof party->name)
        return AUTHORITY_WRONG_KEY;
    party->spec = certificate->spec;
    int r = kind->public_part(&party->spec, material, &part);
    if (!r)
        r = span_equal(part.point, certificate->key.point)
                ? kind->open(&party->spec, material, &party->live)
                : AUTHORITY_WRONG_KEY;
    if (!r && key_test_pair(&party->spec, material))
        r = AUTHORITY_WRONG_KEY;
    return r > 0 ? AUTHORITY_WRONG_KEY : r;
}

static void keep(struct span bytes, struct authority_certificate *out)
{
    struct writer to = WRITER_OF(out->bytes);
    write_span(&to, bytes);
    out->size = to.size;
}

int authority_open(struct authority *out, struct span root, struct span issuer,
                   struct span issuer_key, uint64_t now_ms)
{
    struct cvc certificate;
    if (root.size > AUTHORITY_CERTIFICATE_MAX || issuer.size > AUTHORITY_CERTIFICATE_MAX)
        return AUTHORITY_MALFORMED;
    int r = check_chain(root, issuer, now_ms, &certificate);
    if (!r && certificate.chr.size != CVC_NAME_MAX)
        r = AUTHORITY_MALFORMED; /* party_name() makes names of this length */
    if (!r)
        r = take_key(&out->issuer, &certificate, issuer_key);
    if (r)
        return r;
    memcpy(out->issuer.name, certificate.chr.at, sizeof out->issuer.name);
    keep(root, &out->root_certificate);
    keep(issuer, &out->issuer_certificate);
    return 0;
}

const char *authority_text(int result)
{
    switch (result) {
    case AUTHORITY_MALFORMED:
        return "these are no certificates of a root and an issuer";
    case AUTHORITY_BROKEN:
        return "a signature does not verify, or the names do not fit";
    case AUTHORITY_WRONG_KEY:
        return "the key is not the issuer's";
    case AUTHORITY_OUTDATED:
        return "a certificate is not valid today";
    default:
        return "a fault of the machine";
    }
}
