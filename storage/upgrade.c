/* A store that an older version wrote becomes one of this version, in one transaction. Its log
 * begins to be signed: before, there were no epochs. */
#include <sodium.h>
#include <string.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"
#include "storage/unlock.h"

/* Schema 2 put the inner secret between root and keys. What was the root becomes the inner secret,
 * so that no object has to be touched, and a new root is drawn for the one source. */
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
    s->forgets = true; /* the old tables */
    int r = schema_grow(&s->db, from);
    if (!r && from < 2)
        r = put_inner_secret(s, u);
    if (!r)
        r = rowset_compute(&s->db, &s->keys, &s->next.rows, NULL);
    if (!r)
        r = store_record(s, &event);
    return r || s->next.epoch ? r : store_begin_epoch(s);
}
