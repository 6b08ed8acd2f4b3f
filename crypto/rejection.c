/* SPDX-License-Identifier: Apache-2.0 */
/* Removes PKCS#1 v1.5 padding with implicit rejection. No branch and no index depends on the
 * content of the block until the message is written: its length is public then. */
#include "crypto/rejection.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>

#include "crypto/fetch.h"

/* --- The seed --- */

static int numbers_of(const EVP_PKEY *key, size_t k, BIGNUM **p, BIGNUM **q, BIGNUM **e)
{
    int result = ossl_read_part(key, OSSL_PKEY_PARAM_RSA_FACTOR1, k / 2, p);
    if (!result)
        result = ossl_read_part(key, OSSL_PKEY_PARAM_RSA_FACTOR2, k / 2, q);
    if (!result)
        result = ossl_read_part(key, OSSL_PKEY_PARAM_RSA_E, k, e);
    return result;
}

static int least_exponent(const EVP_PKEY *key, size_t k, BIGNUM *out)
{
    SCOPED(end_BIGNUM) BIGNUM *p = NULL;
    SCOPED(end_BIGNUM) BIGNUM *q = NULL;
    SCOPED(end_BIGNUM) BIGNUM *e = NULL;
    SCOPED(end_BIGNUM) BIGNUM *common = BN_secure_new();
    SCOPED(end_BIGNUM) BIGNUM *multiple = BN_secure_new();
    SCOPED(end_BN_CTX) BN_CTX *context = BN_CTX_secure_new();
    int result = numbers_of(key, k, &p, &q, &e);
    if (result)
        return result;
    if (!common || !multiple || !context)
        return ossl_failure("RSA private exponent");

    BN_set_flags(multiple, BN_FLG_CONSTTIME);
    if (BN_sub_word(p, 1) != 1 || BN_sub_word(q, 1) != 1 || BN_gcd(common, p, q, context) != 1 ||
        BN_mul(multiple, p, q, context) != 1 ||
        BN_div(multiple, NULL, multiple, common, context) != 1 ||
        !BN_mod_inverse(out, e, multiple, context))
        return ossl_failure("RSA private exponent");
    return 0;
}

int rejection_seed(const EVP_PKEY *key, size_t k, uint8_t out[SHA256_SIZE])
{
    SCOPED_SECRET(bytes, RSA_BYTES_MAX);
    SCOPED(end_BIGNUM) BIGNUM *exponent = BN_secure_new();
    if (!exponent)
        return ossl_failure("RSA private exponent");
    int result = least_exponent(key, k, exponent);
    if (result)
        return result;
    if (BN_bn2binpad(exponent, bytes, (int)k) < 0)
        return ossl_failure("RSA private exponent");
    return sha256_of(span_of(bytes, k), out);
}

/* --- Pseudorandom bytes --- */

static int hmac(struct span key, struct span message, uint8_t out[SHA256_SIZE])
{
    if (!HMAC(ossl_digest(DIGEST_SHA256), key.at, (int)key.size, message.at, message.size, out,
              NULL))
        return ossl_failure("HMAC");
    return 0;
}

/* The draft's IRPRF: size bytes, in blocks of HMAC(key, counter || label || bits wanted). */
static int expand(struct span key, struct span label, size_t size, struct writer *out)
{
    SCOPED_SECRET(block, SHA256_SIZE);
    for (uint16_t i = 0; out->size < size; i++) {
        uint8_t bytes[16];
        struct writer message = WRITER_OF(bytes);
        write_u16(&message, i);
        write_span(&message, label);
        write_u16(&message, (uint16_t)(8 * size));
        int result = hmac(key, written(&message), block);
        if (result)
            return result;
        size_t left = size - out->size;
        write_span(out, span_of(block, left < SHA256_SIZE ? left : SHA256_SIZE));
    }
    return 0;
}

/* --- Choices without branches --- */

/* A mask of all ones or all zeros. The compiler cannot know which, so it cannot turn its use into a
 * branch. */
static uint32_t mask_of(uint32_t bit)
{
    uint32_t mask = 0 - bit;
    __asm__("" : "+r"(mask));
    return mask;
}

/* a < b, for numbers below 2^31. */
static uint32_t below(uint32_t a, uint32_t b)
{
    return mask_of((a - b) >> 31);
}

static uint32_t equal(uint32_t a, uint32_t b)
{
    return below(a ^ b, 1);
}

static uint32_t choose(uint32_t mask, uint32_t yes, uint32_t no)
{
    return no ^ (mask & (yes ^ no));
}

/* --- Unpadding --- */

/* RFC 8017 7.2.2: 00 02, eight bytes at least that are not zero, 00, message. */
enum { FIRST = 2, SHORTEST_PADDING = 8 };

/* Where the message begins; valid if good is all ones. */
struct finding {
    uint32_t good, start;
};

static struct finding examine(struct span block)
{
    struct reader in = reader_of(block);
    uint32_t good = equal(read_u8(&in), 0);
    good &= equal(read_u8(&in), 2);

    uint32_t searching = mask_of(1), zero_at = 0;
    for (uint32_t i = FIRST; i < block.size; i++) {
        uint32_t zero = equal(read_u8(&in), 0);
        zero_at = choose(searching & zero, i, zero_at);
        searching &= ~zero;
    }
    good &= ~searching & ~below(zero_at, FIRST + SHORTEST_PADDING);
    return (struct finding){ good, zero_at + 1 };
}

/* The length of the substitute message: the last of 128 candidates that is possible; the
 * probability that none is possible is below 2^-128. */
static int draw_length(struct span key, size_t k, uint32_t *out)
{
    SCOPED_SECRET(bytes, 256);
    struct writer candidates = WRITER_OF(bytes);
    int result = expand(key, span_of_text("length"), 256, &candidates);
    if (result)
        return result;

    uint32_t limit = (uint32_t)k - FIRST - SHORTEST_PADDING;
    uint32_t bits = UINT32_MAX >> __builtin_clz(limit);
    struct reader in = reader_of(written(&candidates));
    *out = 0;
    while (read_left(&in)) {
        uint32_t candidate = read_u16(&in) & bits;
        *out = choose(below(candidate, limit), candidate, *out);
    }
    return 0;
}

/* Copies one of the two messages, byte by byte, without telling which. */
static void mix(uint32_t mask, struct span yes, struct span no, struct writer *out)
{
    struct reader first = reader_of(yes), second = reader_of(no);
    while (read_left(&first))
        write_u8(out, (uint8_t)choose(mask, read_u8(&first), read_u8(&second)));
}

int rejection_unpad(const uint8_t seed[SHA256_SIZE], struct span cipher, struct span block,
                    struct writer *out)
{
    SCOPED_SECRET(key, SHA256_SIZE);
    SCOPED_SECRET(drawn_bytes, RSA_BYTES_MAX);
    SCOPED_SECRET(mixed_bytes, RSA_BYTES_MAX);
    struct writer drawn = WRITER_OF(drawn_bytes);
    struct writer mixed = WRITER_OF(mixed_bytes);
    uint32_t length = 0, k = (uint32_t)block.size;

    int result = hmac(span_of(seed, SHA256_SIZE), cipher, key);
    if (!result)
        result = expand(span_of(key, SHA256_SIZE), span_of_text("message"), k, &drawn);
    if (!result)
        result = draw_length(span_of(key, SHA256_SIZE), k, &length);
    if (result)
        return result;

    const struct finding found = examine(block);
    mix(found.good, block, written(&drawn), &mixed);
    write_span(out, span_part(written(&mixed), choose(found.good, found.start, k - length), k));
    return 0;
}
