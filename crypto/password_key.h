/* SPDX-License-Identifier: Apache-2.0 */
/* Derives the key of a DKEK share file from its password (protocol.md 8.2): OpenSSL's
 * EVP_BytesToKey with MD5 and many rounds, as sc-hsm-tool defines it. Weak by today's standards: do
 * not use it for new formats. */
#pragma once

#include "base/bytes.h"

#define PASSWORD_KEY_SIZE   48 /* an AES-256 key and an IV */
#define PASSWORD_KEY_ROUNDS 10000000
#define PASSWORD_MAX        256

/* Called from time to time with the progress in thousandths (0 to 1000). May be NULL. */
struct password_progress {
    void (*tell)(void *context, unsigned done);
    void *context;
};

/* Gives the key that sc-hsm-tool derives, in less time: of its work per round only the digest
 * itself is done. FAULT_LIBRARY: the password is longer than PASSWORD_MAX. */
MUST_CHECK int password_key(struct span password, struct span salt, uint32_t rounds,
                            const struct password_progress *progress,
                            uint8_t out[PASSWORD_KEY_SIZE]);
