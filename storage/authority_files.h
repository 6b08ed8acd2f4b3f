/* SPDX-License-Identifier: Apache-2.0 */
/* The files of an authority, which issues the device certificates of an installation's tokens:
 *
 *   root.cvc, issuer.cvc    certificates as tokens and hosts exchange them; root.cvc is public
 *   issuer.key              signs the certificates of new tokens
 *   root.key                signs new issuers; keep it elsewhere: it is written but never read here
 *
 * A key file holds the key material (crypto/crypto.h) as one line of hexadecimal digits, mode
 * 0600. */
#pragma once

#include "base/secret.h"

#define AUTHORITY_FILE_MAX 512 /* bytes of a certificate */
#define AUTHORITY_KEY_MAX  512 /* bytes of a key's material */

struct authority_files {
    uint8_t root_bytes[AUTHORITY_FILE_MAX], issuer_bytes[AUTHORITY_FILE_MAX];
    struct span root, issuer, issuer_key; /* point into this struct */
    struct secret key_room;
};
/* Reads the two certificates and the issuer's key. `out` must be zeroed before. FAULT_DISK: a file
 * is missing, malformed, or a key that others may read; the cause says which. FAULT_MEMORY. */
MUST_CHECK int authority_files_read(const char *folder, struct authority_files *out);
void authority_files_deinit(struct authority_files *files);

/* Makes the folder (mode 0700) if it is missing, and the files in it, synced. Existing files are
 * never replaced. FAULT_DISK; files made so far are removed then. */
struct authority_content {
    struct span root, issuer, issuer_key, root_key;
};
MUST_CHECK int authority_files_write(const char *folder, const struct authority_content *content);
