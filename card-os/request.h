/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the authenticated certificate request that GENERATE answers with (protocol.md 5.1). */
#pragma once

#include "card-os/keys.h"

struct request {
    const struct key_spec *spec;
    struct span material; /* of the new key, which signs the request */
    struct span car, chr; /* names of issuer and holder, as the host gave them; car may be absent */
    struct span group;    /* of an exchange key (exchange.h); absent: at is NULL */
};

/* Appends 67 { 7F21 { body, signature by the new key }, the device's name, signature by the device
 * key }. Where the new key cannot sign (X25519, X448), its signature is empty.
 *
 * This is also the pairwise consistency test of the new key: its signature is verified before it is
 * written, and a key that fails is a fault, for which the whole command is taken back. */
sw request_write(struct call *c, const struct request *request, struct writer *out);
/* Appends the 7F21 alone, for a derived key. The device does not sign it, since somebody may know
 * the secret half of a key that was not generated here. Tests the key as request_write() does. */
sw request_write_plain(struct call *c, const struct request *request, struct writer *out);
