/* Whom a card is: the certificates in file 2F02 (protocol.md 6.2), checked from a root that the
 * owner trusts. */
#pragma once

#include "formats/cvc.h"

enum { CHAIN_BROKEN = 120 }; /* does not lead to this root, or is outside its dates */

/* Device and issuer certificate, one after the other, and the root's. today: cvc_day(). Gives the
 * device's, borrowed from `certificates`. CHAIN_BROKEN. Faults of cvc_read() and cvc_verify(). */
MUST_CHECK int device_chain_verify(struct span certificates, struct span root, uint32_t today,
                                   struct cvc *out_device);
/* The device's certificate without a proof, should its key be on this curve where it does not say.
 * CHAIN_BROKEN: none of this form. */
MUST_CHECK int device_chain_read(struct span certificates, const struct curve *curve,
                                 struct cvc *out_device);
