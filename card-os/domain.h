/* Key domains (protocol.md sections 8.1 and 9.1). A domain has a secret, the DKEK or KEK, made of
 * shares or inside the device; keys of the domain can leave the device wrapped under it.
 *
 * A key remembers the hash of the secret that its domain had when it came into it. Whoever clears a
 * domain and imports a secret of his own cannot wrap the keys that were there before. */
#pragma once

#include "card-os/command.h"
#include "card-os/live_keys.h"
#include "crypto/kek.h"

/* Holds a secret: declare it SCOPED(domain_wipe). */
struct domain {
    uint8_t shares;             /* how many it was made for; 0: the secret was made inside */
    uint8_t outstanding;        /* how many of them are still missing */
    uint8_t kek[KEK_SIZE];      /* XOR of the shares so far */
    uint8_t check[SHA256_SIZE]; /* of the complete secret; else zero */
};

void domain_wipe(struct domain *domain);

/* STORE_ABSENT. */
MUST_CHECK int domain_load(struct store *store, uint8_t id, struct domain *out);
/* A domain for so many shares, or with a random secret for none; in the open transaction. */
MUST_CHECK int domain_create(const struct env *env, uint8_t id, uint8_t shares, struct domain *out);
/* Adds a share of KEK_SIZE bytes to one with shares outstanding; in the open transaction. */
MUST_CHECK int domain_add_share(struct store *store, uint8_t id, struct span share,
                                struct domain *domain);
/* In the open transaction. STORE_ABSENT. */
MUST_CHECK int domain_delete(struct store *store, uint8_t id);
/* Appends the ten bytes that hosts read as its status. */
void domain_write_status(const struct domain *domain, struct writer *out);

/* The complete domain whose secret has this check value. STORE_ABSENT. */
MUST_CHECK int domain_find(struct store *store, struct span check, uint8_t *out_id,
                           struct domain *out);
/* Puts a new key into the domain that the host wished (one byte), or into the one that the device
 * has for all (DO 92), or into none. */
sw domain_assign(struct call *c, struct span wished, struct key *key);
/* Puts a key into this domain, under the secret that it has now. */
void domain_enter(uint8_t id, const struct domain *domain, struct key *key);
