/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: custodians, n of m (protocol.md 10), and which certificates a card trusts
 * (11.1). The card itself plays the custodians' device. */
#include "base/secret.h"
#include "base/tlv.h"
#include "crypto/crypto.h"
#include "host/tool/conform/conform_certificates.h"
#include "host/tool/conform/conform_computed.h"

#define STATUS "80 54 00 00 04"
#define LOGIN  " 81 06 36 34 38 32 31 39 82 08 35 37 36 32 31 38 38 30 91 01 03 93 02 "

/* --- Steps that several conversations have --- */

static void enroll(struct talk *t, unsigned number, const char *expected)
{
    talk_command(t, 0x80540000, t->papers->key[number].request, 256, expected);
}

/* Writes what the custodian signs: the device's name and the challenge. */
static void write_message(struct talk *t, struct span challenge, struct writer *out)
{
    write_span(out, t->papers->device_read.chr);
    write_span(out, challenge);
}

static void show_signature(struct talk *t, const struct talk_key *key, struct span message,
                           const char *expected)
{
    uint8_t bytes[TALK_SIG_MAX];
    struct writer signature = WRITER_OF(bytes);
    talk_sign(t, key, message, &signature);
    talk_command(t, 0x00820000, written(&signature), 0, expected);
}

/* Two steps: chooses a custodian, who then signs the card's last challenge. */
static void sign_for(struct talk *t, unsigned number, struct span challenge, const char *expected)
{
    uint8_t bytes[64];
    struct writer message = WRITER_OF(bytes);
    const struct talk_key *key = &t->papers->key[number];
    talk_choose(t, 0x81A4, key->name, "90 00");
    write_message(t, challenge, &message);
    show_signature(t, key, written(&message), expected);
}

/* One step: asks for a challenge. */
static void take_challenge(struct talk *t, struct writer *out)
{
    write_trim(out, 0);
    talk_say(t, "00 84 00 00 08", "{8} 90 00");
    write_span(out, talk_data(t));
}

/* Three steps: a custodian signs in. */
static void sign_in(struct talk *t, unsigned number, const char *expected)
{
    uint8_t bytes[16];
    struct writer challenge = WRITER_OF(bytes);
    take_challenge(t, &challenge);
    sign_for(t, number, written(&challenge), expected);
}

static void expect_name(struct talk *t, uint8_t place, unsigned number, const char *status)
{
    struct talk_pattern name = { 0 };
    talk_pattern_bytes(&name, t->papers->key[number].name);
    talk_pattern_add(&name, " ");
    talk_pattern_add(&name, status);
    talk_command(t, 0x80540200u | place, (struct span){ 0 }, 256, name.text);
}

/* Initialises the card and registers the first custodian; `status` is what the card then tells
 * about custodians. */
static void register_first(struct talk *t, const char *initialise, const char *status)
{
    talk_needs_keys(t);
    talk_clauses(t, "4 10.1");
    talk_say(t, initialise, "90 00");
    talk_introduce(t);
    enroll(t, 0, status);
    talk_needs_success(t);
}

/* Nine steps: initialises the card for one custodian, and registers that one. */
static void begin_with_one(struct talk *t, const char *initialise)
{
    register_first(t, initialise, "01 00 01 00 90 00");
    talk_say(t, STATUS, "01 00 01 00 90 00");
    talk_reset(t);
    talk_clauses(t, "10.3");
}

/* --- Two of three --- */

static void begin_with_three(struct talk *t)
{
    register_first(t, "80 50 00 00 1D 80 02 00 01" LOGIN "03 02", "03 02 02 00 90 00");
    enroll(t, 1, "03 01 02 00 90 00");
    enroll(t, 2, "03 00 02 00 90 00");
    talk_needs_success(t);
    talk_reset(t);
}

void conform_custodians(struct talk *t)
{
    begin_with_three(t);
    talk_say(t, STATUS, "03 00 02 00 90 00");
    for (uint8_t i = 0; i < 3; i++)
        expect_name(t, i, i, "90 00");
    talk_clauses(t, "10.3 16");
    talk_try(t, TALK_REFUSED);
    sign_in(t, 0, "90 00");
    talk_say(t, STATUS, "03 00 02 01 90 00");
    expect_name(t, 0, 0, "90 01");
    expect_name(t, 1, 1, "90 00");
    talk_try(t, TALK_REFUSED);
    talk_asks(t, "CUSTODIAN_TWICE", "choosing a custodian who has signed in");
    talk_choose(t, 0x81A4, t->papers->key[0].name, "69 85 ~ 90 00");
    sign_in(t, 1, "90 00");
    talk_say(t, STATUS, "03 00 02 02 90 00");
    talk_try(t, TALK_ALLOWED);
    talk_reset(t);
    talk_say(t, STATUS, "03 00 02 00 90 00");
    talk_try(t, TALK_REFUSED);
    talk_clauses(t, "10.3 4");
    talk_log_in(t); /* PIN or custodians are enough */
    talk_try(t, TALK_ALLOWED);
    talk_reset(t);
    talk_choose(t, 0x81A4, span_of_text("NOBODY00001"), "6A 88");
}

/* --- Signatures --- */

static void expect_wrong(struct talk *t, const struct talk_key *chosen, const struct talk_key *by,
                         struct span message)
{
    talk_choose(t, 0x81A4, chosen->name, "90 00");
    show_signature(t, by, message, "63 00");
}

/* Presents the signature in DER, as the custodian's own token gives it. */
static void show_der(struct talk *t, struct span message)
{
    uint8_t bytes[TALK_SIG_MAX], der_bytes[TALK_SIG_MAX + 16];
    struct writer plain = WRITER_OF(bytes), der = WRITER_OF(der_bytes);
    talk_choose(t, 0x81A4, t->papers->key[0].name, "90 00");
    talk_sign(t, &t->papers->key[0], message, &plain);
    ecdsa_der(written(&plain), &der);
    talk_command(t, 0x00820000, written(&der), 0, "63 00");
}

void conform_signatures(struct talk *t)
{
    uint8_t bytes[16], message_bytes[64], old_bytes[64];
    struct writer challenge = WRITER_OF(bytes), message = WRITER_OF(message_bytes),
                  old = WRITER_OF(old_bytes);
    const struct talk_key *key = t->papers->key;
    begin_with_three(t);
    talk_clauses(t, "10.3 15.1");
    take_challenge(t, &challenge);
    write_message(t, written(&challenge), &old);
    take_challenge(t, &challenge);
    write_message(t, written(&challenge), &message);
    expect_wrong(t, &key[0], &key[1], written(&message)); /* signed by another custodian */
    /* Signed over the challenge before this one. */
    expect_wrong(t, &key[0], &key[0], written(&old));
    expect_wrong(t, &key[0], &key[0], written(&challenge)); /* without this device's name */
    show_der(t, written(&message));
    talk_say(t, STATUS, "03 00 02 00 90 00");
    talk_try(t, TALK_REFUSED);
    talk_clauses(t, "10.3");
    talk_choose(t, 0x81A4, key[0].name, "90 00");
    talk_asks(t, "CHALLENGE_AFTER_ERROR", "a right signature over the challenge of a wrong one");
    show_signature(t, &key[0], written(&message), "90 00 ~ 69 85 | 63 00");
    talk_reset(t);
    sign_in(t, 0, "90 00");
    talk_reset(t);

    take_challenge(t, &challenge); /* one challenge for two custodians */
    sign_for(t, 1, written(&challenge), "90 00");
    sign_for(t, 2, written(&challenge), "90 00");
    talk_try(t, TALK_ALLOWED);
    talk_reset(t);

    write_trim(&message, 0); /* no challenge after a reset */
    take_challenge(t, &challenge);
    write_message(t, written(&challenge), &message);
    talk_reset(t);
    talk_choose(t, 0x81A4, key[0].name, "90 00");
    show_signature(t, &key[0], written(&message), "69 85 | 63 00");
    talk_try(t, TALK_REFUSED);
}

/* --- Who is registered --- */

void conform_registration(struct talk *t)
{
    register_first(t, "80 50 00 00 1D 80 02 00 01" LOGIN "02 01", "02 01 01 00 90 00");
    talk_asks(t, "REPLACE_DISABLED", NULL);
    talk_command(t, 0x80540100, t->papers->key[1].request, 256, "69 85");
    expect_name(t, 0, 0, "90 00");
    talk_say(t, "80 54 02 01 00", "6A 88");
    talk_facts(t, "61");
    enroll(t, 0, "69 85");
    talk_reset(t); /* without a login, as long as there are no keys */
    talk_introduce(t);
    talk_facts(t, "60");
    enroll(t, 1, "02 00 01 00 90 00");
    talk_clauses(t, "10.1 15.1");
    enroll(t, 2, "6A 84");
    talk_say(t, "80 54 02 02 00", "6A 86");
    talk_say(t, STATUS, "02 00 01 00 90 00");
    talk_reset(t);
    talk_clauses(t, "10.3");
    sign_in(t, 1, "90 00");
    talk_try(t, TALK_ALLOWED);
}

void conform_replacing(struct talk *t)
{
    const struct talk_key *key = t->papers->key;
    begin_with_one(t, "80 50 00 00 1D 80 02 00 09" LOGIN "01 01");
    talk_clauses(t, "10.1");
    talk_command(t, 0x80540100, key[1].request, 256, TALK_REFUSED);
    talk_log_in(t);
    talk_introduce(t);
    talk_clauses(t, "10.1");
    talk_command(t, 0x80540100, key[1].request, 256, "01 00 01 00 90 00");
    talk_needs_success(t);
    expect_name(t, 0, 1, "90 00");
    talk_command(t, 0x80540101, key[2].request, 256, "6A 86");
    talk_reset(t);
    talk_clauses(t, "10.3");
    talk_choose(t, 0x81A4, key[0].name, "6A 88");
    sign_in(t, 1, "90 00");
    talk_try(t, TALK_ALLOWED);
}

/* --- With a PIN as well, and without --- */

void conform_together(struct talk *t)
{
    begin_with_one(t, "80 50 00 00 1D 80 02 00 11" LOGIN "01 01");
    talk_clauses(t, "4 10.3");
    talk_log_in(t);
    talk_try(t, TALK_REFUSED);
    sign_in(t, 0, "90 00");
    talk_try(t, TALK_ALLOWED);
    talk_reset(t);
    sign_in(t, 0, "90 00");
    talk_try(t, TALK_REFUSED);
    talk_say(t, "00 20 00 81 06 30 30 30 30 30 30", "63 C2");
    talk_try(t, TALK_REFUSED);
    talk_log_in(t);
    talk_try(t, TALK_ALLOWED);
}

void conform_no_pin(struct talk *t)
{
    begin_with_one(t,
                   "80 50 00 00 15 80 02 00 01 82 08 35 37 36 32 31 38 38 30 91 01 03 93 02 "
                   "01 01");
    talk_try(t, TALK_REFUSED);
    sign_in(t, 0, "90 00");
    talk_try(t, TALK_ALLOWED);
    talk_generate(t, 5, "P-256", NULL, -1, "67 * 90 00");
    talk_say(t, "80 68 05 73 05 68 65 6C 6C 6F 00", "30 * 90 00");
    talk_reset(t);
    talk_say(t, "80 68 05 73 05 68 65 6C 6C 6F 00", TALK_REFUSED);
}

/* --- Certificates under nobody's root --- */

/* A key that no device vouches for, and what it signs. */
struct stranger {
    struct talk_key key;
    uint8_t bytes[2048];
    struct writer out;
};

static void stranger_wipe(struct stranger *stranger)
{
    secret_wipe(stranger, sizeof *stranger);
}

static bool make_stranger(struct talk *t, struct stranger *out)
{
    struct writer material = WRITER_OF(out->key.material);
    struct public_part part;
    const struct key_kind *kind = key_kind_of(KEY_EC);
    out->out = WRITER_OF(out->bytes);
    out->key.spec = t->papers->device_read.spec;
    if (!talk_goes_on(t))
        return false;
    int r = kind->generate(&out->key.spec, NULL, &material);
    out->key.material_size = material.size;
    if (!r)
        r = kind->public_part(&out->key.spec, written(&material), &part);
    talk_check(t, r);
    out->key.point = part.point;
    return !r;
}

/* A certificate signed by the stranger: the contents of tag 7F21. */
static struct span write_signed(struct talk *t, struct stranger *by, const struct cvc_body *body,
                                struct writer *out)
{
    size_t start = out->size;
    uint8_t bytes[TALK_SIG_MAX];
    struct writer signature = WRITER_OF(bytes);
    talk_check(t, cvc_write_body(body, out));
    talk_sign(t, &by->key, span_part(written(out), start, out->size), &signature);
    tlv_write(out, CVC_SIGNATURE, written(&signature));
    return span_part(written(out), start, out->size);
}

/* A certificate signed by the stranger that claims this authority as its issuer. */
static struct span forge_certificate(struct talk *t, struct stranger *by, const struct cvc *like,
                                     struct span car, const char *chr)
{
    const struct cvc_body body = { .car = car,
                                   .spec = &by->key.spec,
                                   .key = { .point = by->key.point },
                                   .domain_parameters = true,
                                   .chr = span_of_text(chr),
                                   .role = like->role,
                                   .effective_ms = 1735689600000, /* 2025 to 2049 */
                                   .expiration_ms = 2493072000000 };
    write_trim(&by->out, 0);
    return write_signed(t, by, &body, &by->out);
}

/* A request of the stranger, contents of tag 67, that claims this device as its maker. */
static struct span forge_request(struct talk *t, struct stranger *by, struct span device)
{
    uint8_t bytes[TALK_SIG_MAX];
    struct writer signature = WRITER_OF(bytes), *out = &by->out;
    const struct cvc_body body = { .car = device,
                                   .spec = &by->key.spec,
                                   .key = { .point = by->key.point },
                                   .domain_parameters = true,
                                   .chr = span_of_text("ZZSTRANGER00001"),
                                   .request = true };
    write_trim(out, 0);
    struct tlv_mark certificate = tlv_open(out, CVC_CERTIFICATE);
    write_signed(t, by, &body, out);
    tlv_close(out, certificate);
    tlv_write(out, CVC_CAR, device);
    talk_sign(t, &by->key, written(out), &signature);
    tlv_write(out, CVC_SIGNATURE, written(&signature));
    return written(out);
}

/* The bytes with a wrong signature: their last byte, which belongs to it, is changed. */
static struct span spoil(struct span bytes, struct writer *out)
{
    struct reader last = reader_of(span_part(bytes, bytes.size - 1, 1));
    write_trim(out, 0);
    write_span(out, span_part(bytes, 0, bytes.size - 1));
    write_u8(out, read_u8(&last) ^ 1);
    return written(out);
}

static void refuse(struct talk *t, uint32_t header, struct span data)
{
    talk_asks(t, "BAD_CERTIFICATE", NULL);
    talk_command(t, header, data, 0, "69 85");
}

static void try_certificates(struct talk *t, struct stranger *stranger, struct writer *room)
{
    const struct talk_certificates *papers = t->papers;
    const struct cvc *issuer = &papers->issuer_read, *device = &papers->device_read;
    talk_clauses(t, "11.1 15.1");
    talk_choose(t, 0x81B6, span_of_text("ZZSTRANGER00001"), "6A 88"); /* a foreign root */
    talk_choose(t, 0x81B6, issuer->car, "90 00");
    refuse(t, 0x002A00BE, forge_certificate(t, stranger, issuer, issuer->car, "ZZSTRANGER00001"));
    /* Still unknown: its certificate was refused. */
    talk_choose(t, 0x81B6, span_of_text("ZZSTRANGER00001"), "6A 88");
    talk_choose(t, 0x81B6, issuer->car, "90 00");
    refuse(t, 0x002A00BE, spoil(papers->issuer, room));
    talk_choose(t, 0x81B6, issuer->car, "90 00");
    refuse(t, 0x002A00BE, papers->device); /* not signed by the issuer that was chosen */
    talk_introduce(t);
    talk_clauses(t, "11.1 15.1");
    talk_choose(t, 0x81B6, device->car, "90 00");
    refuse(t, 0x002A00BE, forge_certificate(t, stranger, device, device->car, "ZZSTRANGER00002"));
    talk_choose(t, 0x81B6, span_of_text("ZZSTRANGER00002"), "6A 88");
}

void conform_certificates(struct talk *t)
{
    uint8_t bytes[2048];
    struct writer room = WRITER_OF(bytes);
    SCOPED(stranger_wipe) struct stranger stranger = { 0 };
    const struct talk_certificates *papers = t->papers;
    talk_needs_keys(t);
    talk_clauses(t, "4 10.1");
    talk_say(t, "80 50 00 00 1D 80 02 00 01" LOGIN "01 01", "90 00");
    if (!make_stranger(t, &stranger))
        return;
    try_certificates(t, &stranger, &room);
    talk_clauses(t, "10.1 15.1");
    talk_choose(t, 0x81B6, papers->device_read.chr, "90 00");
    refuse(t, 0x80540000, forge_request(t, &stranger, papers->device_read.chr));
    refuse(t, 0x80540000, spoil(papers->key[0].request, &room));
    talk_command(t, 0x80540000, forge_request(t, &stranger, span_of_text("ZZSTRANGER00002")), 256,
                 "6A 88 ~ 69 85 | 69 84");
    talk_say(t, STATUS, "01 01 01 00 90 00");
    talk_clauses(t, "10.1");
    enroll(t, 0, "01 00 01 00 90 00");
}
