/* SPDX-License-Identifier: Apache-2.0 */
/* Key domains (protocol.md sections 8.1, 9.1 and 9.2). A domain has a secret, the DKEK or KEK. It
 * is the XOR of imported shares, or was made inside the device, or two devices of a group agreed on
 * it (XKEK: exchange.h). Keys of the domain can leave the device wrapped under the secret.
 *
 * A key remembers a mark of its domain: the hash of the secret that the domain had when the key
 * came into it. So after a domain was cleared and got another secret, the keys that were there
 * before cannot be wrapped under it. For a group's domain the mark is the hash of the group
 * instead: the secret differs with each member that it was agreed with, and no person has chosen
 * it. */
#pragma once

#include "card-os/command.h"
#include "card-os/live_keys.h"
#include "crypto/kek.h"
#include "formats/cvc.h"

/* Holds a secret: declare it SCOPED(domain_wipe). */
struct domain {
    uint8_t shares;             /* how many it was made for; 0: the secret was made inside */
    uint8_t outstanding;        /* shares still missing; in a group's domain 1 until the exchange */
    uint8_t kek[KEK_SIZE];      /* XOR of the shares so far */
    uint8_t check[SHA256_SIZE]; /* hash of the complete secret; zero while shares are missing */
    bool has_group;
    uint8_t group[CVC_GROUP_SIZE]; /* whose members share the secret */
    uint8_t mark[SHA256_SIZE];     /* what its keys remember: hash of the secret, or of the group */
};

void domain_wipe(struct domain *domain);

/* Reads a domain. STORE_ABSENT. */
MUST_CHECK int domain_load(struct store *store, uint8_t id, struct domain *out);
/* Makes a domain for so many shares, or, with none, one with a random secret; replaces one that is
 * there. In the open transaction. */
MUST_CHECK int domain_create(const struct env *env, uint8_t id, uint8_t shares, struct domain *out);
/* Adds a share of KEK_SIZE bytes to a domain whose shares are not complete; in the open
 * transaction. */
MUST_CHECK int domain_add_share(struct store *store, uint8_t id, struct span share,
                                struct domain *domain);
/* Makes a group's domain, without a secret until domain_exchange(); in the open transaction. */
MUST_CHECK int domain_join(struct store *store, uint8_t id, struct span group, struct domain *out);
/* Gives a group's domain a secret of KEK_SIZE bytes, in place of one that it has; in the open
 * transaction. */
MUST_CHECK int domain_exchange(struct store *store, uint8_t id, struct span secret,
                               struct domain *domain);
/* Removes a domain in the open transaction. STORE_ABSENT. */
MUST_CHECK int domain_delete(struct store *store, uint8_t id);
/* Appends the status as hosts read it (protocol.md 8.1): ten bytes, and the group if it has one. */
#define DOMAIN_STATUS_MAX (10 + CVC_GROUP_SIZE)
void domain_write_status(const struct domain *domain, struct writer *out);

/* Counts a share that was imported without login; in the open transaction. */
MUST_CHECK int domain_count_unasked(struct store *store);
/* The DKEK that INITIALIZE made (DO 92), for the owner. */
struct dkek_facts {
    bool exists;
    uint8_t shares, missing;
    uint8_t unasked; /* shares imported without login since then; 255: or more */
};
MUST_CHECK int domain_dkek_facts(struct store *store, struct dkek_facts *out);

/* The domain of this group. STORE_ABSENT. */
MUST_CHECK int domain_find_group(struct store *store, struct span group, uint8_t *out_id);
/* The complete domain whose secret has this check value. STORE_ABSENT. */
MUST_CHECK int domain_find(struct store *store, struct span check, uint8_t *out_id,
                           struct domain *out);
/* Puts a new key into the domain that the host named (one byte); where it named none, into the DKEK
 * (DO 92) if the device has one, else into none. 6A88: there is no such domain; 6985: its shares
 * are not complete, so the key could never leave. */
sw domain_assign(struct call *c, struct span wished, struct key *key);
/* Puts a key into this domain: the key takes the domain's present mark. */
void domain_enter(uint8_t id, const struct domain *domain, struct key *key);
/* Whether the key has this domain's mark, and the domain's secret is complete. */
bool domain_holds(const struct domain *domain, const struct key *key);
