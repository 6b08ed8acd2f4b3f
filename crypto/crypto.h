/* SPDX-License-Identifier: Apache-2.0 */
/* The cryptographic provider: kinds of key, each a const struct of functions.
 *
 * A key has two forms. Its *material* is plain bytes, which the store seals: private and public
 * components, each with a 16-bit length before it (write_counted), in the order that the kind's
 * file states. A *live key* is the material loaded into the library for use. Live keys hold
 * secrets; whoever opens one closes it, and closing wipes. No OpenSSL type leaves this folder.
 *
 * A kind is one file kind_x.c that ends in its const struct, and one line in the list in
 * kinds.h. */
#pragma once

#include "base/bytes.h"
#include "base/results.h"
#include "base/secret.h"
#include "crypto/curves.h"
#include "crypto/hash.h"

enum key_type { /* stored in the store, so never renumbered */
                KEY_RSA = 1,
                KEY_EC = 2,
                KEY_AES = 3,
                KEY_EDWARDS = 4,
                KEY_MONTGOMERY = 5,
};

/* Type and parameters of a key, without its value. */
struct key_spec {
    enum key_type type;
    uint16_t bits;             /* RSA: modulus; on curves: field; AES: key */
    uint32_t exponent;         /* RSA: public exponent, odd and at least 3; else 0 */
    const struct curve *curve; /* EC, Edwards, Montgomery */
};
/* The spec of keys on this curve. */
struct key_spec key_spec_on(const struct curve *curve);

#define RSA_BITS_MAX  8192
#define RSA_BYTES_MAX (RSA_BITS_MAX / 8)
/* The largest material: RSA-8192 with n, e, d, p, q, dp, dq, qinv. */
#define KEY_MATERIAL_MAX 5200
/* The largest result of an operation: signature, plain text or point. */
#define KEY_RESULT_MAX RSA_BYTES_MAX

/* How an asymmetric operation pads its input. The card's algorithm table (card-os/algs.c) is made
 * of these. */
enum padding {
    PADDING_NONE,  /* RSA: the input is a whole block; EC: ECDSA over the input as hash value;
                      Edwards: EdDSA over the input as message */
    PADDING_PKCS1, /* RSA: EMSA-PKCS1-v1_5 / RSAES-PKCS1-v1_5. A block with wrong padding deciphers
                      to a message that is always the same for it, so that nobody learns that it was
                      wrong (rejection.h) */
    PADDING_PSS,  /* RSA: salt as long as the hash; without a digest, the input's length tells which
                    hash it is */
    PADDING_OAEP, /* RSA: empty label; without a digest, SHA-256 */
};
/* Operations of a symmetric key. */
enum cipher_mode {
    MODE_NONE,
    MODE_CBC_ENCRYPT, /* whole blocks, with an IV of zero */
    MODE_CBC_DECRYPT,
    MODE_CMAC,
    MODE_DERIVE, /* derives 32 bytes from the input */
};
struct scheme {
    enum padding padding;
    enum digest
        digest; /* applied to the input first; DIGEST_NONE: the input is the hash or block */
    enum cipher_mode mode; /* symmetric keys only */
};

/* Positive results. */
enum {
    /* The input does not fit the key: wrong length, block not below the modulus, point off the
     * curve. */
    CRYPTO_BAD_INPUT = RESULTS_CRYPTO,
    CRYPTO_BAD_KEY,       /* the material, or its parts together, make no key */
    CRYPTO_UNSUPPORTED,   /* this kind does not do this */
    CRYPTO_BAD_SIGNATURE, /* the signature was not made by this key over this input */
};

struct live_key; /* secret; opaque */

/* The public part of a key; borrowed from the material it was read from. */
struct public_part {
    struct span modulus, exponent; /* RSA: without leading zeros */
    struct span point;             /* EC: 04 || x || y; Edwards, Montgomery: the key as RFC 8032 and
                                      RFC 7748 encode it */
};

/* A key's components by name, as a wrapped key holds them; borrowed. A component that the kind does
 * not have, or that was left out, has at == NULL. */
struct key_parts {
    struct span n, e, d, p, q, dp, dq, qinv; /* RSA */
    struct span scalar, point;               /* EC: d; 04 || x || y. Edwards, Montgomery: bytes */
    struct span secret;                      /* AES */
};

/* Lets long work be stopped: it calls go_on from time to time, on the thread that does the work,
 * and ends with FAULT_STOPPED when that returns false. A NULL pointer means never stop. */
struct patience {
    bool (*go_on)(void *context);
    void *context;
};

/* The functions of a kind. Those that it does not offer are NULL. Results are written on success
 * only; a result that does not fit sets out->full, and nothing of it is written. Faults:
 * FAULT_MEMORY, FAULT_LIBRARY. */
struct key_kind {
    enum key_type type;
    const char *name; /* "RSA" */
    bool on_curves;   /* its keys are on curves, all of this form: */
    enum curve_form form;
    /* How its keys sign certificates and requests: SHA-256 with PKCS#1 v1.5 or ECDSA (TR-03110-3
     * D.2), or EdDSA over the message. Of kinds that sign. */
    struct scheme request_scheme;
    /* Makes a new key of this spec. RSA keys have passed a pairwise consistency test. Keys on
     * curves have not, since the test costs as much as making the key: the caller must verify one
     * of its signatures before it is kept, or call key_test_pair(). CRYPTO_UNSUPPORTED: no such
     * size, exponent or curve. FAULT_STOPPED. FAULT_BROKEN: it failed the test. */
    int (*generate)(const struct key_spec *spec, const struct patience *patience,
                    struct writer *out_material);
    /* Makes a live key from material, for the caller to close. CRYPTO_BAD_KEY. */
    int (*open)(const struct key_spec *spec, struct span material, struct live_key **out);
    /* Finds the public part in material. CRYPTO_BAD_KEY: the material does not fit the spec. */
    int (*public_part)(const struct key_spec *spec, struct span material, struct public_part *out);
    /* Signs. EC signatures are DER SEQUENCE { r, s }; ecdsa_plain() makes r || s of one. Edwards
     * signatures are encoded as in RFC 8032. CRYPTO_BAD_INPUT. */
    int (*sign)(struct live_key *key, struct scheme scheme, struct span input, struct writer *out);
    int (*decipher)(struct live_key *key, struct scheme scheme, struct span input,
                    struct writer *out);
    /* Key agreement: the shared point 04 || x || y with the peer's point, or on Montgomery curves
     * the shared u-coordinate. CRYPTO_BAD_INPUT. */
    int (*agree)(struct live_key *key, struct span peer, struct writer *out);
    /* Derives the material of another key of the same spec from this key and a parameter, which is
     * as long as a number of the curve's field. CRYPTO_BAD_INPUT. */
    int (*derive)(struct live_key *key, struct span parameter, struct writer *out_material);
    /* Operations of symmetric keys: scheme.mode says which. CRYPTO_BAD_INPUT. */
    int (*cipher)(struct live_key *key, struct scheme scheme, struct span input,
                  struct writer *out);
    /* Finds all components in material. CRYPTO_BAD_KEY. */
    int (*to_parts)(const struct key_spec *spec, struct span material, struct key_parts *out);
    /* Makes material from components made elsewhere, after a full check that they are valid and
     * belong to one key: for RSA n, e and d, or n, e, p, q, dp, dq and qinv; on curves private and
     * public component. Leading zeros of numbers are ignored. spec holds type and curve; the rest
     * of it is filled in. CRYPTO_BAD_KEY, CRYPTO_UNSUPPORTED. RSA from n, e and d has to find the
     * factors, which takes a second or two: FAULT_STOPPED. */
    int (*import)(struct key_spec *spec, const struct key_parts *parts,
                  const struct patience *patience, struct writer *out_material);
    /* Verifies a signature, in the form that `sign` gives. CRYPTO_BAD_SIGNATURE, CRYPTO_BAD_KEY. */
    int (*verify)(const struct key_spec *spec, const struct public_part *public_part,
                  struct scheme scheme, struct span input, struct span signature);
};

const struct key_kind *key_kind_of(enum key_type type); /* NULL: no such kind */
size_t key_kind_count(void);
const struct key_kind *key_kind_at(size_t index);

/* Whether a key of this spec can be: its type is known, and the curve has the form that the type
 * needs. Sizes are checked by the kind's functions. */
bool key_spec_is_known(const struct key_spec *spec);
/* Pairwise consistency test, which a key pair must pass before it is kept (FIPS 140-3 requires it
 * for every generated pair). Kinds that sign: the public part must verify what the material signs.
 * Kinds that decipher: encrypting again what was deciphered must give the cipher text. Kinds that
 * only agree: the private part times the base point must be the public part. Uses the material
 * itself, as it will be stored. FAULT_BROKEN: the test failed. */
MUST_CHECK int key_test_pair(const struct key_spec *spec, struct span material);

/* Closes and wipes a live key; harmless on an empty variable. */
void live_key_close(struct live_key **key);

/* Writes r || s, each of field_size bytes, from DER SEQUENCE { INTEGER r, INTEGER s }.
 * CRYPTO_BAD_INPUT. */
MUST_CHECK int ecdsa_plain(struct span der, size_t field_size, struct writer *out);
/* Writes DER SEQUENCE { INTEGER r, INTEGER s } from r || s with an even number of bytes. */
void ecdsa_der(struct span plain, struct writer *out);

/* --- Start --- */

/* Makes OpenSSL allocate from the secret heap, so that keys that it holds are locked, left out of
 * core dumps and wiped. Call it before any other use of OpenSSL in this process. FAULT_LIBRARY:
 * OpenSSL has already allocated memory. */
MUST_CHECK int crypto_use_secret_heap(void);
/* Fetches the algorithms and curves that operations need from OpenSSL. Call it before any other
 * function of this folder. Calling it again is harmless, and recommended in each new thread:
 * OpenSSL can then report a lack of memory there. */
MUST_CHECK int crypto_init(void);
/* Runs known-answer tests of every operation that the card offers (vectors in
 * crypto/known_answers.c); takes a few milliseconds. FAULT_BROKEN: the cause names the one that
 * failed. */
MUST_CHECK int crypto_self_test(void);
