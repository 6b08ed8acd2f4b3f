/* A file with one share of a DKEK, encrypted under a password (protocol.md 8.2): what sc-hsm-tool
 * reads and writes as .pbe. */
#pragma once

#include "crypto/kek.h"
#include "crypto/password_key.h"

#define DKEK_SHARE_FILE 64
#define DKEK_SHARE_SALT 8

enum { DKEK_SHARE_WRONG = 1 }; /* not made with this password */

/* The salt of a file, borrowed; false for what is no such file. */
MUST_CHECK bool dkek_share_salt(struct span file, struct span *out);
/* key: by password_key() from password and salt. share: KEK_SIZE bytes. */
MUST_CHECK int dkek_share_seal(const uint8_t key[PASSWORD_KEY_SIZE], struct span salt,
                               struct span share, struct writer *out_file);
/* DKEK_SHARE_WRONG; one wrong password of 2^128 passes. */
MUST_CHECK int dkek_share_open(const uint8_t key[PASSWORD_KEY_SIZE], struct span file,
                               struct writer *out_share);
