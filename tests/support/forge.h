/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and requests of any contents, signed with keys that the test holds: what no device
 * of ours would make. */
#pragma once

#include "card-os/authority.h"
#include "tests/support/card_fixture.h"

/* An authority, and a device of it. */
struct forge {
    struct authority authority;
    struct party device;
    uint64_t now_ms;
};
/* The card trusts the root. */
void forge_init(struct forge *forge, struct card_fixture *card);
void forge_deinit(struct forge *forge);
/* Leads the card from the root to the device; everything is asserted. */
void forge_import(const struct forge *forge, struct card_fixture *card);

/* What a certificate says of this party's key, valid for a year from now on; and a request. */
struct cvc_body forge_body(uint64_t now_ms, const struct party *holder, const struct party *issuer,
                           enum cvc_role role);
struct cvc_body forge_request_body(const struct party *holder);
/* Contents of 7F21: the body, signed. */
struct span forge_certificate(const struct cvc_body *body, const struct party *by,
                              struct writer *out);
/* Contents of 67, in an empty writer: the body, signed by whoever says to hold its key, and by a
 * device, or by whatever stands in its place. */
struct span forge_request(const struct cvc_body *body, const struct party *by,
                          const struct party *device, struct writer *out);
