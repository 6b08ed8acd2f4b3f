/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of devices whose key domains share a secret (XKEK, protocol.md 9.2).
 *
 * A group has a *group signer*: a key in some device that this one trusts. The signer admits a
 * device by a *membership*: the certificate request for the signer's key, and the signer's
 * signature over the device's public key. The group's identifier is the signer's public point. Each
 * member makes an *exchange key* in the group's domain, whose request names the group; two members
 * that have each other's request agree on the domain's secret. */
#pragma once

#include "card-os/command.h"
#include "card-os/domain.h"

/* Checks that this is a membership of our device (contents of 67, then 54 with the signature), and
 * writes its group to out_group, CVC_GROUP_SIZE bytes. The record names the signer's key. 6A80:
 * malformed, or the signer's key is on a curve that does not fit; 6985: it is for another device,
 * or by another key. Else the answers of trust_check_request(). */
sw exchange_check_membership(struct call *c, struct span membership, uint8_t *out_group);

/* For a key that is about to be made and was put into its domain: if its algorithm list names the
 * exchange, checks that it can be an exchange key (else 6A80), and gives the group that its request
 * has to name, borrowed from *domain. For any other key: 9000 and an empty span. */
sw exchange_check_key(struct call *c, const struct key *key, struct domain *domain,
                      struct span *out_group);

/* Agrees with the peer whose request (contents of 67) this is, by the exchange key of this number,
 * on a secret for the key's domain; in the open transaction. A use of the key. 6700: the request
 * names no group; 6A88: another group; 6A80: malformed, or a key on another curve. Else the answers
 * of key_use() and trust_check_request(). */
sw exchange_run(struct call *c, uint8_t id, struct span request, struct domain *out_domain);
