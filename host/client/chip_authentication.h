/* Chip authentication as the host does it (protocol.md 11.2): a key of ours for this once, and what
 * it gives with the key of the card's certificate. */
#pragma once

#include "host/client/device_chain.h"

/* Secret: declare it SCOPED(chip_authentication_wipe). */
struct chip_authentication {
    uint8_t material[128], point[CURVE_POINT_MAX], shared[CURVE_POINT_MAX];
    const struct curve *curve; /* of the card's key */
    struct span own, x;        /* our point; the shared point's x-coordinate */
};
void chip_authentication_wipe(struct chip_authentication *meeting);

/* With the card's point. CRYPTO_BAD_INPUT: it is not on this curve. Faults: FAULT_MEMORY,
 * FAULT_LIBRARY. */
MUST_CHECK int chip_authentication_on(struct span peer, const struct curve *curve,
                                      struct chip_authentication *out);
/* With the device of these certificates (file 2F02), whoever it is: the curve is the one on which
 * its point lies. CHAIN_BROKEN. Faults as above. */
MUST_CHECK int chip_authentication_unverified(struct span certificates,
                                              struct chip_authentication *out);
