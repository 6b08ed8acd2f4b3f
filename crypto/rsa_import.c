/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the factors of RSA keys given by n, e and d. The time depends on the key's secrets, which
 * is accepted here: it runs once for a key, on data that only somebody with the secret of the key
 * domain can have made. */
#include "crypto/rsa_import.h"

#include "base/results.h"

#define ATTEMPTS 32 /* a base finds no factor with a probability of at most one half */

void rsa_numbers_end(struct rsa_numbers *numbers)
{
    BIGNUM **const all[] = { &numbers->n, &numbers->e,  &numbers->d,  &numbers->p,
                             &numbers->q, &numbers->dp, &numbers->dq, &numbers->qinv };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        BN_clear_free(*all[i]);
        *all[i] = NULL;
    }
}

static int read_all(const struct key_parts *parts, struct rsa_numbers *out)
{
    const struct {
        struct span from;
        BIGNUM **to;
    } members[] = { { parts->n, &out->n },   { parts->e, &out->e },      { parts->d, &out->d },
                    { parts->p, &out->p },   { parts->q, &out->q },      { parts->dp, &out->dp },
                    { parts->dq, &out->dq }, { parts->qinv, &out->qinv } };
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (members[i].from.size > RSA_BYTES_MAX + 1)
            return CRYPTO_BAD_KEY;
        *members[i].to = ossl_secret_number(members[i].from); /* an absent part becomes zero */
        if (!*members[i].to)
            return ossl_failure("RSA number");
    }
    return 0;
}

/* --- Factors from n, e and d --- */

/* Variables of the search: e d - 1 = odd * 2^twos. */
struct search {
    BN_CTX *context;
    BIGNUM *odd, *base, *root, *next, *minus_one;
    int twos;
};

static void search_end(struct search *search)
{
    BIGNUM *const all[] = { search->odd, search->base, search->root, search->next,
                            search->minus_one };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        BN_clear_free(all[i]);
    BN_CTX_free(search->context);
}

static int search_begin(const struct rsa_numbers *key, struct search *out)
{
    *out = (struct search){ BN_CTX_secure_new(), BN_secure_new(), BN_secure_new(),
                            BN_secure_new(),     BN_secure_new(), BN_secure_new() };
    if (!out->context || !out->odd || !out->base || !out->root || !out->next || !out->minus_one ||
        BN_mul(out->odd, key->e, key->d, out->context) != 1 || BN_sub_word(out->odd, 1) != 1 ||
        BN_sub(out->minus_one, key->n, BN_value_one()) != 1)
        return ossl_failure("RSA factors");
    if (BN_is_zero(out->odd) || BN_is_negative(out->odd) || BN_is_odd(out->odd))
        return CRYPTO_BAD_KEY;
    while (!BN_is_bit_set(out->odd, out->twos))
        out->twos++;
    return BN_rshift(out->odd, out->odd, out->twos) == 1 ? 0 : ossl_failure("RSA factors");
}

static bool is_trivial(const struct search *search)
{
    return BN_is_one(search->root) || BN_cmp(search->root, search->minus_one) == 0;
}

enum { NO_LUCK = RESULTS_RSA_IMPORT }; /* this base finds no factor */

/* Squares base^odd until it is 1. The value before that is a square root of 1; unless it is -1, it
 * gives a factor. A base that never becomes 1 shows that d is not an inverse of e. */
static int find_root(const struct rsa_numbers *key, struct search *search)
{
    BN_CTX *context = search->context;
    if (BN_priv_rand_range(search->base, search->minus_one) != 1 ||
        BN_mod_exp(search->root, search->base, search->odd, key->n, context) != 1)
        return ossl_failure("RSA factors");
    if (is_trivial(search))
        return NO_LUCK;
    for (int i = 0; i < search->twos; i++) {
        if (BN_mod_sqr(search->next, search->root, key->n, context) != 1)
            return ossl_failure("RSA factors");
        if (BN_is_one(search->next))
            return 0;
        BN_swap(search->root, search->next);
        if (is_trivial(search))
            return NO_LUCK;
    }
    return CRYPTO_BAD_KEY;
}

static int split(struct rsa_numbers *key, struct search *search)
{
    if (BN_sub_word(search->root, 1) != 1 ||
        BN_gcd(key->p, search->root, key->n, search->context) != 1 ||
        BN_div(key->q, NULL, key->n, key->p, search->context) != 1)
        return ossl_failure("RSA factors");
    if (BN_cmp(key->p, key->q) < 0)
        BN_swap(key->p, key->q);
    return 0;
}

/* Limits the numbers to plausible sizes: the exponents decide how long the search takes. */
static bool plausible(const struct rsa_numbers *key)
{
    return BN_is_odd(key->n) && !BN_is_one(key->n) && BN_num_bits(key->n) <= RSA_BITS_MAX &&
           BN_is_odd(key->e) && !BN_is_one(key->e) && BN_num_bits(key->e) <= 32 &&
           !BN_is_zero(key->d) && BN_cmp(key->d, key->n) < 0;
}

static int ask(const struct patience *patience)
{
    return !patience || patience->go_on(patience->context)
               ? 0
               : failure(FAULT_STOPPED, "the search for RSA factors was stopped");
}

static int find_factors(struct rsa_numbers *key, const struct patience *patience)
{
    SCOPED(search_end) struct search search = { 0 };
    int result = plausible(key) ? search_begin(key, &search) : CRYPTO_BAD_KEY;
    for (int i = 0; !result && i < ATTEMPTS; i++) {
        result = ask(patience);
        if (result)
            return result;
        result = find_root(key, &search);
        if (!result)
            return split(key, &search);
        result = result == NO_LUCK ? 0 : result;
    }
    return result ? result : CRYPTO_BAD_KEY;
}

/* --- What follows from the factors --- */

struct less_one {
    BN_CTX *context;
    BIGNUM *p1, *q1, *gcd, *lcm;
};

static void less_one_end(struct less_one *x)
{
    BIGNUM *const all[] = { x->p1, x->q1, x->gcd, x->lcm };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        BN_clear_free(all[i]);
    BN_CTX_free(x->context);
}

static int less_one(const struct rsa_numbers *key, struct less_one *x)
{
    *x = (struct less_one){ BN_CTX_secure_new(), BN_secure_new(), BN_secure_new(), BN_secure_new(),
                            BN_secure_new() };
    if (BN_is_zero(key->p) || BN_is_one(key->p) || BN_is_zero(key->q) || BN_is_one(key->q))
        return CRYPTO_BAD_KEY;
    if (!x->context || !x->p1 || !x->q1 || !x->gcd || !x->lcm ||
        BN_sub(x->p1, key->p, BN_value_one()) != 1 || BN_sub(x->q1, key->q, BN_value_one()) != 1 ||
        BN_gcd(x->gcd, x->p1, x->q1, x->context) != 1 ||
        BN_mul(x->lcm, x->p1, x->q1, x->context) != 1 ||
        BN_div(x->lcm, NULL, x->lcm, x->gcd, x->context) != 1)
        return ossl_failure("RSA exponents");
    BN_set_flags(x->lcm, BN_FLG_CONSTTIME);
    return 0;
}

static int find_private_exponent(struct rsa_numbers *key, const struct less_one *x)
{
    ossl_begin();
    if (!BN_mod_inverse(key->d, key->e, x->lcm, x->context))
        return ossl_refusal(CRYPTO_BAD_KEY, "RSA exponents");
    return 0;
}

static int find_crt(struct rsa_numbers *key, const struct less_one *x)
{
    if (BN_mod(key->dp, key->d, x->p1, x->context) != 1 ||
        BN_mod(key->dq, key->d, x->q1, x->context) != 1)
        return ossl_failure("RSA exponents");
    ossl_begin();
    if (!BN_mod_inverse(key->qinv, key->q, key->p, x->context))
        return ossl_refusal(CRYPTO_BAD_KEY, "RSA coefficient");
    return 0;
}

int rsa_complete(const struct key_parts *parts, const struct patience *patience,
                 struct rsa_numbers *out)
{
    SCOPED(less_one_end) struct less_one x = { 0 };
    int result = read_all(parts, out);
    if (!result && !parts->p.at)
        result = find_factors(out, patience);
    if (!result)
        result = less_one(out, &x);
    if (!result)
        result = find_private_exponent(out, &x);
    if (!result && !parts->p.at)
        result = find_crt(out, &x);
    return result;
}
