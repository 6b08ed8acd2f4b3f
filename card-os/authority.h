/* Who vouches for devices: a root, and an issuer under it that signs their certificates.
 *
 * Each new token gets one of its own whose keys are wiped at once, unless it is given that of an
 * installation: then the tokens of the installation trust each other's chains. */
#pragma once

#include "base/results.h"
#include "crypto/crypto.h"
#include "formats/cvc.h"

/* The curve of the family's device keys (protocol.md 6.1). */
#define AUTHORITY_CURVE "brainpoolP256r1"
/* Of one certificate; a root states its curve. */
#define AUTHORITY_CERTIFICATE_MAX 512

/* A key with the name it goes by in certificates. */
struct party {
    struct key_spec spec;
    struct secret material;
    size_t material_size;
    struct live_key *live; /* NULL: the key is not at hand */
    uint8_t name[CVC_NAME_MAX];
};
/* A fresh key on this curve; NULL: the family's, AUTHORITY_CURVE. Country ZZ belongs to nobody, and
 * a hash of the key keeps names of different installations apart: none of ours is ever taken for
 * the vendor's. */
MUST_CHECK int party_init(struct party *party, const char prefix[4 + 1], const struct curve *curve);
void party_deinit(struct party *party);
struct span party_material(const struct party *party);

/* Zeroed, authority_deinit() is harmless. */
struct authority {
    struct party root, issuer;
    struct authority_certificate {
        uint8_t bytes[AUTHORITY_CERTIFICATE_MAX];
        size_t size;
    } root_certificate, issuer_certificate; /* 7F21, whole */
};

/* A new root, and an issuer under it, on this curve or (NULL) the family's. Faults: FAULT_MEMORY,
 * FAULT_LIBRARY. */
MUST_CHECK int authority_make(struct authority *out, const struct curve *curve, uint64_t now_ms);
/* From what was kept of it: two certificates, and the issuer's key. The root's key is not needed.
 * AUTHORITY_MALFORMED, AUTHORITY_BROKEN, AUTHORITY_WRONG_KEY, AUTHORITY_OUTDATED. Faults as above.
 */
enum {
    AUTHORITY_MALFORMED = RESULTS_AUTHORITY, /* these are no certificates of a root and an issuer */
    AUTHORITY_BROKEN,                        /* a signature does not verify, or names do not fit */
    AUTHORITY_WRONG_KEY,                     /* the key is not the issuer's */
    AUTHORITY_OUTDATED,                      /* a certificate is not valid now */
};
MUST_CHECK int authority_open(struct authority *out, struct span root, struct span issuer,
                              struct span issuer_key, uint64_t now_ms);
/* One sentence. */
const char *authority_text(int result);
void authority_deinit(struct authority *authority);

struct span authority_root(const struct authority *authority);
struct span authority_issuer(const struct authority *authority);

/* Appends a device's certificate, signed by the issuer. */
MUST_CHECK int authority_certify(const struct authority *authority, const struct party *device,
                                 uint64_t now_ms, struct writer *out);

/* Whether this is the certificate (7F21, whole) of a root that signed itself, valid or not today.
 * AUTHORITY_MALFORMED, AUTHORITY_BROKEN. What is read is borrowed. Faults as above. */
MUST_CHECK int authority_read_root(struct span certificate, struct cvc *out);
