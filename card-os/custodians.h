/* SPDX-License-Identifier: Apache-2.0 */
/* Public-key authentication, n of m (protocol.md section 10): custodians hold keys in devices of
 * their own; when enough of them have signed a challenge in a session, the user is logged in
 * (login.h).
 *
 * A custodian is stored as the certificate request that its device made for its key. The request
 * was verified at registration. Custodians are numbered by place, from 0. */
#pragma once

#include "card-os/command.h"
#include "formats/cvc.h"

/* DO 93 of INITIALIZE. */
struct custody {
    uint8_t total;    /* places for custodians; 0: the device has no public-key authentication */
    uint8_t required; /* how many custodians must sign */
};

/* All zero on a device that was never initialised. */
MUST_CHECK int custody_load(struct store *store, struct custody *out);
/* Stores it in the open transaction. */
MUST_CHECK int custody_set(struct store *store, struct custody custody);

/* Whether enough custodians of this device have signed in this session. */
bool custody_satisfied(const struct call *c, const struct custody *custody);
/* Writes the state of public-key authentication as the answer, four bytes (protocol.md 10.1):
 * places, places still free, how many must sign, how many have signed in this session. */
sw custody_write_status(struct call *c);

/* Registers the key of a request (contents of 67) in this place, which must be occupied, or (-1) in
 * the first free one; in the open transaction. The record names the key. 6A80: malformed, or a kind
 * of key that cannot sign in; 6985: name or key is registered already, or the request does not
 * verify (trust.h); 6A88: the request's device is not known; 6A84: no place or no memory is free;
 * 6A86: there is no such place. */
sw custodian_register(struct call *c, int place, struct span request);
/* Answers with the custodian's name: 9001 when it has signed in this session, else 9000. 6A88: the
 * place is free; 6A86: there is no such place. */
sw custodian_name(struct call *c, unsigned place);
/* Chooses the custodian whose signature the next EXTERNAL AUTHENTICATE brings. 6A88: there is none
 * of this name; 6985: it has signed already. A refusal ends an earlier choice. */
sw custodian_choose(struct call *c, struct span name);
/* Verifies the chosen custodian's signature over the device's name and the last challenge. 6985:
 * none is chosen, or there is no challenge; 6300: the signature is wrong, and the choice ends. */
sw custodian_authenticate(struct call *c, struct span signature);
