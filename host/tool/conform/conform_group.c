/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: groups of devices whose key domains share a secret (protocol.md 9.2). The
 * signers of the groups are keys of ours for which the card vouches, and both members are the card:
 * two exchange keys in one domain agree on one secret, whichever of them asks. */
#include "base/tlv.h"
#include "crypto/crypto.h"
#include "host/tool/conform/conform_certificates.h"
#include "host/tool/conform/conform_computed.h"

#define DOMAINS                                                                                    \
    "80 50 00 00 1C 80 02 00 01 81 06 36 34 38 32 31 39 82 08 35 37 36 32 31 38 38 30 91 01 03 "   \
    "97 01 02"
#define NO_SECRET "00 00 00 00 00 00 00 00 "

/* --- Memberships --- */

/* Writes what a membership's signature covers: the tag, and the x-coordinate of a device's key. */
static void write_signed(struct span point, struct writer *out)
{
    write_u8(out, 0x54);
    write_span(out, span_part(point, 1, point.size / 2));
}

/* Creates a domain with a membership that one key signed, in the name of another, for the device
 * with this point. */
static void join(struct talk *t, uint8_t domain, const struct talk_key *named,
                 const struct talk_key *signer, struct span point, const char *expected)
{
    uint8_t bytes[2048], message_bytes[1 + CURVE_FIELD_MAX], signature_bytes[TALK_SIG_MAX];
    struct writer data = WRITER_OF(bytes), message = WRITER_OF(message_bytes),
                  signature = WRITER_OF(signature_bytes);
    write_signed(point, &message);
    talk_sign(t, signer, written(&message), &signature);
    write_span(&data, named->request);
    tlv_write(&data, 0x54, written(&signature));
    talk_command(t, 0x80520200u | domain, written(&data), 256, expected);
}

static struct span group_of(const struct talk_key *signer)
{
    return span_part(signer->point, 1, CVC_GROUP_SIZE);
}

/* Writes the pattern of a domain's status: the given beginning, the check value, then the group. */
static void expect_domain(struct talk_pattern *out, const char *before, struct span check,
                          const struct talk_key *signer)
{
    *out = (struct talk_pattern){ 0 };
    talk_pattern_add(out, before);
    talk_pattern_bytes(out, check);
    talk_pattern_add(out, " ");
    talk_pattern_bytes(out, group_of(signer));
    talk_pattern_add(out, " 90 00");
}

static void ask_new_domain(struct talk *t, uint8_t domain, const struct talk_key *signer)
{
    struct talk_pattern expected;
    expect_domain(&expected, "00 00 " NO_SECRET, (struct span){ 0 }, signer);
    talk_pattern_add(&expected, " ~ FF 00 {8} {64} 90 00 | {74} 90 00");
    talk_asks(t, "GROUP_BEFORE_EXCHANGE", "status of a group's key domain before the exchange");
    talk_command(t, 0x80520000u | domain, (struct span){ 0 }, 256, expected.text);
}

/* Nine steps: makes the card a device with two key domains, logs the user in, and makes the card
 * trust its own device. */
static void begin(struct talk *t)
{
    talk_needs_keys(t);
    talk_clauses(t, "4 9.1");
    talk_say(t, DOMAINS, "90 00");
    talk_log_in(t);
    talk_introduce(t);
    talk_clauses(t, "9.1 9.2");
    talk_say(t, "80 52 00 00 00", "6A 88");
}

void conform_memberships(struct talk *t)
{
    const struct talk_key *key = t->papers->key;
    struct span device = t->papers->device_read.key.point;
    begin(t);
    talk_clauses(t, "9.2 16.1");
    talk_asks(t, "BAD_MEMBERSHIP", NULL); /* a membership of another device */
    join(t, 0, &key[0], &key[0], key[1].point, "69 85");
    talk_asks(t, "BAD_MEMBERSHIP", NULL); /* a membership by another signer */
    join(t, 0, &key[0], &key[1], device, "69 85");
    talk_clauses(t, "9.2");
    talk_asks(t, "GROUP_KEY", NULL);
    join(t, 0, &key[TALK_P384], &key[TALK_P384], device, "6A 80");
    talk_say(t, "80 52 00 00 00", "6A 88");

    join(t, 0, &key[0], &key[0], device, "{10} * 90 00");
    ask_new_domain(t, 0, &key[0]);
    talk_asks(t, "GROUP_TWICE", NULL);
    join(t, 1, &key[0], &key[0], device, "6A 89");
    talk_asks(t, "DOMAIN_EXISTS", NULL);
    join(t, 0, &key[1], &key[1], device, "6A 89");
    join(t, 1, &key[1], &key[1], device, "{10} * 90 00");
    ask_new_domain(t, 1, &key[1]);
    talk_clauses(t, "9.1");
    talk_say(t, "80 52 03 01 00", "90 00");
    talk_say(t, "80 52 00 01 00", "6A 88");
    talk_reset(t);
    talk_clauses(t, "9.2 15.1");
    join(t, 1, &key[1], &key[1], device, "69 82");
}

/* --- Exchanges --- */

/* A member of a group, as an exchange needs it. */
struct member {
    uint8_t bytes[1024];
    struct span request; /* contents of 67 */
};

/* One step: makes a member's exchange key, whose request names the group. */
static void make_member(struct talk *t, uint8_t id, uint8_t domain, const struct talk_key *signer,
                        struct member *out)
{
    struct talk_pattern names_group = { 0 };
    struct writer room = WRITER_OF(out->bytes);
    struct cvc_request request;
    talk_pattern_add(&names_group, "67 * 06 0B 2B 06 01 04 01 81 C3 1F 03 02 02 80 40 ");
    talk_pattern_bytes(&names_group, group_of(signer));
    talk_pattern_add(&names_group, " * 90 00");
    talk_generate(t, id, "brainpoolP256r1", "84", domain, names_group.text);
    write_span(&room, talk_data(t));
    if (!talk_read_request(written(&room), &out->request, &request))
        talk_stop(t);
}

static void exchange(struct talk *t, uint8_t id, struct span request, const char *expected)
{
    talk_command(t, 0x80620084u | (uint32_t)id << 8, request, 256, expected);
}

/* Two steps: makes an exchange; *out is then the domain's check value. */
static void first_exchange(struct talk *t, struct span request, const struct talk_key *signer,
                           struct writer *out)
{
    struct talk_pattern expected;
    expect_domain(&expected, "{2} {8} ", (struct span){ 0 }, signer);
    talk_asks(t, "EXCHANGE_ANSWER", "the exchange answers with the status of the key domain");
    talk_pattern_add(&expected, " ~ 90 00");
    exchange(t, 1, request, expected.text);
    talk_needs_success(t);
    expect_domain(&expected, "{2} {8} ", (struct span){ 0 }, signer);
    talk_say(t, "80 52 00 00 00", expected.text);
    write_span(out, span_part(talk_data(t), 2, 8));
}

/* One step: an exchange from the other side, or once more, gives the secret with this check
 * value. */
static void expect_secret(struct talk *t, struct span check, const struct talk_key *signer)
{
    struct talk_pattern expected;
    expect_domain(&expected, "{2} ", check, signer);
    talk_say(t, "80 52 00 00 00", expected.text);
}

/* --- A key that leaves and comes back --- */

/* Six steps: wraps a key, deletes it and unwraps it. */
static void move_key(struct talk *t, struct span check)
{
    uint8_t bytes[1024], blob_bytes[CLIENT_BLOB_MAX];
    struct writer room = WRITER_OF(bytes), blob = WRITER_OF(blob_bytes);
    struct talk_pattern expected = { 0 };
    struct cvc_request request;
    struct span contents;
    talk_clauses(t, "8.3 8.5 9.2");
    talk_generate(t, 5, "P-256", NULL, 0, "67 * 90 00");
    write_span(&room, talk_data(t));
    if (!talk_read_request(written(&room), &contents, &request))
        talk_stop(t);
    talk_pattern_bytes(&expected, check);
    talk_pattern_add(&expected, " 0C * 90 00");
    talk_command(t, 0x80720592, (struct span){ 0 }, APDU_LE_MAX, expected.text);
    talk_needs_success(t);
    write_span(&blob, talk_data(t));
    talk_say(t, "00 E4 02 00 02 CC 05", "90 00");
    talk_clauses(t, "8.4 9.2");
    talk_command(t, 0x80740693, written(&blob), 0, "90 00");
    talk_say(t, "80 68 06 73 05 68 65 6C 6C 6F 00", "30 * 90 00");
    talk_demand(t, talk_goes_on(t) && talk_verifies(&request.inner, "hello", talk_data(t)),
                "(a signature by the key that had left)");
}

/* --- What is refused --- */

static void refuse_peers(struct talk *t, struct span of_other_group, struct span genuine)
{
    uint8_t bytes[1024];
    struct writer spoilt = WRITER_OF(bytes);
    struct reader last = reader_of(span_part(genuine, genuine.size ? genuine.size - 1 : 0, 1));
    write_span(&spoilt, span_part(genuine, 0, genuine.size ? genuine.size - 1 : 0));
    write_u8(&spoilt, read_u8(&last) ^ 1);
    talk_clauses(t, "9.2");
    talk_asks(t, "NO_GROUP", NULL);
    exchange(t, 1, t->papers->key[0].request, "67 00");
    talk_asks(t, "OTHER_GROUP", NULL);
    exchange(t, 1, of_other_group, "6A 88");
    talk_asks(t, "BAD_CERTIFICATE", NULL);
    exchange(t, 1, written(&spoilt), "69 85");
}

static void refuse_keys(struct talk *t)
{
    talk_clauses(t, "8.3 9.2");
    talk_asks(t, "EXCHANGE_KEY_EXPORT", NULL);
    talk_say(t, "80 72 01 92 00 00 00", "69 85");
    talk_clauses(t, "9.2 9.3");
    talk_asks(t, "EXCHANGE_KEY", NULL);
    talk_generate(t, 9, "brainpoolP256r1", "80 84", 0, "6A 80 ~ 67 * 90 00");
    talk_asks(t, "GROUP_KEY", NULL);
    talk_generate(t, 9, "P-384", "84", 0, "6A 80");
    talk_clauses(t, "9.3 15.1");
    talk_say(t, "80 68 01 73 05 68 65 6C 6C 6F 00", "6A 81");
}

/* --- A whole life of a group's domain --- */

static void forget_and_agree(struct talk *t, const struct member *second, struct span check)
{
    const struct talk_key *signer = &t->papers->key[0];
    struct talk_pattern expected;
    expect_domain(&expected, "{2} " NO_SECRET, (struct span){ 0 }, signer);
    talk_pattern_add(&expected, " ~ * 90 00 | 69 85");
    talk_clauses(t, "9.1 9.2");
    talk_asks(t, "GROUP_CLEARED", "clearing a group's key domain forgets its secret and no more");
    talk_say(t, "80 52 04 00 00", expected.text);
    talk_say(t, "80 72 06 92 00 00 00", "69 85");
    exchange(t, 1, second->request, "* 90 00");
    expect_secret(t, check, signer);
}

/* Two steps, for a request that is longer than short commands are: hosts write it to the file 2F10
 * first. */
static void exchange_by_file(struct talk *t, uint8_t id, struct span request)
{
    uint8_t bytes[1100];
    struct writer data = WRITER_OF(bytes);
    tlv_write(&data, 0x54, SPAN_OF(((const uint8_t[]){ 0, 0 })));
    tlv_write(&data, 0x53, request);
    talk_command(t, 0x00D72F10, written(&data), 0, "90 00");
    talk_command(t, 0x80620084u | (uint32_t)id << 8, (struct span){ 0 }, 256, "* 90 00");
}

void conform_group(struct talk *t)
{
    const struct talk_key *key = t->papers->key;
    struct span device = t->papers->device_read.key.point;
    struct member member[3] = { 0 };
    uint8_t bytes[8];
    struct writer check = WRITER_OF(bytes);
    begin(t);
    join(t, 0, &key[0], &key[0], device, "{10} * 90 00");
    join(t, 1, &key[1], &key[1], device, "{10} * 90 00");
    talk_clauses(t, "9.2");
    make_member(t, 1, 0, &key[0], &member[0]);
    make_member(t, 2, 0, &key[0], &member[1]);
    make_member(t, 3, 1, &key[1], &member[2]);
    first_exchange(t, member[1].request, &key[0], &check);
    exchange(t, 2, member[0].request, "* 90 00");
    expect_secret(t, written(&check), &key[0]);
    exchange_by_file(t, 1, member[1].request);
    expect_secret(t, written(&check), &key[0]);
    move_key(t, written(&check));
    refuse_peers(t, member[2].request, member[1].request);
    refuse_keys(t);
    talk_clauses(t, "9.2");
    expect_secret(t, written(&check), &key[0]);
    forget_and_agree(t, &member[1], written(&check));
    talk_clauses(t, "9.1");
    talk_say(t, "80 52 03 00 00", "6A 89");
}
