/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates the card believes, and so which names have which keys (protocol.md 11.1).
 *
 * From the start it believes the root and the issuer of its own certificate, that certificate, and
 * the foreign roots that the owner has put into the store (roots.h). From there a host brings
 * further certificates, each signed by a key that is believed already; those are believed until the
 * session ends. A certificate is believed only on days on which it and all above it are valid. Only
 * keys on Weierstrass curves can sign certificates; RSA keys cannot. */
#pragma once

#include "card-os/command.h"
#include "card-os/state.h"
#include "formats/cvc.h"

/* Finds a believed key by its holder's name. STORE_ABSENT: there is none, or not today. */
MUST_CHECK int trust_find(const struct call *c, struct span name, struct holder *out);
/* This device, from its own stored certificate, whatever its dates. Unlike trust_find(), never from
 * a certificate of the same name that a host brought. */
MUST_CHECK int trust_own_device(const struct call *c, struct holder *out);
/* What cvc_verify() needs of a holder; borrowed from it. */
struct key_spec holder_spec(const struct holder *holder);
struct public_part holder_key(const struct holder *holder);

/* Verifies a certificate (body, signature) with the key chosen before, and believes its holder for
 * the rest of the session. 6A88: no key was chosen; 6A80: malformed, or a key that cannot vouch;
 * 6985: it does not verify, is not valid today, or the chosen key may not sign certificates of this
 * role. */
sw trust_import(struct call *c, struct reader *certificate);
/* Verifies that a request was made in a device that the card believes, or in this one: the outer
 * signature by the device, the inner one by the key itself. 6A88: the device is not known; 6985: it
 * is no device, or a signature is wrong. */
sw trust_check_request(struct call *c, const struct cvc_request *request);
