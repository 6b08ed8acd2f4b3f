/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/digest: FIPS 180-4 examples, and parts are one message. */
#include "crypto/crypto.h"
#include "tests/support/suite.h"

/* "abc", from the examples that NIST publishes with FIPS 180-4. */
static const struct {
    enum digest digest;
    const char *expected;
} abc[] = {
    { DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { DIGEST_SHA224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
    { DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { DIGEST_SHA384,
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
      "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
    { DIGEST_SHA512,
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
};

START_TEST(digests_of_abc)
{
    ck_assert_int_eq(crypto_init(), 0);
    for (size_t i = 0; i < COUNT_OF(abc); i++) {
        uint8_t bytes[DIGEST_MAX], expected[DIGEST_MAX];
        struct writer out = WRITER_OF(expected);
        struct span text = span_of_text("abc");

        ck_assert(hex_decode(abc[i].expected, &out));
        ck_assert_uint_eq(digest_size(abc[i].digest), out.size);
        ck_assert_int_eq(digest_of(abc[i].digest, &text, 1, bytes), 0);
        ck_assert(span_equal(span_of(bytes, out.size), written(&out)));
    }
}
END_TEST

START_TEST(parts_are_one_message)
{
    const struct span parts[] = { span_of_text("a"), { 0 }, span_of_text("bc") };
    uint8_t in_parts[SHA256_SIZE], whole[SHA256_SIZE];

    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(digest_of(DIGEST_SHA256, parts, COUNT_OF(parts), in_parts), 0);
    ck_assert_int_eq(sha256_of(span_of_text("abc"), whole), 0);
    ck_assert(span_equal(SPAN_OF(in_parts), SPAN_OF(whole)));
}
END_TEST

START_TEST(no_digest_is_a_fault)
{
    uint8_t bytes[DIGEST_MAX];
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_uint_eq(digest_size(DIGEST_NONE), 0);
    ck_assert_int_lt(digest_of(DIGEST_NONE, NULL, 0, bytes), 0);
    ck_assert_int_lt(digest_of((enum digest)99, NULL, 0, bytes), 0);
}
END_TEST

START_TEST(before_crypto_init_there_is_no_digest)
{
    uint8_t bytes[SHA256_SIZE];
    ck_assert_int_lt(sha256_of(span_of_text("abc"), bytes), 0);
}
END_TEST

START_TEST(random_bytes_fill_the_buffer_and_differ)
{
    uint8_t first[32] = { 0 }, second[32] = { 0 };
    ck_assert_int_eq(random_bytes(first, sizeof first), 0);
    ck_assert_int_eq(random_bytes(second, sizeof second), 0);
    ck_assert(!span_is_zero(SPAN_OF(first)));
    ck_assert(!span_equal(SPAN_OF(first), SPAN_OF(second)));
}
END_TEST

int main(void)
{
    return RUN_TESTS("digest", digests_of_abc, parts_are_one_message, no_digest_is_a_fault,
                     before_crypto_init_there_is_no_digest,
                     random_bytes_fill_the_buffer_and_differ);
}
