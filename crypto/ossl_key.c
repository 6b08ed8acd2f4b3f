/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ossl_key.h"

#include <openssl/core_names.h>

BIGNUM *ossl_secret_number(struct span bytes)
{
    SCOPED(end_BIGNUM) BIGNUM *number = BN_secure_new();
    if (!number || !BN_bin2bn(bytes.at, (int)bytes.size, number))
        return NULL;
    BN_set_flags(number, BN_FLG_CONSTTIME);
    BIGNUM *result = number;
    number = NULL; /* the caller's now */
    return result;
}

int ossl_key_from(const char *algorithm, int selection, OSSL_PARAM_BLD *parts, EVP_PKEY **out)
{
    SCOPED(end_OSSL_PARAM) OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(parts);
    SCOPED(end_EVP_PKEY_CTX)
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);

    if (!parameters || !context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, out, selection, parameters) != 1)
        return ossl_failure("key from its parts");
    return 0;
}

int ossl_read_part(const EVP_PKEY *key, const char *part, size_t size, BIGNUM **out)
{
    SCOPED_SECRET(native, RSA_BYTES_MAX);
    SCOPED(end_BIGNUM) BIGNUM *number = BN_secure_new();
    OSSL_PARAM wanted[] = { OSSL_PARAM_construct_BN(part, native, size), OSSL_PARAM_END };

    if (!number || size > sizeof native || EVP_PKEY_get_params(key, wanted) != 1 ||
        !BN_native2bn(native, (int)size, number))
        return ossl_failure(part);
    BN_set_flags(number, BN_FLG_CONSTTIME);
    *out = number;
    number = NULL; /* the caller's now */
    return 0;
}

int ossl_write_part(const EVP_PKEY *key, const char *part, size_t size, struct writer *out)
{
    SCOPED(end_BIGNUM) BIGNUM *number = NULL;
    int result = ossl_read_part(key, part, size, &number);
    if (result)
        return result;

    write_u16(out, (uint16_t)size);
    uint8_t *room = write_room(out, size);
    if (room && BN_bn2binpad(number, room, (int)size) < 0)
        return ossl_failure(part);
    return 0;
}
