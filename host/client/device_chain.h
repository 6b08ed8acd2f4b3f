/* SPDX-License-Identifier: Apache-2.0 */
/* Which device a card is: the certificates in file 2F02 (protocol.md 6.2), verified from a root
 * that the owner trusts. */
#pragma once

#include "base/results.h"
#include "formats/cvc.h"

/* the certificates do not lead to this root, or are outside their dates */
enum { CHAIN_BROKEN = RESULTS_DEVICE_CHAIN };

/* Verifies the device's and the issuer's certificate, which stand one after the other in
 * `certificates`, up to the root's. today: cvc_day(). *out_device is the device's certificate,
 * borrowed from `certificates`. CHAIN_BROKEN. Faults of cvc_read() and cvc_verify(). */
MUST_CHECK int device_chain_verify(struct span certificates, struct span root, uint32_t today,
                                   struct cvc *out_device);
/* Reads the device's certificate without verifying it; the curve is used where the certificate does
 * not name its own. CHAIN_BROKEN: there is no such certificate. */
MUST_CHECK int device_chain_read(struct span certificates, const struct curve *curve,
                                 struct cvc *out_device);
