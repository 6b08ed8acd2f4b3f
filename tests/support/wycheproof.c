/* SPDX-License-Identifier: Apache-2.0 */
/* Reading Wycheproof files. TEST_VECTORS, the path of tests/vectors, comes from meson. */
#include "tests/support/wycheproof.h"

#include <check.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

size_t wycheproof_each(const char *file, wycheproof_use *use, void *context)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/wycheproof/%s", TEST_VECTORS, file);
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    ck_assert_msg(root != NULL, "%s: %s", file, error.text);

    size_t group_index, test_index, count = 0;
    json_t *group, *test;
    json_array_foreach(json_object_get(root, "testGroups"), group_index, group)
    {
        json_array_foreach(json_object_get(group, "tests"), test_index, test)
        {
            use(context, group, test);
            count++;
        }
    }
    json_decref(root);
    return count;
}

const char *wycheproof_text(json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    ck_assert_msg(text != NULL, "no field \"%s\"", field);
    return text;
}

struct span wycheproof_bytes(json_t *object, const char *field, struct writer *storage)
{
    size_t before = storage->size;
    ck_assert_msg(hex_decode(wycheproof_text(object, field), storage), "\"%s\" is no bytes", field);
    return span_part(written(storage), before, storage->size);
}

/* --- RSA keys --- */

/* In the order of the kind's material. */
static const char *const part_names[] = {
    OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
    OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
    OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static void write_material(struct span pkcs8, struct writer *out)
{
    const uint8_t *at = pkcs8.at;
    EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &at, (long)pkcs8.size);
    ck_assert_ptr_nonnull(pkey);
    for (size_t i = 0; i < COUNT_OF(part_names); i++) {
        BIGNUM *number = NULL;
        uint8_t bytes[RSA_BYTES_MAX];
        ck_assert_int_eq(EVP_PKEY_get_bn_param(pkey, part_names[i], &number), 1);
        write_counted(out, span_of(bytes, (size_t)BN_bn2bin(number, bytes)));
        BN_free(number);
    }
    EVP_PKEY_free(pkey);
}

static uint32_t exponent_of(json_t *group)
{
    uint8_t bytes[8];
    struct writer storage = WRITER_OF(bytes);
    struct reader in = reader_of(
        wycheproof_bytes(json_object_get(group, "privateKey"), "publicExponent", &storage));
    uint32_t exponent = 0;
    while (read_left(&in))
        exponent = exponent << 8 | read_u8(&in);
    return exponent;
}

void wycheproof_rsa_key(json_t *group, struct key_spec *out_spec, struct writer *out_material)
{
    uint8_t pkcs8_bytes[4096];
    struct writer storage = WRITER_OF(pkcs8_bytes);
    *out_spec = (struct key_spec){
        .type = KEY_RSA,
        .bits = (uint16_t)json_integer_value(json_object_get(group, "keySize")),
        .exponent = exponent_of(group),
    };
    write_material(wycheproof_bytes(group, "privateKeyPkcs8", &storage), out_material);
}
