/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and joins shares of a password. */
#include "crypto/shamir.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/ossl.h"

/* Numbers of one calculation, cleared and freed together. */
struct work {
    BN_CTX *context;
    BIGNUM *prime, *sum, *term, *x, *y;
};

static void work_end(struct work *work)
{
    BIGNUM *const all[] = { work->prime, work->sum, work->term, work->x, work->y };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        BN_clear_free(all[i]);
    BN_CTX_free(work->context);
}

static int work_begin(struct work *out)
{
    *out = (struct work){ BN_CTX_secure_new(), BN_secure_new(), BN_secure_new(),
                          BN_secure_new(),     BN_secure_new(), BN_secure_new() };
    bool good = out->context && out->prime && out->sum && out->term && out->x && out->y;
    return good ? 0 : ossl_failure("shares of a password");
}

static bool put(const BIGNUM *number, uint8_t out[SHAMIR_SIZE])
{
    return BN_bn2binpad(number, out, SHAMIR_SIZE) == SHAMIR_SIZE;
}

static bool get(const uint8_t from[SHAMIR_SIZE], BIGNUM *out)
{
    return BN_bin2bn(from, SHAMIR_SIZE, out);
}

/* --- Making --- */

/* The polynomial at x, by Horner's scheme; coefficients[0] is the password. */
static int evaluate(struct work *work, BIGNUM *const *coefficients, unsigned count,
                    struct shamir_share *out)
{
    bool good = BN_set_word(work->x, out->id) == 1;
    BN_zero(work->sum);
    for (unsigned i = count; good && i-- > 0;)
        good = BN_mod_mul(work->term, work->sum, work->x, work->prime, work->context) == 1 &&
               BN_mod_add(work->sum, work->term, coefficients[i], work->prime, work->context) == 1;
    return good && put(work->prime, out->prime) && put(work->sum, out->value)
               ? 0
               : ossl_failure("shares of a password");
}

struct polynomial {
    BIGNUM *coefficients[SHAMIR_SHARES_MAX];
};

static void polynomial_end(struct polynomial *polynomial)
{
    for (size_t i = 0; i < SHAMIR_SHARES_MAX; i++)
        BN_clear_free(polynomial->coefficients[i]);
}

static int make_polynomial(const BIGNUM *prime, const uint8_t password[SHAMIR_SIZE],
                           unsigned threshold, struct polynomial *out)
{
    for (unsigned i = 0; i < threshold; i++) {
        BIGNUM *number = out->coefficients[i] = BN_secure_new();
        if (!number || (i == 0 ? !get(password, number) : BN_priv_rand_range(number, prime) != 1))
            return ossl_failure("shares of a password");
    }
    return 0;
}

/* Makes a password below every prime of 64 bits (first bit clear) and of full length (first byte
 * not zero), since leading zeros are lost when it is joined. */
static int make_password(uint8_t out[SHAMIR_SIZE])
{
    int r = 0;
    do
        r = random_bytes(out, SHAMIR_SIZE);
    while (!r && (out[0] & 0x7F) == 0);
    out[0] &= 0x7F;
    return r;
}

int shamir_make(unsigned threshold, unsigned total, uint8_t out_password[SHAMIR_SIZE],
                struct shamir_share out[])
{
    SCOPED(work_end) struct work work = { 0 };
    SCOPED(polynomial_end) struct polynomial polynomial = { 0 };
    int r = make_password(out_password);
    if (!r)
        r = work_begin(&work);
    if (!r &&
        BN_generate_prime_ex2(work.prime, 8 * SHAMIR_SIZE, 0, NULL, NULL, NULL, work.context) != 1)
        r = ossl_failure("prime");
    if (!r)
        r = make_polynomial(work.prime, out_password, threshold, &polynomial);
    for (unsigned i = 0; !r && i < total; i++) {
        out[i].id = (uint8_t)(i + 1);
        r = evaluate(&work, polynomial.coefficients, threshold, &out[i]);
    }
    return r;
}

/* --- Joining: Lagrange at zero --- */

static bool fit(const struct shamir_share shares[], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < count; j++)
            if (!shares[i].id || (i != j && shares[i].id == shares[j].id) ||
                !span_equal(SPAN_OF(shares[i].prime), SPAN_OF(shares[j].prime)))
                return false;
    return count;
}

/* term *= x_j / (x_j - x_i), modulo the prime. */
static bool multiply_factor(struct work *work, uint8_t other, uint8_t own)
{
    return BN_set_word(work->x, other) == 1 && BN_set_word(work->y, own) == 1 &&
           BN_mod_mul(work->term, work->term, work->x, work->prime, work->context) == 1 &&
           BN_mod_sub(work->y, work->x, work->y, work->prime, work->context) == 1 &&
           BN_mod_inverse(work->y, work->y, work->prime, work->context) &&
           BN_mod_mul(work->term, work->term, work->y, work->prime, work->context) == 1;
}

static bool add_term(struct work *work, const struct shamir_share shares[], unsigned count,
                     unsigned i)
{
    bool good = get(shares[i].value, work->term);
    for (unsigned j = 0; good && j < count; j++)
        good = i == j || multiply_factor(work, shares[j].id, shares[i].id);
    return good && BN_mod_add(work->sum, work->sum, work->term, work->prime, work->context) == 1;
}

int shamir_join(const struct shamir_share shares[], unsigned count, struct writer *out_password)
{
    SCOPED(work_end) struct work work = { 0 };
    int r = work_begin(&work);
    if (r)
        return r;
    if (!fit(shares, count))
        return SHAMIR_UNFIT;
    if (!get(shares[0].prime, work.prime))
        return ossl_failure("shares of a password");
    if (!BN_is_odd(work.prime))
        return SHAMIR_UNFIT;
    ossl_begin();
    for (unsigned i = 0; i < count; i++)
        if (!add_term(&work, shares, count, i))
            return ossl_refusal(SHAMIR_UNFIT, "shares of a password");
    uint8_t password[SHAMIR_SIZE];
    if (!put(work.sum, password))
        return ossl_failure("shares of a password");
    write_span(out_password, without_leading_zeros(SPAN_OF(password)));
    secret_wipe(password, sizeof password);
    return 0;
}
