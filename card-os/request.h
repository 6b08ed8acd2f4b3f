/* The authenticated certificate request that GENERATE answers with (protocol.md 5.1). */
#pragma once

#include "card-os/keys.h"

struct request {
    const struct key_spec *spec;
    struct span material; /* of the new key, which signs the request */
    struct span car, chr; /* as the host gave them; car may be absent */
};

/* 67 { 7F21 { body, signature by the new key }, the device's name, signature by the device key }.
 */
sw request_write(struct call *c, const struct request *request, struct writer *out);
