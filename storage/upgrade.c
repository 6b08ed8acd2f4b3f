/* SPDX-License-Identifier: Apache-2.0 */
/* Upgrades a store of an older version to the current format in one transaction. Also begins the
 * first signing epoch if there is none. */
#include <sodium.h>
#include <string.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"
#include "storage/unlock.h"

/* Schema 2 introduced the inner secret between root secret and keys. The old root becomes the inner
 * secret, so that no object has to be resealed, and a new root secret is made for the one
 * source. */
static int put_inner_secret(struct store *s, struct unlocked *u)
{
    SCOPED_SECRET(inner, INNER_SIZE);
    memcpy(inner, u->root, INNER_SIZE);
    randombytes_buf(u->root, ROOT_SIZE);
    int r = unlock_reseal(&s->db, u);
    return r ? r : inner_put(&s->db, u->root, inner);
}

int store_upgrade(struct store *s, uint32_t from, struct unlocked *u)
{
    const struct audit_record event = { .action = AUDIT_MIGRATED, .role = AUDIT_SYSTEM };
    s->forgets = true; /* the transaction drops the old tables */
    int r = schema_grow(&s->db, from);
    if (!r && from < 2)
        r = put_inner_secret(s, u);
    if (!r)
        r = rowset_compute(&s->db, &s->keys, &s->next.rows, NULL);
    if (!r)
        r = store_record(s, &event);
    return r || s->next.epoch ? r : store_begin_epoch(s);
}
