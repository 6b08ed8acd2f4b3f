/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/password_key, formats/dkek_share, crypto/shamir: the share file of docs/protocol.md 8.2.
 * Derivation with few rounds: by openssl's EVP_BytesToKey, computed here. */
#include <openssl/evp.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/shamir.h"
#include "formats/dkek_share.h"
#include "tests/support/suite.h"

static const uint8_t salt[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
/* The vector's key and IV: password "password", this salt, ten million rounds. */
static const char key_hex[] =
    "3C48180BEAEABA6A00F6EEE478BF9F67BE7B807B760429D50242C755F19DD783"
    "82E1D378A8F56D027C9D15FBBCD6DE00";
static const char file_hex[] =
    "53616C7465645F5F01020304050607082585D4F5F834ED0D917B9811186CBFB5"
    "88380A503C9F2839F4B48EBADF59E8A9412FC1F3F65BCBFE0B66B041DF8EC330";

static uint8_t key[PASSWORD_KEY_SIZE], file[DKEK_SHARE_FILE], share[KEK_SIZE];

static void set_up(void)
{
    struct writer to_key = WRITER_OF(key), to_file = WRITER_OF(file);
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert(hex_decode(key_hex, &to_key) && hex_decode(file_hex, &to_file));
    for (size_t i = 0; i < sizeof share; i++)
        share[i] = (uint8_t)i;
}

START_TEST(derivation_is_that_of_openssl)
{
    static const uint32_t rounds[] = { 1, 2, 3, 1000, 1001 };
    const struct span password = span_of_text("correct horse");
    for (size_t i = 0; i < COUNT_OF(rounds); i++) {
        uint8_t ours[PASSWORD_KEY_SIZE], theirs[PASSWORD_KEY_SIZE];
        ck_assert_int_eq(password_key(password, SPAN_OF(salt), rounds[i], NULL, ours), 0);
        EVP_BytesToKey(EVP_aes_256_cbc(), EVP_md5(), salt, password.at, (int)password.size,
                       (int)rounds[i], theirs, theirs + 32);
        ck_assert(span_equal(SPAN_OF(ours), SPAN_OF(theirs)));
    }
}
END_TEST

static void count_steps(void *context, unsigned done)
{
    unsigned *last = context;
    ck_assert_uint_ge(done, *last);
    *last = done;
}

START_TEST(progress_grows_to_the_end)
{
    unsigned last = 0;
    uint8_t out[PASSWORD_KEY_SIZE];
    const struct password_progress progress = { count_steps, &last };
    ck_assert_int_eq(password_key(span_of_text("x"), SPAN_OF(salt), 5000, &progress, out), 0);
    ck_assert_uint_eq(last, 1000);
}
END_TEST

START_TEST(too_long_a_password_is_a_fault)
{
    uint8_t password[PASSWORD_MAX + 1] = { 0 }, out[PASSWORD_KEY_SIZE];
    ck_assert_int_lt(password_key(SPAN_OF(password), SPAN_OF(salt), 1, NULL, out), 0);
}
END_TEST

START_TEST(published_file_is_read_and_written)
{
    uint8_t bytes[KEK_SIZE], written_bytes[DKEK_SHARE_FILE];
    struct writer out = WRITER_OF(bytes), again = WRITER_OF(written_bytes);
    struct span found;
    ck_assert(dkek_share_salt(SPAN_OF(file), &found));
    ck_assert(span_equal(found, SPAN_OF(salt)));
    ck_assert_int_eq(dkek_share_open(key, SPAN_OF(file), &out), 0);
    ck_assert(span_equal(written(&out), SPAN_OF(share)));
    ck_assert_int_eq(dkek_share_seal(key, SPAN_OF(salt), SPAN_OF(share), &again), 0);
    ck_assert(span_equal(written(&again), SPAN_OF(file)));
}
END_TEST

START_TEST(wrong_key_and_other_files_are_refused)
{
    uint8_t bytes[KEK_SIZE], longer[DKEK_SHARE_FILE + 1] = { 0 };
    struct writer out = WRITER_OF(bytes);
    struct span found;
    key[0] ^= 1;
    ck_assert_int_eq(dkek_share_open(key, SPAN_OF(file), &out), DKEK_SHARE_WRONG);
    ck_assert_uint_eq(out.size, 0);
    for (size_t size = 0; size < sizeof file; size++)
        ck_assert(!dkek_share_salt(span_of(file, size), &found));
    memcpy(longer, file, sizeof file);
    ck_assert(!dkek_share_salt(SPAN_OF(longer), &found));
    file[0] ^= 1;
    ck_assert(!dkek_share_salt(SPAN_OF(file), &found));
}
END_TEST

/* --- Parts of a password --- */

static void assert_joins(const struct shamir_share *parts, unsigned count, const uint8_t *password)
{
    uint8_t bytes[SHAMIR_SIZE];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(shamir_join(parts, count, &out), 0);
    ck_assert_uint_eq(out.size, SHAMIR_SIZE); /* none of ours begins with zeros */
    ck_assert(span_equal(written(&out), span_of(password, SHAMIR_SIZE)));
}

START_TEST(enough_parts_give_the_password)
{
    for (unsigned threshold = 1; threshold <= SHAMIR_SHARES_MAX; threshold++) {
        struct shamir_share parts[SHAMIR_SHARES_MAX];
        uint8_t password[SHAMIR_SIZE];
        ck_assert_int_eq(shamir_make(threshold, SHAMIR_SHARES_MAX, password, parts), 0);
        ck_assert_uint_lt(password[0], 0x80);
        assert_joins(parts + SHAMIR_SHARES_MAX - threshold, threshold, password);
        assert_joins(parts, threshold, password);
        assert_joins(parts, SHAMIR_SHARES_MAX, password);
    }
}
END_TEST

START_TEST(one_part_less_gives_another)
{
    struct shamir_share parts[4];
    uint8_t password[SHAMIR_SIZE], bytes[SHAMIR_SIZE];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(shamir_make(3, 4, password, parts), 0);
    ck_assert_int_eq(shamir_join(parts, 2, &out), 0);
    ck_assert(!span_equal(written(&out), SPAN_OF(password)));
}
END_TEST

/* f(x) = 1234 + 166 x + 94 x^2 over a prime of 64 bits: worked out by hand at 1, 2 and 3. */
START_TEST(parts_are_points_of_a_polynomial)
{
    /* 2^64 - 59, the largest prime of 64 bits */
    static const uint8_t prime[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC5 };
    static const uint16_t values[] = { 1494, 1942, 2578 };
    struct shamir_share parts[3] = { 0 };
    uint8_t bytes[SHAMIR_SIZE];
    struct writer out = WRITER_OF(bytes);
    for (uint8_t i = 0; i < 3; i++) {
        memcpy(parts[i].prime, prime, sizeof prime);
        parts[i].id = (uint8_t)(i + 1);
        parts[i].value[6] = (uint8_t)(values[i] >> 8);
        parts[i].value[7] = (uint8_t)values[i];
    }
    ck_assert_int_eq(shamir_join(parts, 3, &out), 0);
    ck_assert_uint_eq(out.size, 2); /* without leading zeros, as sc-hsm-tool */
    ck_assert_uint_eq(bytes[0] << 8 | bytes[1], 1234);
}
END_TEST

START_TEST(parts_that_do_not_fit_are_refused)
{
    struct shamir_share parts[3];
    uint8_t password[SHAMIR_SIZE], bytes[SHAMIR_SIZE];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(shamir_make(2, 3, password, parts), 0);
    ck_assert_int_eq(shamir_join(parts, 0, &out), SHAMIR_UNFIT);
    parts[1].id = 1;
    ck_assert_int_eq(shamir_join(parts, 2, &out), SHAMIR_UNFIT);
    parts[1].id = 0;
    ck_assert_int_eq(shamir_join(parts, 2, &out), SHAMIR_UNFIT);
    parts[1].id = 2;
    parts[1].prime[7] ^= 2;
    ck_assert_int_eq(shamir_join(parts, 2, &out), SHAMIR_UNFIT);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH("dkek_share", set_up, NULL, derivation_is_that_of_openssl,
                          progress_grows_to_the_end, too_long_a_password_is_a_fault,
                          published_file_is_read_and_written, wrong_key_and_other_files_are_refused,
                          enough_parts_give_the_password, one_part_less_gives_another,
                          parts_are_points_of_a_polynomial, parts_that_do_not_fit_are_refused);
}
