/* SPDX-License-Identifier: Apache-2.0 */
/* Card-verifiable certificates and requests (BSI TR-03110-3, appendix C and D), as this family of
 * cards writes them.
 *
 * A certificate is 7F21 { body 7F4E, signature 5F37 } with the signature over the body's whole TLV.
 * An authenticated request is 67 { request 7F21, CAR 42, signature 5F37 } with the outer signature
 * over the request and the CAR. Signatures are made by the caller: this file only knows bytes. */
#pragma once

#include "base/results.h"
#include "crypto/crypto.h"

enum cvc_tag {
    CVC_CERTIFICATE = 0x7F21,
    CVC_BODY = 0x7F4E,
    CVC_PROFILE = 0x5F29,
    CVC_CAR = 0x42,
    CVC_PUBLIC_KEY = 0x7F49,
    CVC_CHR = 0x5F20,
    CVC_CHAT = 0x7F4C,
    CVC_EFFECTIVE = 0x5F25,
    CVC_EXPIRATION = 0x5F24,
    CVC_EXTENSIONS = 0x65,
    CVC_SIGNATURE = 0x5F37,
    CVC_AUTHENTICATED_REQUEST = 0x67,
};

/* Most characters of a name: country code, mnemonic and five digits, which fit the buffers of every
 * host program. */
#define CVC_NAME_MAX 16

/* Bytes of a group's identifier: x || y of its signer's key, which is on a curve of 256 bits. */
#define CVC_GROUP_SIZE 64

/* The role byte of the holder's authorisation. */
enum cvc_role { CVC_DEVICE = 0x00, CVC_ISSUER = 0x80, CVC_ROOT = 0xC0 };

struct cvc_body {
    struct span car;             /* the signing authority's name; absent: at is NULL */
    const struct key_spec *spec; /* parameters of the public key */
    struct public_part key;
    bool domain_parameters; /* EC: write the curve's parameters, not the point alone; other curves
                               always have them */
    struct span chr;        /* the holder's name */
    struct span group;      /* requests for an exchange key only; absent: at is NULL */
    bool request;           /* true: a request, which has none of the members below */
    enum cvc_role role;
    uint64_t effective_ms, expiration_ms; /* Unix epoch; written as days */
};

/* The holder's name in the first of several certificates; at is NULL when there is none. */
struct span cvc_holder(struct span certificates);
/* A holder's name without its sequence number: the serial number that hosts show (protocol.md 1.5).
 * Empty for a name that is too short. */
struct span cvc_serial(struct span holder);

/* Writes the body of a certificate or request; `full` when out is too small. Fault:
 * FAULT_LIBRARY. */
MUST_CHECK int cvc_write_body(const struct cvc_body *body, struct writer *out);

/* The day of a time (milliseconds since the Unix epoch) as certificates write it: YYMMDD as a
 * decimal number, UTC. Later days have larger numbers until 2100. */
uint32_t cvc_day(uint64_t time_ms);

/* The first and the last day on which a certificate is valid, as cvc_day() gives them. */
struct cvc_dates {
    uint32_t effective, expiration;
};
bool cvc_is_valid(struct cvc_dates dates, uint32_t today);
/* The days on which both certificates are valid: from the later first day to the earlier last. */
struct cvc_dates cvc_common_dates(struct cvc_dates a, struct cvc_dates b);

/* --- Reading --- */

/* A certificate or the inner part of a request, not yet verified. Spans are borrowed from what was
 * read. */
struct cvc {
    struct span body; /* with its header, as the signature covers it */
    struct span signature;
    struct span car; /* at is NULL when absent */
    struct span chr;
    struct key_spec spec;
    struct public_part key;
    struct span group; /* the group named in the extension for it; at is NULL when absent */
    bool authorised;   /* true: it has a role and dates, so it is a certificate; false: a request */
    enum cvc_role role;
    struct cvc_dates dates;
};
/* Reads body and signature, without the header 7F21 around them. An EC key without domain
 * parameters is on `inherited`, the issuer's curve; NULL: domain parameters are required. Whether a
 * point is on its curve is checked when it is used. CVC_NO_KEY. Faults: FAULT_MEMORY,
 * FAULT_LIBRARY. */
MUST_CHECK int cvc_read(struct reader *in, const struct curve *inherited, struct cvc *out);

struct cvc_request {
    struct span certificate; /* 7F21 with its header */
    struct cvc inner;
    struct span signed_part; /* certificate and outer CAR, as the outer signature covers them */
    struct span car;         /* name of the signer of the request: the device in which the key was
                                made */
    struct span signature;
};
/* Reads the contents of 67, to their end. CVC_NO_KEY. Faults: FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int cvc_read_request(struct reader *in, struct cvc_request *out);

/* Verifies a signature 5F37: with SHA-256 ECDSA as plain r || s, or RSA PKCS#1 v1.5; or EdDSA.
 * Kinds of key that only agree have no signatures. CRYPTO_BAD_SIGNATURE, CRYPTO_BAD_KEY. Faults:
 * FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int cvc_verify(const struct key_spec *spec, const struct public_part *key,
                          struct span message, struct span signature);

/* The key template of GENERATE ASYMMETRIC KEY PAIR (contents of 7F49): an algorithm identifier,
 * then for RSA exponent 82 (65537 when absent) and size 02 (2048 when absent), for curves the
 * domain parameters. Sizes are checked by the key kind, not here. Reading gives CVC_NO_KEY; faults:
 * FAULT_MEMORY, FAULT_LIBRARY. */
/* Writes a key template: 7F49 with its header. FAULT_LIBRARY. */
MUST_CHECK int cvc_write_key_template(const struct key_spec *spec, struct writer *out);
enum { CVC_NO_KEY = RESULTS_CVC }; /* malformed, another algorithm, or an unknown curve */
MUST_CHECK int cvc_read_key_template(struct reader *in, struct key_spec *out);
