/* Groups of devices whose key domains share a secret (XKEK, protocol.md 9.2).
 *
 * Whoever holds the group signer's key says which devices belong to it: a *membership* is the
 * request for that key, made in a device that ours trusts, and a signature of it over our device's
 * key. The group's identifier is the signer's public point. Each member makes an *exchange key* in
 * the group's domain, whose request names the group; two members that know each other's request
 * agree on the domain's secret. */
#pragma once

#include "card-os/command.h"
#include "card-os/domain.h"

/* Whether this is a membership of our device (contents of 67, then 54 with the signature); gives
 * the group. out_group has CVC_GROUP_SIZE bytes. Names the signer's key as what the record is
 * about. */
sw exchange_check_membership(struct call *c, struct span membership, uint8_t *out_group);

/* Whether this key, about to be made and already in its domain, may be an exchange key, if it is to
 * be one. Gives the group that its request has to name; an empty span for any other key. Borrowed
 * from the domain. */
sw exchange_check_key(struct call *c, const struct key *key, struct domain *domain,
                      struct span *out_group);

/* Gives the exchange key's domain the secret shared with the peer whose request (contents of 67)
 * this is. In the open transaction. */
sw exchange_run(struct call *c, uint8_t id, struct span request, struct domain *out_domain);
