/* SPDX-License-Identifier: Apache-2.0 */
/* A wrapped key (protocol.md 8.5): a key that leaves a card encrypted under the secret of a key
 * domain. Written byte for byte as other cards of this family write it. Reading also accepts what
 * cards and tools of other makers write: numbers without leading zeros, no padding where none is
 * needed, a wrong OID for AES. */
#pragma once

#include "base/results.h"
#include "crypto/crypto.h"
#include "crypto/kek.h"

/* Types of wrapped keys. A key on an Edwards or Montgomery curve has type EC: A and B are empty,
 * and G, d and Q are encoded as in RFC 7748 and RFC 8032. */
enum key_blob_type { BLOB_RSA = 0x05, BLOB_RSA_CRT = 0x06, BLOB_EC = 0x0C, BLOB_AES = 0x0F };

/* Random bytes before the components, so that two blobs of one key differ. */
#define KEY_BLOB_RANDOM 8
/* The largest blob: RSA-8192, type 06. */
#define KEY_BLOB_MAX 3659

/* Positive results. */
enum {
    /* The blob was not made under this secret, or was altered. */
    KEY_BLOB_FOREIGN = RESULTS_KEY_BLOB,
    KEY_BLOB_MALFORMED, /* the blob is authentic, but holds no key of a supported kind */
};

/* The parts of a blob that can be read without its secret; borrowed. */
struct key_blob {
    struct span check;         /* key check value (KEK_CHECK_SIZE bytes): tells which secret opens
                                  it */
    uint8_t type;              /* a value of enum key_blob_type, or an unknown one */
    struct span algorithms;    /* algorithms allowed for the key; empty: all of its kind */
    struct span cipher;        /* the encrypted components */
    struct span authenticated; /* everything before the MAC */
    struct span mac;
};
MUST_CHECK bool key_blob_read(struct span bytes, struct key_blob *out);

/* The content of a blob: a key to wrap, or an unwrapped one. Components are borrowed from the key's
 * material, or from an opened blob's plain text. */
struct key_blob_key {
    enum key_blob_type type;
    struct key_spec spec; /* after opening: type and curve only; key_kind.import() fills in the
                             rest */
    struct span algorithms;
    struct key_parts parts;
};
/* Wraps a key. random: KEY_BLOB_RANDOM bytes. `full` when out is too small. Returns 0 or a
 * fault. */
MUST_CHECK int key_blob_seal(const struct kek *kek, const struct key_blob_key *key,
                             struct span random, struct writer *out);
/* Verifies and decrypts a blob. The plain text is written to plain, which must outlive the
 * components and which the caller wipes. KEY_BLOB_FOREIGN, KEY_BLOB_MALFORMED. */
MUST_CHECK int key_blob_open(const struct kek *kek, const struct key_blob *blob,
                             struct writer *plain, struct key_blob_key *out);
