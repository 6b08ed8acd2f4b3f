/* SPDX-License-Identifier: Apache-2.0 */
/* Authorities, and the foreign roots that an owner trusts. */
#include "card-os/roots.h"

#include "base/tlv.h"
#include "card-os/authority.h"
#include "card-os/device.h"
#include "storage/audit.h"
#include "tests/support/forge.h"
#include "tests/support/suite.h"

#define YEAR_MS (365ull * 24 * 3600 * 1000)

static struct card_fixture device;
static struct authority authority;

static uint64_t now(void)
{
    return device.env.time_ms(device.env.context);
}

static void begin(void)
{
    card_fixture_init(&device);
    ck_assert_int_eq(authority_make(&authority, NULL, now()), 0);
}

static void end(void)
{
    authority_deinit(&authority);
    authority = (struct authority){ 0 };
    card_fixture_deinit(&device);
}

static int reopen(struct span root, struct span issuer, struct span key, uint64_t when)
{
    SCOPED(authority_deinit) struct authority again = { 0 };
    return authority_open(&again, root, issuer, key, when);
}

START_TEST(what_was_kept_of_an_authority_opens_it)
{
    SCOPED(authority_deinit) struct authority other = { 0 };
    ck_assert_int_eq(authority_make(&other, NULL, now()), 0);
    struct span root = authority_root(&authority), issuer = authority_issuer(&authority);
    struct span key = party_material(&authority.issuer);
    ck_assert_int_eq(reopen(root, issuer, key, now()), 0);
    ck_assert_int_eq(reopen(root, issuer, party_material(&authority.root), now()),
                     AUTHORITY_WRONG_KEY);
    ck_assert_int_eq(reopen(root, issuer, span_of_text("no key"), now()), AUTHORITY_WRONG_KEY);
    ck_assert_int_eq(reopen(root, authority_issuer(&other), key, now()), AUTHORITY_BROKEN);
    ck_assert_int_eq(reopen(issuer, root, key, now()), AUTHORITY_MALFORMED);
    ck_assert_int_eq(reopen(root, issuer, key, now() + 21 * YEAR_MS), AUTHORITY_OUTDATED);
    ck_assert_int_eq(reopen(root, issuer, key, now() - YEAR_MS), AUTHORITY_OUTDATED);
}
END_TEST

/* One byte more inside the certificate, and one behind it. */
START_TEST(bytes_too_many_are_refused)
{
    uint8_t longer[AUTHORITY_CERTIFICATE_MAX];
    struct span root = authority_root(&authority), key = party_material(&authority.issuer);
    struct cvc read;
    struct writer behind = WRITER_OF(longer);
    write_span(&behind, root);
    write_u8(&behind, 0);
    ck_assert_int_eq(authority_read_root(written(&behind), &read), AUTHORITY_MALFORMED);
    ck_assert_int_eq(reopen(written(&behind), authority_issuer(&authority), key, now()),
                     AUTHORITY_MALFORMED);

    struct reader in = reader_of(root);
    struct span contents = tlv_expect(&in, CVC_CERTIFICATE);
    struct writer inside = WRITER_OF(longer);
    struct tlv_mark whole = tlv_open(&inside, CVC_CERTIFICATE);
    write_span(&inside, contents);
    tlv_write_u8(&inside, 0x80, 0);
    tlv_close(&inside, whole);
    ck_assert_int_eq(authority_read_root(written(&inside), &read), AUTHORITY_MALFORMED);
}
END_TEST

START_TEST(an_issuer_is_no_root)
{
    struct cvc read;
    ck_assert_int_eq(authority_read_root(authority_issuer(&authority), &read), AUTHORITY_MALFORMED);
}
END_TEST

static int read_forged(const struct cvc_body *body, const struct party *by)
{
    uint8_t bytes[AUTHORITY_CERTIFICATE_MAX];
    struct writer out = WRITER_OF(bytes);
    struct tlv_mark whole = tlv_open(&out, CVC_CERTIFICATE);
    struct cvc read;
    forge_certificate(body, by, &out);
    tlv_close(&out, whole);
    return authority_read_root(written(&out), &read);
}

/* Everything signs itself and states its curve. RSA vouches for nobody. */
START_TEST(a_root_says_that_it_is_one_and_is_on_a_curve)
{
    static const uint8_t number[128] = { 0x80, [127] = 1 }, three[] = { 3 };
    const struct key_spec rsa = { .type = KEY_RSA, .bits = 1024, .exponent = 3 };
    const enum cvc_role others[] = { CVC_ISSUER, CVC_DEVICE };
    const struct party *party = &authority.root;
    struct cvc_body body = forge_body(now(), party, party, CVC_ROOT);
    ck_assert_int_eq(read_forged(&body, party), 0);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        body.role = others[i];
        ck_assert_int_eq(read_forged(&body, party), AUTHORITY_MALFORMED);
    }
    struct cvc_body request = forge_request_body(party);
    request.car = request.chr;
    ck_assert_int_eq(read_forged(&request, party), AUTHORITY_MALFORMED);
    body.role = CVC_ROOT;
    body.spec = &rsa;
    body.key = (struct public_part){ .modulus = SPAN_OF(number), .exponent = SPAN_OF(three) };
    ck_assert_int_eq(read_forged(&body, party), AUTHORITY_MALFORMED);
}
END_TEST

static void expect_record(enum audit_action action)
{
    struct audit_record record;
    uint8_t hash[SHA256_SIZE];
    record = card_fixture_last_record(&device);
    ck_assert_int_eq(sha256_of(authority_root(&authority), hash), 0);
    ck_assert_int_eq(record.action, action);
    ck_assert_int_eq(record.role, AUDIT_ADMIN);
    ck_assert_uint_eq(record.admin_uid, 1001);
    ck_assert(span_equal(SPAN_OF(record.digest), SPAN_OF(hash)));
}

static void count(void *context, struct span certificate)
{
    (void)certificate;
    ++*(unsigned *)context;
}

static unsigned trusted(void)
{
    unsigned roots = 0;
    ck_assert_int_eq(roots_each(device.store, count, &roots), 0);
    return roots;
}

START_TEST(roots_come_and_go_and_are_recorded)
{
    struct span name = SPAN_OF(authority.root.name);
    ck_assert_int_eq(roots_add(&device.env, authority_root(&authority), 1001), 0);
    expect_record(AUDIT_ROOT_TRUSTED);
    ck_assert_int_eq(roots_add(&device.env, authority_root(&authority), 1001), ROOTS_KNOWN);
    ck_assert_uint_eq(trusted(), 1);
    ck_assert_int_eq(roots_remove(&device.env, name, 1001), 0);
    expect_record(AUDIT_ROOT_REMOVED);
    ck_assert_int_eq(roots_remove(&device.env, name, 1001), ROOTS_UNKNOWN);
    ck_assert_uint_eq(trusted(), 0);
}
END_TEST

START_TEST(only_a_valid_root_is_taken)
{
    SCOPED(authority_deinit) struct authority old = { 0 };
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer own = WRITER_OF(bytes);
    uint64_t before = audit_head(device.store).size;
    ck_assert_int_eq(roots_add(&device.env, authority_issuer(&authority), 0), ROOTS_NO_ROOT);
    ck_assert_int_eq(roots_add(&device.env, span_of_text("a root"), 0), ROOTS_NO_ROOT);
    ck_assert_int_eq(roots_own(device.store, &own), 0);
    ck_assert_int_eq(roots_add(&device.env, written(&own), 0), ROOTS_KNOWN);
    bytes[own.size - 1] ^= 1;
    ck_assert_int_eq(roots_add(&device.env, written(&own), 0), ROOTS_BROKEN);
    ck_assert_int_eq(authority_make(&old, NULL, now() - 21 * YEAR_MS), 0);
    ck_assert_int_eq(roots_add(&device.env, authority_root(&old), 0), ROOTS_OUTDATED);
    ck_assert_uint_eq(trusted(), 0);
    ck_assert_uint_eq(audit_head(device.store).size, before);
}
END_TEST

START_TEST(there_are_not_too_many)
{
    for (int i = 0; i <= ROOTS_MAX; i++) {
        SCOPED(authority_deinit) struct authority another = { 0 };
        ck_assert_int_eq(authority_make(&another, NULL, now()), 0);
        ck_assert_int_eq(roots_add(&device.env, authority_root(&another), 0),
                         i < ROOTS_MAX ? 0 : ROOTS_TOO_MANY);
    }
    ck_assert_uint_eq(trusted(), ROOTS_MAX);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH(
        "roots", begin, end, what_was_kept_of_an_authority_opens_it, bytes_too_many_are_refused,
        an_issuer_is_no_root, a_root_says_that_it_is_one_and_is_on_a_curve,
        roots_come_and_go_and_are_recorded, only_a_valid_root_is_taken, there_are_not_too_many);
}
