/* SPDX-License-Identifier: Apache-2.0 */
/* Reads public keys from files with OpenSSL's decoders. */
#include "crypto/public_file.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/ossl.h"

static void end_BIO(BIO **bio)
{
    BIO_free(*bio);
}

static void end_X509(X509 **certificate)
{
    X509_free(*certificate);
}

static EVP_PKEY *read_key(BIO *from)
{
    EVP_PKEY *key = PEM_read_bio_PUBKEY(from, NULL, NULL, NULL);
    if (!key && BIO_reset(from) == 1)
        key = d2i_PUBKEY_bio(from, NULL);
    return key;
}

static EVP_PKEY *read_certificate(BIO *from)
{
    SCOPED(end_X509) X509 *certificate = PEM_read_bio_X509(from, NULL, NULL, NULL);
    if (!certificate && BIO_reset(from) == 1)
        certificate = d2i_X509_bio(from, NULL);
    return certificate ? X509_get_pubkey(certificate) : NULL;
}

/* --- Parts of the key --- */

static bool take_number(const EVP_PKEY *key, const char *name, uint8_t *at, size_t size,
                        struct span *out)
{
    SCOPED(end_BIGNUM) BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(key, name, &number) != 1 || BN_num_bytes(number) > (int)size)
        return false;
    *out = span_of(at, (size_t)BN_bn2bin(number, at));
    return true;
}

static bool take_rsa(EVP_PKEY *key, struct public_file *out)
{
    return take_number(key, OSSL_PKEY_PARAM_RSA_N, out->modulus, sizeof out->modulus,
                       &out->part.modulus) &&
           take_number(key, OSSL_PKEY_PARAM_RSA_E, out->exponent, sizeof out->exponent,
                       &out->part.exponent);
}

static bool take_point(EVP_PKEY *key, struct public_file *out)
{
    size_t size = 0;
    bool good = EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                               OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) &&
                EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out->point,
                                                sizeof out->point, &size);
    out->part.point = span_of(out->point, size);
    return good;
}

static bool take_raw(EVP_PKEY *key, struct public_file *out)
{
    size_t size = sizeof out->point;
    bool good = EVP_PKEY_get_raw_public_key(key, out->point, &size) == 1;
    out->part.point = span_of(out->point, size);
    return good;
}

static bool take_parts(EVP_PKEY *key, struct public_file *out)
{
    out->part = (struct public_part){ 0 };
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return take_rsa(key, out);
    case EVP_PKEY_EC:
        return take_point(key, out);
    default:
        return take_raw(key, out);
    }
}

int public_file_read(struct span bytes, struct public_file *out)
{
    SCOPED(end_EVP_PKEY) EVP_PKEY *key = NULL;
    SCOPED(end_BIO) BIO *from = BIO_new_mem_buf(bytes.at, (int)bytes.size);
    if (!from)
        return ossl_failure("a public key's file");
    ossl_begin();
    key = read_key(from);
    if (!key && BIO_reset(from) == 1)
        key = read_certificate(from);
    if (!key || !take_parts(key, out))
        return ossl_refusal(CRYPTO_BAD_KEY, "a public key's file");
    ERR_clear_error(); /* discards the errors of the forms that were tried in vain */
    return 0;
}
