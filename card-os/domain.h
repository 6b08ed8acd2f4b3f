/* Key domains (protocol.md sections 8.1, 9.1 and 9.2). A domain has a secret, the DKEK or KEK, made
 * of shares, inside the device, or by two devices of a group (XKEK: exchange.h); keys of the domain
 * can leave the device wrapped under it.
 *
 * A key remembers the hash of the secret that its domain had when it came into it. Whoever clears a
 * domain and imports a secret of his own cannot wrap the keys that were there before. Of a group's
 * domain it remembers the group: the secret is another with every member, and nobody has chosen it.
 */
#pragma once

#include "card-os/command.h"
#include "card-os/live_keys.h"
#include "crypto/kek.h"
#include "formats/cvc.h"

/* Holds a secret: declare it SCOPED(domain_wipe). */
struct domain {
    uint8_t shares;             /* how many it was made for; 0: the secret was made inside */
    uint8_t outstanding;        /* how many of them are still missing; a group's: the exchange */
    uint8_t kek[KEK_SIZE];      /* XOR of the shares so far */
    uint8_t check[SHA256_SIZE]; /* of the complete secret; else zero */
    bool has_group;
    uint8_t group[CVC_GROUP_SIZE]; /* whose members share it */
    uint8_t mark[SHA256_SIZE];     /* what its keys remember: of the secret or the group */
};

void domain_wipe(struct domain *domain);

/* STORE_ABSENT. */
MUST_CHECK int domain_load(struct store *store, uint8_t id, struct domain *out);
/* A domain for so many shares, or with a random secret for none; in the open transaction. */
MUST_CHECK int domain_create(const struct env *env, uint8_t id, uint8_t shares, struct domain *out);
/* Adds a share of KEK_SIZE bytes to one with shares outstanding; in the open transaction. */
MUST_CHECK int domain_add_share(struct store *store, uint8_t id, struct span share,
                                struct domain *domain);
/* A group's domain, whose secret an exchange will make; in the open transaction. */
MUST_CHECK int domain_join(struct store *store, uint8_t id, struct span group, struct domain *out);
/* Gives a group's domain this secret of KEK_SIZE bytes, or another one; likewise. */
MUST_CHECK int domain_exchange(struct store *store, uint8_t id, struct span secret,
                               struct domain *domain);
/* In the open transaction. STORE_ABSENT. */
MUST_CHECK int domain_delete(struct store *store, uint8_t id);
/* Appends what hosts read as its status: ten bytes, and its group. */
#define DOMAIN_STATUS_MAX (10 + CVC_GROUP_SIZE)
void domain_write_status(const struct domain *domain, struct writer *out);

/* Remembers that a share came from nobody who was logged in; in the open transaction. */
MUST_CHECK int domain_count_unasked(struct store *store);
/* The DKEK that INITIALIZE made (DO 92), for the owner: whether there is one, its shares, and how
 * many came from nobody who was logged in (255: or more) since then. */
struct dkek_facts {
    bool exists;
    uint8_t shares, missing, unasked;
};
MUST_CHECK int domain_dkek_facts(struct store *store, struct dkek_facts *out);

/* The domain of this group. STORE_ABSENT. */
MUST_CHECK int domain_find_group(struct store *store, struct span group, uint8_t *out_id);
/* The complete domain whose secret has this check value. STORE_ABSENT. */
MUST_CHECK int domain_find(struct store *store, struct span check, uint8_t *out_id,
                           struct domain *out);
/* Puts a new key into the domain that the host wished (one byte), or into the one that the device
 * has for all (DO 92), or into none. 6985: shares of that domain are missing. */
sw domain_assign(struct call *c, struct span wished, struct key *key);
/* Puts a key into this domain, under the secret that it has now. */
void domain_enter(uint8_t id, const struct domain *domain, struct key *key);
/* Whether the key still belongs to it, and its secret is there. */
bool domain_holds(const struct domain *domain, const struct key *key);
