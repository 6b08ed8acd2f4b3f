/* SPDX-License-Identifier: Apache-2.0 */
/* AES operations on bytes: CBC and CMAC. */
#pragma once

#include "crypto/crypto.h"

#define AES_BLOCK   16
#define AES_KEY_MAX 32

/* CBC without padding, with an IV of zero, as commands and key blobs use it. CRYPTO_BAD_INPUT: the
 * input is empty or not whole blocks. CRYPTO_BAD_KEY: the key is not 16, 24 or 32 bytes. */
MUST_CHECK int aes_cbc(struct span key, bool encrypt, struct span input, struct writer *out);
/* aes_cbc() with a given IV. */
MUST_CHECK int aes_cbc_from(struct span key, const uint8_t iv[AES_BLOCK], bool encrypt,
                            struct span input, struct writer *out);
/* CMAC (SP 800-38B), all 16 bytes. CRYPTO_BAD_KEY. */
MUST_CHECK int aes_cmac(struct span key, struct span message, struct writer *out);
/* CMAC over the concatenation of the parts. CRYPTO_BAD_KEY. */
MUST_CHECK int aes_cmac_of(struct span key, const struct span *parts, size_t count,
                           struct writer *out);
