/* SPDX-License-Identifier: Apache-2.0 */
/* The file with one share of a DKEK, encrypted under a password (protocol.md 8.2), which
 * sc-hsm-tool reads and writes as .pbe. */
#pragma once

#include "base/results.h"
#include "crypto/kek.h"
#include "crypto/password_key.h"

#define DKEK_SHARE_FILE 64
#define DKEK_SHARE_SALT 8

enum { DKEK_SHARE_WRONG = RESULTS_DKEK_SHARE }; /* the file was not encrypted under this password */

/* The salt of a file, borrowed; false when the bytes are not such a file. */
MUST_CHECK bool dkek_share_salt(struct span file, struct span *out);
/* Encrypts a share of KEK_SIZE bytes. key: the result of password_key() for password and salt. */
MUST_CHECK int dkek_share_seal(const uint8_t key[PASSWORD_KEY_SIZE], struct span salt,
                               struct span share, struct writer *out_file);
/* Decrypts a share. DKEK_SHARE_WRONG; a wrong password goes unnoticed with a probability of
 * 2^-128. */
MUST_CHECK int dkek_share_open(const uint8_t key[PASSWORD_KEY_SIZE], struct span file,
                               struct writer *out_share);
