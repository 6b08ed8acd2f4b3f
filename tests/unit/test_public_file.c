/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys from files: forms by hand, points of standards. */
#include "crypto/public_file.h"

#include "base/failure.h"
#include "tests/support/suite.h"

/* RFC 8410, 10.1. */
static const char ed25519_pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PUBLIC KEY-----\n";
#define ED25519_POINT "19BF44096984CDFE8541BAC167DC3B96C85086AA30B6B6CB0C5C38AD703166E1"

/* RFC 5480 around the generator of P-256 (FIPS 186-4 D.1.2.3), and around its compressed form. */
#define P256_X     "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
#define P256_POINT "04" P256_X "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
#define P256_NAMES "301306072A8648CE3D020106082A8648CE3D030107"
#define P256_WHOLE "3059" P256_NAMES "034200" P256_POINT
#define P256_SHORT                                                                                 \
    "3039" P256_NAMES                                                                              \
    "032200"                                                                                       \
    "03" P256_X

/* RFC 3279, 2.3.1: a modulus of 512 bits, exponent 65537. */
#define RSA_MODULUS                                                                                \
    "C0FFEE"                                                                                       \
    "0000000000000000000000000000000000000000000000000000000000"                                   \
    "0000000000000000000000000000000000000000000000000000000000"                                   \
    "0BAD01"
#define RSA_WHOLE "305C300D06092A864886F70D0101010500034B003048024100" RSA_MODULUS "0203010001"

static struct public_file file;

static struct span bytes_of(const char *hex)
{
    static uint8_t bytes[256];
    struct writer out = WRITER_OF(bytes);
    ck_assert(hex_decode(hex, &out));
    return written(&out);
}

static void expect(struct span got, const char *hex)
{
    ck_assert_str_eq(hex_of(span_part(got, 0, 32)).text,
                     hex_of(span_part(bytes_of(hex), 0, 32)).text);
    ck_assert(span_equal(got, bytes_of(hex)));
}

START_TEST(points_of_any_form_come_out_whole)
{
    ck_assert_int_eq(public_file_read(bytes_of(P256_WHOLE), &file), 0);
    expect(file.part.point, P256_POINT);
    ck_assert_int_eq(public_file_read(bytes_of(P256_SHORT), &file), 0);
    expect(file.part.point, P256_POINT);
    ck_assert_int_eq(public_file_read(span_of_text(ed25519_pem), &file), 0);
    expect(file.part.point, ED25519_POINT);
    ck_assert(!file.part.modulus.size && !file.part.exponent.size);
}
END_TEST

START_TEST(rsa_numbers_have_no_leading_zeros)
{
    ck_assert_int_eq(public_file_read(bytes_of(RSA_WHOLE), &file), 0);
    expect(file.part.modulus, RSA_MODULUS);
    expect(file.part.exponent, "010001");
    ck_assert(!file.part.point.size);
}
END_TEST

START_TEST(anything_else_is_refused)
{
    struct span whole = bytes_of(P256_WHOLE);
    for (size_t size = 0; size < whole.size; size++)
        ck_assert_int_eq(public_file_read(span_part(whole, 0, size), &file), CRYPTO_BAD_KEY);
    ck_assert_int_eq(public_file_read(span_of_text("no key"), &file), CRYPTO_BAD_KEY);
    ck_assert_int_eq(public_file_read(bytes_of("3059" P256_NAMES "034200"
                                               "04" P256_X P256_X),
                                      &file),
                     CRYPTO_BAD_KEY); /* off the curve */
}
END_TEST

int main(void)
{
    if (crypto_init())
        return EXIT_FAILURE;
    return RUN_TESTS("public_file", points_of_any_form_come_out_whole,
                     rsa_numbers_have_no_leading_zeros, anything_else_is_refused);
}
