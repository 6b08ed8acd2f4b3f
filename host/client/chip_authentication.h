/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of chip authentication (protocol.md 11.2): a key pair of ours for one use, and
 * the secret that it agrees on with the key in the card's certificate. */
#pragma once

#include "host/client/device_chain.h"

/* The result of one key agreement. Secret: declare it SCOPED(chip_authentication_wipe). */
struct chip_authentication {
    uint8_t material[128], point[CURVE_POINT_MAX], shared[CURVE_POINT_MAX];
    const struct curve *curve; /* of the card's key */
    struct span own, x;        /* own: our point; x: the shared point's x-coordinate */
};
void chip_authentication_wipe(struct chip_authentication *meeting);

/* Agrees with the card's point `peer` on this curve. CRYPTO_BAD_INPUT: the point is not on it.
 * Faults: FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int chip_authentication_on(struct span peer, const struct curve *curve,
                                      struct chip_authentication *out);
/* Agrees with the device in these certificates (file 2F02) without verifying them; the curve is the
 * one on which its point lies. CHAIN_BROKEN: no certificate with such a point. Faults:
 * FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int chip_authentication_unverified(struct span certificates,
                                              struct chip_authentication *out);
