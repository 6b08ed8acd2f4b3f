/* SPDX-License-Identifier: Apache-2.0 */
/* A certification authority: a root, and an issuer under it, which signs the certificates of
 * devices.
 *
 * A new token gets an authority of its own, whose keys are wiped once its device is certified; or
 * it is certified by the authority of an installation, whose tokens then trust each other's
 * chains. */
#pragma once

#include "base/results.h"
#include "crypto/crypto.h"
#include "formats/cvc.h"

/* The curve of the family's device keys (protocol.md 6.1). */
#define AUTHORITY_CURVE "brainpoolP256r1"
/* Bytes of one certificate; that of a root is longest, because it states its curve. */
#define AUTHORITY_CERTIFICATE_MAX 512

/* A key with the name it goes by in certificates. */
struct party {
    struct key_spec spec;
    struct secret material;
    size_t material_size;
    struct live_key *live; /* NULL: the key is not at hand */
    uint8_t name[CVC_NAME_MAX];
};
/* Makes a key on this curve (NULL: AUTHORITY_CURVE) and its name: the prefix, seven digits of a
 * hash of the key, a sequence number. Prefixes begin with ZZ, a country code that is not assigned,
 * so that no name is taken for one of the vendor's. Faults: FAULT_MEMORY, FAULT_LIBRARY,
 * FAULT_BROKEN. */
MUST_CHECK int party_init(struct party *party, const char prefix[4 + 1], const struct curve *curve);
void party_deinit(struct party *party);
/* The secret half of the key; borrowed. */
struct span party_material(const struct party *party);

/* Starts as { 0 }; authority_deinit() is harmless then. */
struct authority {
    struct party root, issuer;
    struct authority_certificate {
        uint8_t bytes[AUTHORITY_CERTIFICATE_MAX];
        size_t size;
    } root_certificate, issuer_certificate; /* 7F21, whole */
};

/* Makes a root, and an issuer under it, on this curve (NULL: AUTHORITY_CURVE). Their certificates
 * are valid for 20 years from now_ms. Faults: FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int authority_make(struct authority *out, const struct curve *curve, uint64_t now_ms);
/* Opens an authority from what was kept of it: the two certificates (7F21, whole) and the issuer's
 * key. The root's key is not needed, and out->root stays empty. AUTHORITY_MALFORMED,
 * AUTHORITY_BROKEN, AUTHORITY_WRONG_KEY, AUTHORITY_OUTDATED. Faults as above. */
enum {
    AUTHORITY_MALFORMED = RESULTS_AUTHORITY, /* these are no certificates of a root and an issuer */
    AUTHORITY_BROKEN,                        /* a signature does not verify, or names do not fit */
    AUTHORITY_WRONG_KEY,                     /* the key is not the issuer's */
    AUTHORITY_OUTDATED,                      /* a certificate is not valid now */
};
MUST_CHECK int authority_open(struct authority *out, struct span root, struct span issuer,
                              struct span issuer_key, uint64_t now_ms);
/* One sentence about a result of authority_open(). */
const char *authority_text(int result);
void authority_deinit(struct authority *authority);

/* The certificates of root and issuer; borrowed from the authority. */
struct span authority_root(const struct authority *authority);
struct span authority_issuer(const struct authority *authority);

/* Appends a device's certificate (7F21, whole), signed by the issuer and valid for 20 years.
 * Faults: FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int authority_certify(const struct authority *authority, const struct party *device,
                                 uint64_t now_ms, struct writer *out);

/* Reads the certificate (7F21, whole) of a root and verifies its signature of itself; its dates are
 * not checked. AUTHORITY_MALFORMED, AUTHORITY_BROKEN. *out borrows from the certificate. Faults:
 * FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int authority_read_root(struct span certificate, struct cvc *out);
