/* A wrapped key (protocol.md 8.5): what leaves a card under the secret of a key domain, byte for
 * byte as the family writes it. Also what a card or a tool of another maker has written: numbers
 * without their leading zeros, no padding where none is needed, a wrong OID for AES. */
#pragma once

#include "crypto/crypto.h"
#include "crypto/kek.h"

/* Keys on Edwards and Montgomery curves travel as EC: A and B empty, G, d and Q the bytes that RFC
 * 7748 and RFC 8032 write. */
enum key_blob_type { BLOB_RSA = 0x05, BLOB_RSA_CRT = 0x06, BLOB_EC = 0x0C, BLOB_AES = 0x0F };

#define KEY_BLOB_RANDOM 8 /* bytes before the components, so that equal keys differ */
/* RSA-8192 of type 06. */
#define KEY_BLOB_MAX 3659

enum {                         /* positive results */
       KEY_BLOB_FOREIGN = 120, /* not made under this secret, or altered */
       KEY_BLOB_MALFORMED,     /* authentic, but no key of a kind that we have */
};

/* What a blob says without its secret; borrowed. */
struct key_blob {
    struct span check;         /* KEK_CHECK_SIZE bytes: which secret opens it */
    uint8_t type;              /* of enum key_blob_type, or unknown */
    struct span algorithms;    /* allowed for the key; empty: all of its kind */
    struct span cipher;        /* the components */
    struct span authenticated; /* everything before the MAC */
    struct span mac;
};
MUST_CHECK bool key_blob_read(struct span bytes, struct key_blob *out);

/* A key on its way. Components are borrowed, from material or from an opened blob's plain text. */
struct key_blob_key {
    enum key_blob_type type;
    struct key_spec spec; /* read back: type and curve; the rest follows from the components */
    struct span algorithms;
    struct key_parts parts;
};
/* random: KEY_BLOB_RANDOM bytes. `full` when out is too small. Faults alone. */
MUST_CHECK int key_blob_seal(const struct kek *kek, const struct key_blob_key *key,
                             struct span random, struct writer *out);
/* Decrypts to plain, which must outlive the components and is the caller's to wipe.
 * KEY_BLOB_FOREIGN, KEY_BLOB_MALFORMED. */
MUST_CHECK int key_blob_open(const struct kek *kek, const struct key_blob *blob,
                             struct writer *plain, struct key_blob_key *out);
