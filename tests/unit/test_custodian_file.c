/* SPDX-License-Identifier: Apache-2.0 */
/* Both forms of what a custodian hands over; bytes made by hand from docs/protocol.md 10.2. */
#include "formats/custodian_file.h"

#include "tests/support/suite.h"

/* Stand-ins: nothing inside is looked at. */
#define REQUEST "67 02 AA AA"
#define DEVICE  "7F21 01 DD"
#define ISSUER  "7F21 01 EE"
#define OID     "06 0B 2B 06 01 04 01 81 C3 1F 04 03 01"
#define OLD     "30 0C " REQUEST DEVICE ISSUER
#define NEW     "30 1F " OID "61 04 " ISSUER "62 04 " DEVICE "63 04 " REQUEST

static bool reads(const char *text, struct custodian_file *out)
{
    static uint8_t bytes[128];
    struct writer file = WRITER_OF(bytes);
    ck_assert(hex_decode(text, &file));
    return custodian_file_read(written(&file), out);
}

static void expect(struct span got, const char *text)
{
    uint8_t bytes[64];
    struct writer wanted = WRITER_OF(bytes);
    ck_assert(hex_decode(text, &wanted));
    ck_assert(span_equal(got, written(&wanted)));
}

START_TEST(both_forms_are_read)
{
    const char *const forms[] = { OLD, NEW, OLD "00 00" };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct custodian_file file;
        ck_assert(reads(forms[i], &file));
        expect(file.request, REQUEST);
        expect(file.device, DEVICE);
        expect(file.issuer, ISSUER);
    }
}
END_TEST

START_TEST(what_is_written_is_the_old_form)
{
    uint8_t bytes[64];
    struct writer out = WRITER_OF(bytes);
    struct custodian_file file;
    ck_assert(reads(NEW, &file));
    custodian_file_write(&file, &out);
    expect(written(&out), OLD);
}
END_TEST

START_TEST(anything_else_is_refused)
{
    const char *const wrong[] = {
        "",
        "30 00",
        REQUEST,
        "30 08 " REQUEST DEVICE,               /* no issuer */
        "30 0C " DEVICE ISSUER REQUEST,        /* another order */
        "30 10 " REQUEST DEVICE ISSUER ISSUER, /* one too many */
        "30 20 " REQUEST DEVICE ISSUER,        /* cut off */
        "30 1F 06 0B 2B 06 01 04 01 81 C3 1F 04 03 02 61 04 " ISSUER "62 04 " DEVICE
        "63 04 " REQUEST, /* another format's identifier */
        "30 1F " OID "62 04 " DEVICE "61 04 " ISSUER "63 04 " REQUEST,
        "30 23 " OID "61 08 " ISSUER ISSUER "62 04 " DEVICE "63 04 " REQUEST,
    };
    struct custodian_file file;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        ck_assert_msg(!reads(wrong[i], &file), "%zu", i);
}
END_TEST

#define MEMBERSHIP_OID "06 0A 2B 06 01 04 01 81 C3 1F 04 01"
#define SIGNED         "61 04 " ISSUER "62 04 " DEVICE "63 04 " REQUEST
#define MEMBERSHIP     "30 22 " MEMBERSHIP_OID SIGNED "54 02 55 66"

static bool reads_membership(const char *text, struct membership_file *out)
{
    static uint8_t bytes[128];
    struct writer file = WRITER_OF(bytes);
    ck_assert(hex_decode(text, &file));
    struct reader in = reader_of(written(&file));
    return membership_file_read(&in, out);
}

START_TEST(memberships_are_read_one_after_the_other)
{
    uint8_t bytes[128];
    struct writer file = WRITER_OF(bytes);
    struct membership_file membership;
    ck_assert(hex_decode(MEMBERSHIP "30 21 " MEMBERSHIP_OID SIGNED "54 01 77", &file));
    struct reader in = reader_of(written(&file));
    ck_assert(membership_file_read(&in, &membership));
    expect(membership.signer.request, REQUEST);
    expect(membership.signer.device, DEVICE);
    expect(membership.signer.issuer, ISSUER);
    expect(membership.signature, "55 66");
    ck_assert(membership_file_read(&in, &membership));
    expect(membership.signature, "77");
    ck_assert(read_finished(&in));
    ck_assert(!membership_file_read(&in, &membership));
}
END_TEST

START_TEST(a_membership_is_written_as_it_is_read)
{
    uint8_t bytes[128];
    struct writer out = WRITER_OF(bytes);
    struct membership_file membership;
    ck_assert(reads_membership(MEMBERSHIP, &membership));
    membership_file_write(&membership, &out);
    expect(written(&out), MEMBERSHIP);
}
END_TEST

START_TEST(no_other_membership_is_read)
{
    const char *const wrong[] = {
        "",
        "30 00",
        OLD,
        NEW,
        "30 1E " MEMBERSHIP_OID SIGNED,                     /* unsigned */
        "30 22 " SIGNED "54 02 55 66" MEMBERSHIP_OID,       /* another order */
        "30 24 " MEMBERSHIP_OID SIGNED "54 02 55 66 00 00", /* one too many */
        "30 40 " MEMBERSHIP_OID SIGNED "54 02 55 66",       /* cut off */
        "30 22 06 0A 2B 06 01 04 01 81 C3 1F 04 02" SIGNED "54 02 55 66",
    };
    struct membership_file membership;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        ck_assert_msg(!reads_membership(wrong[i], &membership), "%zu", i);
}
END_TEST

int main(void)
{
    return RUN_TESTS("custodian_file", both_forms_are_read, what_is_written_is_the_old_form,
                     anything_else_is_refused, memberships_are_read_one_after_the_other,
                     a_membership_is_written_as_it_is_read, no_other_membership_is_read);
}
