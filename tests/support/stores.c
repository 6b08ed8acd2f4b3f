/* SPDX-License-Identifier: Apache-2.0 */
/* Stores for tests. */
#include "tests/support/stores.h"

#include <check.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"

struct store_place stores_place(const char *folder)
{
    return (struct store_place){ .folder = folder, .unlock = UNLOCK_KEY_FILE };
}

static struct store *made(int (*make)(const struct store_place *, struct store **,
                                      struct store_refusal *),
                          const char *folder)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct store_place place = stores_place(folder);
    int r = make(&place, &s, &why);
    ck_assert_msg(r == 0, "%d: %s / %s", r, why.sentence, failure_last()->cause);
    return s;
}

struct store *stores_create(const char *folder)
{
    return made(store_create, folder);
}

struct store *stores_open(const char *folder)
{
    return made(store_open, folder);
}

int stores_refusal(const struct store_place *place)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    int r = store_open(place, &s, &why);
    ck_assert_msg(r > 0, "opened, or failed: %d %s", r, failure_last()->cause);
    ck_assert_ptr_null(s);
    ck_assert_str_ne(why.sentence, "");
    return r;
}

void stores_put_key(struct store *s, uint32_t id, const char *text)
{
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_put(s, OBJECT_KEY, id, span_of_text(text)), 0);
    ck_assert_int_eq(store_commit(s, false), 0);
}

void stores_append(struct store *s, enum audit_action action, uint64_t ticks_us)
{
    struct audit_record event = {
        .action = action, .ticks_us = ticks_us, .time_ms = 1764000000000, .sw = 0x9000
    };
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_append(s, &event), 0);
    ck_assert_int_eq(store_commit(s, false), 0);
}

void stores_start_boot(struct store *s)
{
    struct audit_record event = { .action = AUDIT_POWER_ON, .sw = 0x9000 };
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_start_boot(s), 0);
    ck_assert_int_eq(audit_append(s, &event), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
}

void stores_assert_key(struct store *s, uint32_t id, const char *text)
{
    uint8_t bytes[100];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(store_get(s, OBJECT_KEY, id, &out), 0);
    ck_assert(span_equal(written(&out), span_of_text(text)));
}

void stores_write_objects(struct store *s, struct writer *out)
{
    for (uint32_t type = 1; type < 16; type++) {
        uint32_t ids[300];
        size_t count;
        ck_assert_int_eq(store_list(s, (enum object_type)type, ids, COUNT_OF(ids), &count), 0);
        ck_assert_uint_le(count, COUNT_OF(ids));
        for (size_t i = 0; i < count; i++) {
            write_u32(out, type);
            write_u32(out, ids[i]);
            ck_assert_int_eq(store_get(s, (enum object_type)type, ids[i], out), 0);
        }
    }
    ck_assert(!out->full);
}

void stores_write_sealed(struct store *s, enum object_type type, uint32_t id, struct writer *out)
{
    const struct entry *entry = directory_find(&s->directory, type, id);
    ck_assert_ptr_nonnull(entry);
    SCOPED(query_end) struct query q = db_query(&s->db, SQL_OBJECT_GET);
    query_bind_number(&q, entry->serial);
    ck_assert_int_eq(query_step(&q), QUERY_ROW);
    write_span(out, query_bytes(&q, 3));
    ck_assert(!out->full);
}

struct folder stores_make_small(void)
{
    struct folder folder = folder_make();
    SCOPED(store_close) struct store *s = stores_create(folder.path);
    stores_start_boot(s);
    stores_put_key(s, 1, "one");
    stores_put_key(s, 2, "two");
    stores_put_key(s, 3, "three");
    for (uint64_t i = 1; i <= 5; i++)
        stores_append(s, AUDIT_SIGN, 1000 * i);
    return folder;
}

static bool keep_record(void *context, uint64_t seq, struct span line)
{
    (void)seq;
    ck_assert(audit_record_read(line, context));
    return false;
}

struct audit_record stores_record(struct store *s, uint64_t seq)
{
    struct audit_record record = { 0 };
    ck_assert_int_eq(audit_read(s, seq, keep_record, &record), 0);
    ck_assert_uint_eq(record.seq, seq);
    return record;
}
