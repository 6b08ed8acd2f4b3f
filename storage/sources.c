/* SPDX-License-Identifier: Apache-2.0 */
/* Lists, adds and removes unlock sources, and renews the root secret. */
#include "storage/sources.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

static struct unlocked *unlocked_of(const struct store *s)
{
    return (struct unlocked *)(void *)s->unlocked.at;
}

/* Which statement lists the sources: a store that was opened to look only may still have schema 1,
 * without names. */
static int find_list(struct store *s, size_t *out_statement)
{
    uint64_t schema;
    int r = db_ask(&s->db, "PRAGMA user_version", &schema);
    if (!r)
        *out_statement = schema == 1 ? SQL_UNLOCK_LIST_UNNAMED : SQL_UNLOCK_LIST;
    return r;
}

int sources_list(struct store *s, struct source_list *out)
{
    size_t statement;
    int r = find_list(s, &statement);
    if (r)
        return r;
    SCOPED(query_end) struct query q = db_query(&s->db, statement);
    const struct unlocked *used = unlocked_of(s);
    struct source_list list = { 0 };
    while ((r = query_step(&q)) == QUERY_ROW && list.count < SOURCES_MAX) {
        struct source_facts *facts = &list.at[list.count++];
        struct span name = query_bytes(&q, 2);
        facts->number = query_number(&q, 0);
        facts->kind = (enum unlock_kind)query_word(&q, 1);
        snprintf(facts->name, sizeof facts->name, "%.*s", (int)name.size, (const char *)name.at);
        facts->used = used && used->row == facts->number;
    }
    if (r > 0 && r != QUERY_ROW)
        return r;
    if (r >= 0)
        *out = list;
    return r < 0 ? r : 0;
}

/* --- A change, and its record --- */

typedef int change_step(struct store *s, const void *wish);

/* Checks that no row was altered since the store was opened. change() computes the set anew from
 * the file, and would otherwise authenticate altered rows. */
static int check_rows(struct store *s)
{
    struct rowset found;
    int r = rowset_compute(&s->db, &s->keys, &found, NULL);
    if (r)
        return r;
    return span_equal(SPAN_OF(found.sum), SPAN_OF(s->now.rows.sum))
               ? 0
               : failure(FAULT_BROKEN, "rows were altered since the store was opened");
}

static int change(struct store *s, change_step *step, const void *wish,
                  const struct audit_record *event)
{
    int r = store_begin(s);
    if (!r)
        r = check_rows(s);
    s->forgets = true; /* the change deletes a source or a root secret */
    if (!r)
        r = step(s, wish);
    if (!r)
        r = rowset_compute(&s->db, &s->keys, &s->next.rows, NULL);
    if (!r)
        r = store_record(s, event);
    if (!r)
        return store_commit(s, true);
    store_rollback(s);
    return r;
}

static struct audit_record ordered(enum audit_action action, uint32_t uid)
{
    return (struct audit_record){ .action = action, .role = AUDIT_ADMIN, .admin_uid = uid };
}

/* --- Add and remove --- */

struct addition {
    const struct unlock_source *source;
    const char *name;
};

static int add(struct store *s, const void *wish)
{
    const struct addition *addition = wish;
    return unlock_add(&s->db, addition->source, addition->name, unlocked_of(s)->root);
}

int sources_add(struct store *s, const struct unlock_source *source, const char *name, uint32_t uid)
{
    const struct addition wish = { source, name };
    const struct audit_record event = ordered(AUDIT_UNLOCK_ADDED, uid);
    struct source_list list;
    int r = sources_list(s, &list);
    if (!r && !s->unlocked.at)
        r = failure(FAULT_BROKEN, "the store was not opened to change its unlock sources");
    if (!r && list.count == SOURCES_MAX)
        r = SOURCE_TOO_MANY;
    return r ? r : change(s, add, &wish, &event);
}

static int remove_row(struct store *s, const void *wish)
{
    SCOPED(query_end) struct query q = db_query(&s->db, SQL_UNLOCK_DELETE);
    query_bind_number(&q, *(const uint64_t *)wish);
    return query_change_one(&q);
}

int sources_remove(struct store *s, uint64_t number, uint32_t uid)
{
    const struct audit_record event = ordered(AUDIT_UNLOCK_REMOVED, uid);
    struct source_list list;
    bool known = false;
    int r = sources_list(s, &list);
    for (size_t i = 0; !r && i < list.count; i++)
        known |= list.at[i].number == number;
    if (!r && !known)
        r = SOURCE_UNKNOWN;
    if (!r && list.count == 1)
        r = SOURCE_LAST;
    return r ? r : change(s, remove_row, &number, &event);
}

/* --- A new root secret --- */

static int renew(struct store *s, const void *wish)
{
    SCOPED_SECRET(inner, INNER_SIZE);
    const struct unlocked *u = wish;
    int r = inner_open(&s->db, unlocked_of(s)->root, inner);
    if (!r)
        r = inner_put(&s->db, u->root, inner);
    if (!r)
        r = unlock_reseal(&s->db, u);
    if (r)
        return r;
    SCOPED(query_end) struct query q = db_query(&s->db, SQL_UNLOCK_DELETE_OTHERS);
    query_bind_number(&q, u->row);
    return query_run(&q);
}

int sources_rekey(struct store *s, bool drop_others, uint32_t uid)
{
    const struct audit_record event = ordered(AUDIT_REKEYED, uid);
    struct source_list list;
    int r = sources_list(s, &list);
    if (!r && !s->unlocked.at)
        r = failure(FAULT_BROKEN, "the store was not opened to renew its root secret");
    if (!r && list.count > 1 && !drop_others)
        r = SOURCE_OTHERS;
    if (r)
        return r;
    SCOPED(unlocked_wipe) struct unlocked u = *unlocked_of(s);
    randombytes_buf(u.root, ROOT_SIZE);
    r = change(s, renew, &u, &event);
    if (!r)
        *unlocked_of(s) = u;
    return r;
}
