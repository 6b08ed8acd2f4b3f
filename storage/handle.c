/* SPDX-License-Identifier: Apache-2.0 */
/* The store in memory: begins empty, and is closed and wiped. */
#include <sodium.h>
#include <stdlib.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "storage/internal.h"

int store_new(struct store **out)
{
    if (sodium_init() < 0)
        return failure(FAULT_LIBRARY, "libsodium does not start");
    int r = crypto_init();
    if (r)
        return r;
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return failure(FAULT_MEMORY, "no memory for a store");
    s->db.log_reserve = RESERVE_NONE;
    s->db.room = RESERVE_NONE;
    s->anchor = ANCHOR_NONE;
    s->lock = LOCK_NONE;
    *out = s;
    return 0;
}

void store_close(struct store **s)
{
    if (!*s)
        return;
    store_rollback(*s);
    if (!store_facts(*s).usable)
        db_abandon(&(*s)->db);
    db_close(&(*s)->db);
    directory_deinit(&(*s)->directory);
    hierarchy_deinit(&(*s)->keys);
    secret_deinit(&(*s)->unlocked);
    anchor_close(&(*s)->anchor);
    lock_release(&(*s)->lock);
    secret_wipe(*s, sizeof **s);
    free(*s);
    *s = NULL;
}

struct store_facts store_facts(const struct store *s)
{
    struct store_facts facts = { .generation = s->now.generation,
                                 .objects = s->now.rows.objects,
                                 .log_size = s->now.log.size,
                                 .boot = s->now.boot,
                                 .ephemeral = s->ephemeral,
                                 .anchor_beside_store = s->anchor_beside_store,
                                 .usable = !s->unusable && !s->db.sync_failed };
    for (size_t i = 0; i < INCARNATION_SIZE; i++)
        facts.incarnation[i] = s->now.incarnation[i];
    return facts;
}
