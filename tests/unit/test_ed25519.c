/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/ed25519: the signatures of RFC 8032, and no others. */
#include "crypto/ed25519.h"

#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/vectors.h"

static void check_block(struct vector *block)
{
    uint8_t public_key[ED25519_PUBLIC_SIZE], signature[ED25519_SIGNATURE_SIZE];
    const uint8_t *seed = vector_bytes(block, "seed").at;
    struct span message = vector_bytes(block, "message");
    ck_assert_int_eq(ed25519_public(seed, public_key), 0);
    ck_assert(span_equal(SPAN_OF(public_key), vector_bytes(block, "public")));
    ck_assert_int_eq(ed25519_sign(seed, message, signature), 0);
    ck_assert(span_equal(SPAN_OF(signature), vector_bytes(block, "signature")));
    ck_assert_int_eq(ed25519_verify(public_key, message, signature), 0);
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 1;
        ck_assert_int_eq(ed25519_verify(public_key, message, signature), CRYPTO_BAD_SIGNATURE);
        signature[i] ^= 1;
    }
    ck_assert_int_eq(ed25519_verify(public_key, span_of_text("another"), signature),
                     CRYPTO_BAD_SIGNATURE);
}

START_TEST(signs_and_verifies_as_the_standard_does)
{
    SCOPED(vectors_close) struct vectors all = { 0 };
    static struct vector block;
    unsigned blocks = 0;
    ck_assert_int_eq(crypto_init(), 0);
    vectors_open(&all, "ed25519.txt");
    for (; vectors_next(&all, &block); blocks++)
        check_block(&block);
    ck_assert_uint_eq(blocks, 3);
}
END_TEST

START_TEST(seeds_differ)
{
    uint8_t one[ED25519_SEED_SIZE] = { 0 }, other[ED25519_SEED_SIZE] = { 0 };
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(ed25519_generate(one), 0);
    ck_assert_int_eq(ed25519_generate(other), 0);
    ck_assert(!span_is_zero(SPAN_OF(one)) && !span_equal(SPAN_OF(one), SPAN_OF(other)));
}
END_TEST

int main(void)
{
    return RUN_TESTS("ed25519", signs_and_verifies_as_the_standard_does, seeds_differ);
}
