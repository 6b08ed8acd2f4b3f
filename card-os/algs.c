/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/algs.h"

static const struct algorithm algorithms[] = {
    { "RSA, raw block", 0x20, PURPOSE_SIGN, KEY_RSA, { PADDING_NONE, DIGEST_NONE } },
    { "RSA PKCS#1, DigestInfo", 0x30, PURPOSE_SIGN, KEY_RSA, { PADDING_PKCS1, DIGEST_NONE } },
    { "RSA PKCS#1 with SHA-1", 0x31, PURPOSE_SIGN, KEY_RSA, { PADDING_PKCS1, DIGEST_SHA1 } },
    { "RSA PKCS#1 with SHA-224", 0x32, PURPOSE_SIGN, KEY_RSA, { PADDING_PKCS1, DIGEST_SHA224 } },
    { "RSA PKCS#1 with SHA-256", 0x33, PURPOSE_SIGN, KEY_RSA, { PADDING_PKCS1, DIGEST_SHA256 } },
    { "RSA PKCS#1 with SHA-384", 0x34, PURPOSE_SIGN, KEY_RSA, { PADDING_PKCS1, DIGEST_SHA384 } },
    { "RSA PKCS#1 with SHA-512", 0x35, PURPOSE_SIGN, KEY_RSA, { PADDING_PKCS1, DIGEST_SHA512 } },
    { "RSA PSS, hash value", 0x40, PURPOSE_SIGN, KEY_RSA, { PADDING_PSS, DIGEST_NONE } },
    { "RSA PSS with SHA-1", 0x41, PURPOSE_SIGN, KEY_RSA, { PADDING_PSS, DIGEST_SHA1 } },
    { "RSA PSS with SHA-224", 0x42, PURPOSE_SIGN, KEY_RSA, { PADDING_PSS, DIGEST_SHA224 } },
    { "RSA PSS with SHA-256", 0x43, PURPOSE_SIGN, KEY_RSA, { PADDING_PSS, DIGEST_SHA256 } },
    { "RSA PSS with SHA-384", 0x44, PURPOSE_SIGN, KEY_RSA, { PADDING_PSS, DIGEST_SHA384 } },
    { "RSA PSS with SHA-512", 0x45, PURPOSE_SIGN, KEY_RSA, { PADDING_PSS, DIGEST_SHA512 } },
    { "ECDSA, hash value", 0x70, PURPOSE_SIGN, KEY_EC, { PADDING_NONE, DIGEST_NONE } },
    { "ECDSA with SHA-1", 0x71, PURPOSE_SIGN, KEY_EC, { PADDING_NONE, DIGEST_SHA1 } },
    { "ECDSA with SHA-224", 0x72, PURPOSE_SIGN, KEY_EC, { PADDING_NONE, DIGEST_SHA224 } },
    { "ECDSA with SHA-256", 0x73, PURPOSE_SIGN, KEY_EC, { PADDING_NONE, DIGEST_SHA256 } },
    { "ECDSA with SHA-384", 0x74, PURPOSE_SIGN, KEY_EC, { PADDING_NONE, DIGEST_SHA384 } },
    { "ECDSA with SHA-512", 0x75, PURPOSE_SIGN, KEY_EC, { PADDING_NONE, DIGEST_SHA512 } },
    { "EdDSA, message", 0x70, PURPOSE_SIGN, KEY_EDWARDS, { PADDING_NONE, DIGEST_NONE } },
    { "RSA, raw block", 0x21, PURPOSE_DECIPHER, KEY_RSA, { PADDING_NONE, DIGEST_NONE } },
    { "RSA PKCS#1", 0x22, PURPOSE_DECIPHER, KEY_RSA, { PADDING_PKCS1, DIGEST_NONE } },
    { "RSA OAEP with SHA-256", 0x23, PURPOSE_DECIPHER, KEY_RSA, { PADDING_OAEP, DIGEST_SHA256 } },
    { "ECDH", 0x80, PURPOSE_DECIPHER, KEY_EC, { PADDING_NONE, DIGEST_NONE } },
    { "X25519, X448", 0x80, PURPOSE_DECIPHER, KEY_MONTGOMERY, { PADDING_NONE, DIGEST_NONE } },
    { "ECDH for the secret of a group's key domain",
      ALGORITHM_EXCHANGE,
      PURPOSE_EXCHANGE,
      KEY_EC,
      { PADDING_NONE, DIGEST_NONE } },
    { "EC key derivation", 0x98, PURPOSE_DERIVE, KEY_EC, { PADDING_NONE, DIGEST_NONE } },
    { "AES-CBC, encrypt", 0x10, PURPOSE_CIPHER, KEY_AES, { .mode = MODE_CBC_ENCRYPT } },
    { "AES-CBC, decrypt", 0x11, PURPOSE_CIPHER, KEY_AES, { .mode = MODE_CBC_DECRYPT } },
    { "AES-CMAC", 0x18, PURPOSE_CIPHER, KEY_AES, { .mode = MODE_CMAC } },
    { "HKDF with SHA-256, 32 bytes", 0x99, PURPOSE_CIPHER, KEY_AES, { .mode = MODE_DERIVE } },
};

const struct algorithm *algorithm_of(enum key_type type, enum key_purpose purpose, uint8_t id)
{
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (algorithms[i].type == type && algorithms[i].purpose == purpose &&
            algorithms[i].id == id)
            return &algorithms[i];
    return NULL;
}

size_t algorithm_count(void)
{
    return COUNT_OF(algorithms);
}

const struct algorithm *algorithm_at(size_t index)
{
    return &algorithms[index];
}
