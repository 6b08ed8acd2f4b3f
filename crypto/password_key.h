/* The key of a DKEK share file from its password (protocol.md 8.2): OpenSSL's EVP_BytesToKey with
 * MD5, many times over, as sc-hsm-tool fixed it. Not for anything new. */
#pragma once

#include "base/bytes.h"

#define PASSWORD_KEY_SIZE   48 /* AES-256 key, IV */
#define PASSWORD_KEY_ROUNDS 10000000
#define PASSWORD_MAX        256

/* Told now and then how much is done, in thousandths. May be NULL. */
struct password_progress {
    void (*tell)(void *context, unsigned done);
    void *context;
};

/* Of sc-hsm-tool's work per round nothing but the digest itself is done. FAULT_LIBRARY: a password
 * longer than PASSWORD_MAX. */
MUST_CHECK int password_key(struct span password, struct span salt, uint32_t rounds,
                            const struct password_progress *progress,
                            uint8_t out[PASSWORD_KEY_SIZE]);
