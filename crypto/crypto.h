/* The cryptographic provider: kinds of key, each a const struct of functions.
 *
 * A key has two forms. Its *material* is plain bytes, as it is sealed in the store: private and
 * public components, each with a 16-bit length before it (write_counted), in the order the kind's
 * file states. A *live key* is the material made ready for the library. Live keys hold secrets;
 * whoever opens one closes it, and closing wipes. Nothing of OpenSSL crosses this folder's
 * boundary.
 *
 * A kind is one file kind_x.c that ends in its const struct, plus one line in the list in kinds.c.
 */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/curves.h"
#include "crypto/digest.h"

enum key_type { /* what the store holds; never renumbered */
                KEY_RSA = 1,
                KEY_EC = 2,
                KEY_AES = 3,
                KEY_EDWARDS = 4,
                KEY_MONTGOMERY = 5,
};

/* What a key is, apart from its value. */
struct key_spec {
    enum key_type type;
    uint16_t bits;             /* RSA: modulus; on curves: field; AES: key */
    uint32_t exponent;         /* RSA: public exponent, odd and at least 3; else 0 */
    const struct curve *curve; /* EC, Edwards, Montgomery */
};
/* Of a key on this curve. */
struct key_spec key_spec_on(const struct curve *curve);

#define RSA_BITS_MAX  8192
#define RSA_BYTES_MAX (RSA_BITS_MAX / 8)
/* The largest material: RSA-8192 with n, e, d, p, q, dp, dq, qinv. */
#define KEY_MATERIAL_MAX 5200
/* The largest signature, plain text or point that an operation gives. */
#define KEY_RESULT_MAX RSA_BYTES_MAX

/* How an operation treats its input. The card's algorithm table (card-os/algs.c) is made of these.
 */
enum padding {
    PADDING_NONE,  /* RSA: the input is a whole block; EC: ECDSA over the input as hash value;
                      Edwards: EdDSA over the input as message */
    PADDING_PKCS1, /* RSA: EMSA-PKCS1-v1_5 / RSAES-PKCS1-v1_5. A block that is not padded deciphers
                      to some message, always the same: nobody learns that it was bad */
    PADDING_PSS, /* RSA: salt as long as the hash; without a digest, the hash's length says which */
    PADDING_OAEP, /* RSA: no label; without a digest, SHA-256 */
};
/* What a symmetric key does. */
enum cipher_mode {
    MODE_NONE,
    MODE_CBC_ENCRYPT, /* whole blocks, IV zero */
    MODE_CBC_DECRYPT,
    MODE_CMAC,
    MODE_DERIVE, /* 32 bytes from the input */
};
struct scheme {
    enum padding padding;
    enum digest
        digest; /* applied to the input first; DIGEST_NONE: the input is the hash or block */
    enum cipher_mode mode; /* symmetric keys only */
};

enum {                        /* positive results */
       CRYPTO_BAD_INPUT = 60, /* the input does not fit the key: wrong length, block not below the
                                modulus, point off the curve */
       CRYPTO_BAD_KEY,        /* the material, or its parts together, make no key */
       CRYPTO_UNSUPPORTED,    /* this kind does not do this */
       CRYPTO_BAD_SIGNATURE,  /* does not belong to this key and input */
};

struct live_key; /* secret; opaque */

/* Borrowed from the material it was read from. */
struct public_part {
    struct span modulus, exponent; /* RSA: without leading zeros */
    struct span point;             /* EC: 04 || x || y; Edwards, Montgomery: its bytes */
};

/* A key's components by name, as they travel in a wrapped key; borrowed. What a kind does not have,
 * or a form leaves out, has at == NULL. */
struct key_parts {
    struct span n, e, d, p, q, dp, dq, qinv; /* RSA */
    struct span scalar, point;               /* EC: d; 04 || x || y. Edwards, Montgomery: bytes */
    struct span secret;                      /* AES */
};

/* Long work asks now and then whether to go on; false gives FAULT_STOPPED. Called from the thread
 * that does the work. May be NULL: never stop. */
struct patience {
    bool (*go_on)(void *context);
    void *context;
};

/* Operations a kind does not have are NULL. All write results on success only; a result that does
 * not fit leaves `out` full, and nothing of it written. Faults: FAULT_MEMORY, FAULT_LIBRARY. */
struct key_kind {
    enum key_type type;
    const char *name; /* "RSA" */
    /* A fresh key of this spec. RSA has passed a pairwise consistency test; those on curves have
     * not, since that costs as much as the key: it is for the caller to verify a signature of it
     * before it is kept, or to use key_test_pair(). CRYPTO_UNSUPPORTED: no such size, exponent or
     * curve. FAULT_STOPPED. FAULT_BROKEN: it failed the test. */
    int (*generate)(const struct key_spec *spec, const struct patience *patience,
                    struct writer *out_material);
    /* CRYPTO_BAD_KEY. */
    int (*open)(const struct key_spec *spec, struct span material, struct live_key **out);
    /* CRYPTO_BAD_KEY: no material of this spec. */
    int (*public_part)(const struct key_spec *spec, struct span material, struct public_part *out);
    /* EC signatures come as DER SEQUENCE { r, s }; ecdsa_plain() makes r || s of one. Edwards: as
     * RFC 8032 has it. CRYPTO_BAD_INPUT. */
    int (*sign)(struct live_key *key, struct scheme scheme, struct span input, struct writer *out);
    int (*decipher)(struct live_key *key, struct scheme scheme, struct span input,
                    struct writer *out);
    /* The shared point 04 || x || y with the peer's point, or the shared u-coordinate.
     * CRYPTO_BAD_INPUT. */
    int (*agree)(struct live_key *key, struct span peer, struct writer *out);
    /* Material of another key of the same spec, made of this one and a parameter as long as a
     * number of its field. CRYPTO_BAD_INPUT. */
    int (*derive)(struct live_key *key, struct span parameter, struct writer *out_material);
    /* Symmetric keys. CRYPTO_BAD_INPUT. */
    int (*cipher)(struct live_key *key, struct scheme scheme, struct span input,
                  struct writer *out);
    /* All components that the kind has. CRYPTO_BAD_KEY. */
    int (*export)(const struct key_spec *spec, struct span material, struct key_parts *out);
    /* Material from components made elsewhere, after a full check that they are a key, and one key:
     * RSA n, e and d, or n, e, p, q, dp, dq and qinv; on curves both. Leading zeros of numbers are
     * nothing. Fills in what spec does not say (type and curve are given). CRYPTO_BAD_KEY,
     * CRYPTO_UNSUPPORTED. RSA by n, e and d has to find the factors, which takes a second or two:
     * FAULT_STOPPED. */
    int (*import)(struct key_spec *spec, const struct key_parts *parts,
                  const struct patience *patience, struct writer *out_material);
    /* Needs the public part alone. Signatures in the form that sign gives. CRYPTO_BAD_SIGNATURE,
     * CRYPTO_BAD_KEY. */
    int (*verify)(const struct key_spec *spec, const struct public_part *public_part,
                  struct scheme scheme, struct span input, struct span signature);
};

const struct key_kind *key_kind_of(enum key_type type); /* NULL: no such kind */
size_t key_kind_count(void);
const struct key_kind *key_kind_at(size_t index);

/* How a key of this type signs certificates and requests: SHA-256 with PKCS#1 v1.5 or ECDSA
 * (TR-03110-3 D.2), or EdDSA over the message. */
struct scheme key_request_scheme(enum key_type type);
/* The pairwise consistency test: what the material signs, its public part verifies, or, of a kind
 * that only agrees, what it makes of the curve's base point is its public part. FAULT_BROKEN: it
 * does not. */
MUST_CHECK int key_test_pair(const struct key_spec *spec, struct span material);

/* Wipes and forgets; harmless on an empty variable. */
void live_key_close(struct live_key **key);

/* r || s, each of field_size bytes, from DER SEQUENCE { INTEGER r, INTEGER s }. CRYPTO_BAD_INPUT.
 */
MUST_CHECK int ecdsa_plain(struct span der, size_t field_size, struct writer *out);
/* The reverse, of r || s with an even number of bytes. */
void ecdsa_der(struct span plain, struct writer *out);

/* --- Start --- */

/* Before anything else of OpenSSL in this process: its allocations come from the secret heap, so
 * that keys it holds are locked, undumped and wiped. Fault: FAULT_LIBRARY when OpenSSL has already
 * allocated. */
MUST_CHECK int crypto_use_secret_heap(void);
/* Fetches what operations need, once. Call it before any other function of this folder; again is
 * harmless, and good in a new thread: it can then tell a lack of memory. */
MUST_CHECK int crypto_init(void);
/* Known-answer tests of every operation that the card offers (vectors in crypto/known_answers.c),
 * in a few milliseconds. FAULT_BROKEN names the one that failed. */
MUST_CHECK int crypto_self_test(void);
