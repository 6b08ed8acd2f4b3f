/* The folder of an authority, the one that vouches for the tokens of an installation:
 *
 *   root.cvc, issuer.cvc    certificates, as they travel; root.cvc is for everybody
 *   issuer.key              signs the certificates of new tokens
 *   root.key                signs new issuers: to be kept elsewhere, nothing here reads it
 *
 * A key is its material (crypto/crypto.h) as a line of hexadecimal digits, mode 0600. */
#pragma once

#include "base/secret.h"

#define AUTHORITY_FILE_MAX 512 /* of a certificate */
#define AUTHORITY_KEY_MAX  512 /* of a key, in bytes */

struct authority_files {
    uint8_t root_bytes[AUTHORITY_FILE_MAX], issuer_bytes[AUTHORITY_FILE_MAX];
    struct span root, issuer, issuer_key; /* into this struct */
    struct secret key_room;
};
/* Zeroed before. FAULT_DISK says in its cause what is wrong, be it a key that others may read;
 * FAULT_MEMORY. */
MUST_CHECK int authority_files_read(const char *folder, struct authority_files *out);
void authority_files_deinit(struct authority_files *files);

/* Makes the folder (mode 0700), if need be, and the files in it, synced. Files that are there are
 * never replaced. FAULT_DISK; what was begun is removed then. */
struct authority_content {
    struct span root, issuer, issuer_key, root_key;
};
MUST_CHECK int authority_files_write(const char *folder, const struct authority_content *content);
