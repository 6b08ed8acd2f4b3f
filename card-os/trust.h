/* Whom the card believes: keys with the names that certificates gave them (protocol.md 11.1).
 *
 * Known from the start are the root and the issuer of the device's own certificate, and foreign
 * roots that the owner has put into the store. From there a host leads on, certificate by
 * certificate; what it brought is believed until the session ends. Keys of authorities are on
 * curves; RSA vouches for nobody. */
#pragma once

#include "card-os/command.h"
#include "card-os/state.h"
#include "formats/cvc.h"

/* Finds a key by its holder's name. STORE_ABSENT. */
MUST_CHECK int trust_find(const struct call *c, struct span name, struct holder *out);
/* Our own device, by its certificate. Not through trust_find(), since a host can bring a
 * certificate of the same name. */
MUST_CHECK int trust_own_device(const struct call *c, struct holder *out);
/* What cvc_verify() needs of it; borrowed from the holder. */
struct key_spec holder_spec(const struct holder *holder);
struct public_part holder_key(const struct holder *holder);

/* Verifies a certificate (body, signature) with the key chosen before, and believes its holder for
 * the rest of the session. */
sw trust_import(struct call *c, struct reader *certificate);
/* Whether the request was made in a device whose certificate was imported, or is our own: both
 * signatures hold. */
sw trust_check_request(struct call *c, const struct cvc_request *request);
