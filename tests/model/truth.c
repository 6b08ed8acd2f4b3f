/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/model/truth.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/tlv.h"
#include "tests/support/require.h"

/* The library failing is no finding about the card. */
void truth_digest(const char *digest, struct span message, struct writer *out)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    size_t size = 0;
    if (!digest) {
        write_span(out, message);
        return;
    }
    require(EVP_Q_digest(NULL, digest, NULL, message.at, message.size, hash, &size) == 1, digest);
    write_span(out, span_of(hash, size));
}

void truth_sha256(struct span bytes, uint8_t out[HASH_BYTES])
{
    struct writer to = writer_of(out, HASH_BYTES);
    truth_digest("SHA256", bytes, &to);
}

/* --- Elliptic curves --- */

const struct group truth_groups[] = {
    { "prime256v1", 32 },      { "secp256k1", 32 },       { "secp384r1", 48 },
    { "brainpoolP256r1", 32 }, { "brainpoolP256t1", 32 },
};
const size_t truth_group_count = COUNT_OF(truth_groups);

/* Made once: it costs more than what is done with it. */
static const EC_GROUP *library_group(const struct group *group)
{
    static EC_GROUP *made[COUNT_OF(truth_groups)];
    size_t i = (size_t)(group - truth_groups);
    if (!made[i])
        made[i] = EC_GROUP_new_by_curve_name(OBJ_sn2nid(group->name));
    require(made[i], group->name);
    return made[i];
}

static BIGNUM *number_of(struct span bytes)
{
    BIGNUM *number = BN_bin2bn(bytes.at, (int)bytes.size, NULL);
    require(number, "a number");
    return number;
}

static void write_number(uint32_t tag, const BIGNUM *number, size_t size, struct writer *out)
{
    uint8_t bytes[POINT_MAX];
    require(BN_bn2binpad(number, bytes, (int)size) == (int)size, "a number of the curve");
    tlv_write(out, tag, span_of(bytes, size));
}

static void write_point(const struct group *group, const EC_POINT *point, struct writer *out)
{
    uint8_t bytes[POINT_MAX];
    size_t size = EC_POINT_point2oct(library_group(group), point, POINT_CONVERSION_UNCOMPRESSED,
                                     bytes, sizeof bytes, NULL);
    require(size, "a point");
    write_span(out, span_of(bytes, size));
}

void truth_ec_template(const struct group *group, struct writer *out)
{
    static const uint8_t ecdsa[] = { 4, 0, 0x7F, 0, 7, 2, 2, 2, 2, 3 };
    const EC_GROUP *library = library_group(group);
    BIGNUM *p = BN_new(), *a = BN_new(), *b = BN_new();
    require(EC_GROUP_get_curve(library, p, a, b, NULL) == 1, "a curve");
    tlv_write(out, 0x06, SPAN_OF(ecdsa));
    write_number(0x81, p, group->size, out);
    write_number(0x82, a, group->size, out);
    write_number(0x83, b, group->size, out);
    struct tlv_mark generator = tlv_open(out, 0x84);
    write_point(group, EC_GROUP_get0_generator(library), out);
    tlv_close(out, generator);
    write_number(0x85, EC_GROUP_get0_order(library), group->size, out);
    tlv_write_u8(out, 0x87, 1);
    BN_free(p);
    BN_free(a);
    BN_free(b);
}

/* The generator, where there are no bytes. */
static bool read_point(const struct group *group, struct span bytes, EC_POINT *out)
{
    const EC_GROUP *library = library_group(group);
    if (!bytes.size)
        return EC_POINT_copy(out, EC_GROUP_get0_generator(library)) == 1;
    return bytes.size == 1 + 2 * group->size && bytes.at[0] == 4 &&
           EC_POINT_oct2point(library, out, bytes.at, bytes.size, NULL) == 1;
}

bool truth_multiply(const struct group *group, struct span scalar, struct span point,
                    struct span add, struct writer *out)
{
    const EC_GROUP *library = library_group(group);
    EC_POINT *factor = EC_POINT_new(library), *product = EC_POINT_new(library);
    BIGNUM *number = number_of(scalar), *more = number_of(add);
    bool good = read_point(group, point, factor) &&
                EC_POINT_mul(library, product, more, factor, number, NULL) == 1 &&
                !EC_POINT_is_at_infinity(library, product);
    if (good)
        write_point(group, product, out);
    BN_free(number);
    BN_free(more);
    EC_POINT_free(factor);
    EC_POINT_free(product);
    return good;
}

static EVP_PKEY *make_public(const char *kind, OSSL_PARAM_BLD *parts)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(parts);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    require(parameters && context && EVP_PKEY_fromdata_init(context) == 1, "a public key");
    if (EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(parts);
    return key;
}

EVP_PKEY *truth_ec_public(const struct group *group, struct span point)
{
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    require(parts &&
                OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME, group->name,
                                                0) == 1 &&
                OSSL_PARAM_BLD_push_octet_string(parts, OSSL_PKEY_PARAM_PUB_KEY, point.at,
                                                 point.size) == 1,
            "parts of a public key");
    return make_public("EC", parts);
}

bool truth_ecdsa(EVP_PKEY *key, struct span hash, struct span signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    require(context && EVP_PKEY_verify_init(context) == 1, "to verify");
    bool good = EVP_PKEY_verify(context, signature.at, signature.size, hash.at, hash.size) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

void truth_der(struct span plain, struct writer *out)
{
    struct tlv_mark sequence = tlv_open(out, 0x30);
    tlv_write_unsigned(out, 0x02, span_part(plain, 0, plain.size / 2));
    tlv_write_unsigned(out, 0x02, span_part(plain, plain.size / 2, plain.size));
    tlv_close(out, sequence);
}

/* --- RSA --- */

EVP_PKEY *truth_rsa_public(struct span modulus, struct span exponent)
{
    BIGNUM *n = number_of(modulus), *e = number_of(exponent);
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    require(parts && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
                OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_E, e) == 1,
            "parts of an RSA key");
    EVP_PKEY *key = make_public("RSA", parts);
    BN_free(n);
    BN_free(e);
    return key;
}

size_t truth_rsa_size(EVP_PKEY *key)
{
    return (size_t)EVP_PKEY_get_size(key);
}

bool truth_rsa_raw(EVP_PKEY *key, struct span block, struct writer *out)
{
    uint8_t bytes[1024];
    size_t size = sizeof bytes;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    require(context && EVP_PKEY_encrypt_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1,
            "RSA");
    bool good = EVP_PKEY_encrypt(context, bytes, &size, block.at, block.size) == 1;
    EVP_PKEY_CTX_free(context);
    if (good)
        write_span(out, span_of(bytes, size));
    return good;
}

bool truth_rsa_verify(EVP_PKEY *key, bool pss, const char *digest, struct span hash,
                      struct span signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    require(context && EVP_PKEY_verify_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(context,
                                             pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1,
            "RSA padding");
    if (digest)
        require(EVP_PKEY_CTX_set_signature_md(context, EVP_get_digestbyname(digest)) == 1, digest);
    if (pss)
        require(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1, "salt");
    bool good = EVP_PKEY_verify(context, signature.at, signature.size, hash.at, hash.size) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

/* --- AES --- */

static const char *cbc_name(size_t key_size)
{
    return key_size == 16 ? "AES-128-CBC" : key_size == 24 ? "AES-192-CBC" : "AES-256-CBC";
}

void truth_cbc(struct span key, bool encrypt, struct span blocks, struct writer *out)
{
    static const uint8_t zeros[16];
    int size = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t *room = write_room(out, blocks.size);
    require(room && context &&
                EVP_CipherInit_ex(context, EVP_get_cipherbyname(cbc_name(key.size)), NULL, key.at,
                                  zeros, encrypt) == 1 &&
                EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
                EVP_CipherUpdate(context, room, &size, blocks.at, (int)blocks.size) == 1,
            "AES-CBC");
    EVP_CIPHER_CTX_free(context);
}

void truth_cmac(struct span key, struct span message, struct writer *out)
{
    uint8_t mac[16];
    size_t size = 0;
    require(EVP_Q_mac(NULL, "CMAC", NULL, cbc_name(key.size), NULL, key.at, key.size, message.at,
                      message.size, mac, sizeof mac, &size) != NULL,
            "CMAC");
    write_span(out, span_of(mac, size));
}

/* RFC 5869, first block: HMAC(HMAC(zeros, key), info || 01). */
void truth_derive(struct span key, struct span info, struct writer *out)
{
    static const uint8_t zeros[HASH_BYTES];
    uint8_t extracted[HASH_BYTES], derived[HASH_BYTES], *message = malloc(info.size + 1);
    size_t size = 0;
    require(message && EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, zeros, sizeof zeros, key.at,
                                 key.size, extracted, sizeof extracted, &size) != NULL,
            "HKDF");
    struct writer block = writer_of(message, info.size + 1);
    write_span(&block, info);
    write_u8(&block, 1);
    require(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, extracted, sizeof extracted, block.at,
                      block.size, derived, sizeof derived, &size) != NULL,
            "HKDF");
    free(message);
    write_span(out, SPAN_OF(derived));
}

/* --- Wrapped keys --- */

static void derive_from_kek(const uint8_t kek[KEK_BYTES], uint8_t number, uint8_t out[HASH_BYTES])
{
    uint8_t bytes[KEK_BYTES + 4];
    struct writer message = WRITER_OF(bytes);
    write_span(&message, span_of(kek, KEK_BYTES));
    write_u32(&message, number);
    truth_sha256(written(&message), out);
}

void truth_kcv(const uint8_t kek[KEK_BYTES], uint8_t out[8])
{
    uint8_t hash[HASH_BYTES];
    truth_sha256(span_of(kek, KEK_BYTES), hash);
    memcpy(out, hash, 8);
}

static bool mac_fits(const uint8_t kek[KEK_BYTES], struct span blob)
{
    uint8_t key[HASH_BYTES], bytes[16];
    struct writer mac = WRITER_OF(bytes);
    if (blob.size < 32)
        return false;
    derive_from_kek(kek, 2, key);
    truth_cmac(SPAN_OF(key), span_part(blob, 0, blob.size - 16), &mac);
    return span_equal(written(&mac), span_part(blob, blob.size - 16, 16));
}

static const struct group *group_of(struct span prime, struct span a)
{
    for (size_t i = 0; i < truth_group_count; i++) {
        uint8_t bytes[1024];
        struct writer parts = WRITER_OF(bytes);
        truth_ec_template(&truth_groups[i], &parts);
        struct reader in = reader_of(written(&parts));
        (void)tlv_read(&in);
        struct span own_prime = tlv_expect(&in, 0x81);
        if (span_equal(own_prime, prime) && span_equal(tlv_expect(&in, 0x82), a))
            return &truth_groups[i];
    }
    return NULL;
}

/* A, B, P, N, G, d, Q, each with its length; Q must be d times G. */
static bool read_ec(struct reader *in, struct wrapped *out)
{
    uint8_t bytes[POINT_MAX];
    struct writer point = WRITER_OF(bytes);
    struct span a = read_counted(in);
    read_counted(in);
    out->group = group_of(read_counted(in), a);
    read_counted(in);
    read_counted(in);
    out->scalar = read_counted(in);
    out->point = read_counted(in);
    return out->group && !read_failed(in) &&
           truth_multiply(out->group, out->scalar, (struct span){ 0 }, (struct span){ 0 },
                          &point) &&
           span_equal(out->point, written(&point));
}

static bool read_components(struct span plain, struct wrapped *out)
{
    struct reader in = reader_of(plain);
    read_span(&in, 8);
    uint16_t size = read_u16(&in);
    if (out->type == WRAPPED_EC)
        return read_ec(&in, out);
    out->secret = read_span(&in, size);
    return out->type == WRAPPED_AES && !read_failed(&in) &&
           (size == 16 || size == 24 || size == 32);
}

bool truth_unwrap(const uint8_t kek[KEK_BYTES], struct span blob, struct wrapped *out)
{
    uint8_t key[HASH_BYTES], kcv[8];
    struct writer plain = WRITER_OF(out->plain);
    struct reader in = reader_of(span_part(blob, 0, blob.size - 16));
    truth_kcv(kek, kcv);
    if (!mac_fits(kek, blob) || !span_equal(read_span(&in, 8), SPAN_OF(kcv)))
        return false;
    out->type = read_u8(&in);
    read_counted(&in);
    struct span algorithms = read_counted(&in);
    read_counted(&in);
    read_counted(&in);
    struct span cipher = read_rest(&in);
    out->algorithm_count = algorithms.size;
    if (read_failed(&in) || cipher.size % 16 || cipher.size > BLOB_MAX ||
        algorithms.size > sizeof out->algorithms)
        return false;
    memcpy(out->algorithms, algorithms.at, algorithms.size);
    derive_from_kek(kek, 1, key);
    truth_cbc(SPAN_OF(key), false, cipher, &plain);
    return read_components(written(&plain), out);
}

static void write_ec(const struct wrapped *key, struct writer *out)
{
    uint8_t bytes[1024];
    struct writer parts = WRITER_OF(bytes);
    truth_ec_template(key->group, &parts);
    struct reader in = reader_of(written(&parts));
    (void)tlv_read(&in);
    struct span p = tlv_expect(&in, 0x81), a = tlv_expect(&in, 0x82), b = tlv_expect(&in, 0x83),
                g = tlv_expect(&in, 0x84), n = tlv_expect(&in, 0x85);
    write_u16(out, (uint16_t)(8 * key->group->size));
    write_counted(out, a);
    write_counted(out, b);
    write_counted(out, p);
    write_counted(out, n);
    write_counted(out, g);
    write_counted(out, key->scalar);
    write_counted(out, key->point);
}

static void write_plain(const struct wrapped *key, struct writer *out)
{
    write_span(out, span_of_text("random.."));
    if (key->type == WRAPPED_EC)
        write_ec(key, out);
    else {
        write_u16(out, (uint16_t)key->secret.size);
        write_span(out, key->secret);
    }
    write_u8(out, 0x80);
    write_zeros(out, (16 - out->size % 16) % 16);
}

void truth_wrap(const uint8_t kek[KEK_BYTES], const struct wrapped *key, struct writer *out)
{
    static const uint8_t of_ec[] = { 4, 0, 0x7F, 0, 7, 2, 2, 2, 2, 3 };
    static const uint8_t of_aes[] = { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1 };
    uint8_t kcv[8], hash[HASH_BYTES], bytes[BLOB_MAX];
    struct writer plain = WRITER_OF(bytes);
    size_t start = out->size;
    truth_kcv(kek, kcv);
    write_span(out, SPAN_OF(kcv));
    write_u8(out, key->type);
    write_counted(out, key->type == WRAPPED_EC ? SPAN_OF(of_ec) : SPAN_OF(of_aes));
    write_counted(out, span_of(key->algorithms, key->algorithm_count));
    write_u16(out, 0);
    write_u16(out, 0);
    write_plain(key, &plain);
    derive_from_kek(kek, 1, hash);
    truth_cbc(SPAN_OF(hash), true, written(&plain), out);
    derive_from_kek(kek, 2, hash);
    truth_cmac(SPAN_OF(hash), span_part(written(out), start, out->size), out);
}
