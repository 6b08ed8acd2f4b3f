/* Card-verifiable certificates and requests (BSI TR-03110-3, appendix C and D), as this family of
 * cards writes them.
 *
 * A certificate is 7F21 { body 7F4E, signature 5F37 } with the signature over the body's whole TLV.
 * An authenticated request is 67 { request 7F21, CAR 42, signature 5F37 } with the outer signature
 * over the request and the CAR. Signatures are made by the caller: this file only knows bytes. */
#pragma once

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

/* Country code, mnemonic and five digits: at most 16 characters on every host's buffers. */
#define CVC_NAME_MAX 16

/* Of the identifier of a group of devices: x || y of its signer's key, on a curve of 256 bits. */
#define CVC_GROUP_SIZE 64

/* The role byte of the holder's authorisation. */
enum cvc_role { CVC_DEVICE = 0x00, CVC_ISSUER = 0x80, CVC_ROOT = 0xC0 };

struct cvc_body {
    struct span car;             /* authority that signs; absent: at is NULL */
    const struct key_spec *spec; /* of the public key */
    struct public_part key;
    bool domain_parameters; /* EC: with the curve's parameters, or the point alone; of the other
                               curves they are always there */
    struct span chr;        /* holder */
    struct span group;      /* of a request for an exchange key; absent: at is NULL */
    bool request;           /* a request ends here; a certificate goes on: */
    enum cvc_role role;
    uint64_t effective_ms, expiration_ms; /* Unix epoch; written as days */
};

/* The holder's name in the first of the certificates; at is NULL when there is none. */
struct span cvc_holder(struct span certificates);
/* A holder's name without its sequence number: the serial number that hosts show (protocol.md 1.5).
 * Empty for a name that is too short. */
struct span cvc_serial(struct span holder);

/* Fault: FAULT_LIBRARY. `full` when out is too small. */
MUST_CHECK int cvc_write_body(const struct cvc_body *body, struct writer *out);

/* The day of a time as certificates write it: YYMMDD as a decimal number, UTC. Grows with time
 * until 2100. */
uint32_t cvc_day(uint64_t time_ms);

/* --- Reading --- */

/* A certificate or the inner part of a request, not yet verified. Spans are borrowed from what was
 * read. */
struct cvc {
    struct span body; /* with its header: what the signature covers */
    struct span signature;
    struct span car; /* at is NULL when absent */
    struct span chr;
    struct key_spec spec;
    struct public_part key;
    struct span group; /* that the extension for it names; at is NULL when absent */
    bool authorised;   /* has a role and dates: a certificate; else a request */
    enum cvc_role role;
    uint32_t effective, expiration; /* days, as cvc_day() gives them */
};
/* Body and signature, without the header 7F21 around them. An EC key without domain parameters is
 * on `inherited`, its issuer's curve; NULL: it must have them. Points are checked when used.
 * CVC_NO_KEY. Faults: FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int cvc_read(struct reader *in, const struct curve *inherited, struct cvc *out);

struct cvc_request {
    struct span certificate; /* 7F21 with its header */
    struct cvc inner;
    struct span signed_part; /* certificate and outer CAR, as the outer signature covers them */
    struct span car;         /* who vouches: the device in which the key was made */
    struct span signature;
};
/* The contents of 67, to their end. CVC_NO_KEY. Faults as above. */
MUST_CHECK int cvc_read_request(struct reader *in, struct cvc_request *out);

/* A signature 5F37: with SHA-256 ECDSA as plain r || s, or RSA PKCS#1 v1.5; or EdDSA. Kinds that
 * only agree sign nothing. CRYPTO_BAD_SIGNATURE, CRYPTO_BAD_KEY. Faults: FAULT_MEMORY,
 * FAULT_LIBRARY. */
MUST_CHECK int cvc_verify(const struct key_spec *spec, const struct public_part *key,
                          struct span message, struct span signature);

/* The key template of GENERATE ASYMMETRIC KEY PAIR (contents of 7F49): an algorithm identifier,
 * then for RSA exponent 82 (65537 when absent) and size 02 (2048 when absent), for curves the
 * domain parameters. Sizes are checked by the key kind, not here. CVC_NO_KEY. Faults: FAULT_MEMORY,
 * FAULT_LIBRARY. */
/* Writes such a template, 7F49 with its header. FAULT_LIBRARY. */
MUST_CHECK int cvc_write_key_template(const struct key_spec *spec, struct writer *out);
enum { CVC_NO_KEY = 1 }; /* malformed, a foreign algorithm or an unknown curve */
MUST_CHECK int cvc_read_key_template(struct reader *in, struct key_spec *out);
