/* The authenticated certificate request that GENERATE answers with (protocol.md 5.1). */
#pragma once

#include "card-os/keys.h"

struct request {
    const struct key_spec *spec;
    struct span material; /* of the new key, which signs the request */
    struct span car, chr; /* as the host gave them; car may be absent */
    struct span group;    /* of an exchange key: exchange.h */
};

/* 67 { 7F21 { body, signature by the new key }, the device's name, signature by the device key }.
 * Where the new key cannot sign (X25519, X448), its signature is empty.
 *
 * This is also the pairwise consistency test of the new key: its signature is verified before it
 * leaves, and a key that fails is a fault, which takes all of the command back. */
sw request_write(struct call *c, const struct request *request, struct writer *out);
/* The 7F21 alone, for a key that was not generated here: the device vouches for no such key, of
 * which somebody may know the secret half. */
sw request_write_plain(struct call *c, const struct request *request, struct writer *out);
