/* SPDX-License-Identifier: Apache-2.0 */
/* The schema, as a sequence of migrations in a table: a released one is never changed. Also checks
 * that a database has the tables of its version. */
#include "storage/schema.h"

#include <stdio.h>

#include "base/failure.h"
#include "storage/store.h"

/* The order of object.serial is the order of creation. log_node has one row for each record: the
 * tree nodes that this leaf completes (formats/merkle.h), so that any node is found by its number.
 * It is kept when lines are deleted. */
#define UNLOCK_1                                                                                   \
    "CREATE TABLE unlock (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"                          \
    " parameters BLOB NOT NULL, sealed_root BLOB NOT NULL"
#define UNLOCK_2 ", name TEXT NOT NULL DEFAULT ''"
#define STRICTLY ") STRICT"
#define OBJECT_1                                                                                   \
    "CREATE TABLE object (serial INTEGER PRIMARY KEY, type INTEGER NOT NULL, id INTEGER NOT NULL," \
    " version INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE (type, id)) STRICT"
#define OBJECT_ORDER "CREATE INDEX object_order ON object (type, serial, id)"
#define STATE_1                                                                                    \
    "CREATE TABLE state (id INTEGER PRIMARY KEY, facts BLOB NOT NULL, mac BLOB NOT NULL) STRICT"
#define LOG_1      "CREATE TABLE log (seq INTEGER PRIMARY KEY, line BLOB NOT NULL) STRICT"
#define LOG_NODE_1 "CREATE TABLE log_node (leaf INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT"

static const char *const first[] = {
    UNLOCK_1 STRICTLY ";" OBJECT_1 ";" OBJECT_ORDER ";" STATE_1 ";" LOG_1 ";" LOG_NODE_1 ";",
    NULL,
};

/* The row of kind 0 in the table unlock holds the inner secret (unlock.h); storage/upgrade.c adds
 * it. */
static const char *const second[] = {
    "ALTER TABLE unlock ADD COLUMN name TEXT NOT NULL DEFAULT '';",
    NULL,
};

/* Values that must be gone once deleted get pages of their own (db.h). The indexes are replaced by
 * a directory in memory (directory.h). */
#define OBJECT_3                                                                                   \
    "CREATE TABLE object (serial INTEGER PRIMARY KEY CHECK (serial > 0),"                          \
    " type INTEGER NOT NULL CHECK (type BETWEEN 1 AND 4294967295),"                                \
    " id INTEGER NOT NULL CHECK (id BETWEEN 0 AND 4294967295),"                                    \
    " version INTEGER NOT NULL CHECK (version > 0),"                                               \
    " spare BLOB NOT NULL, sealed BLOB NOT NULL) STRICT"
#define UNLOCK_3                                                                                   \
    "CREATE TABLE unlock (id INTEGER PRIMARY KEY CHECK (id > 0),"                                  \
    " kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2), name TEXT NOT NULL,"                     \
    " parameters BLOB NOT NULL, spare BLOB NOT NULL, sealed_root BLOB NOT NULL) STRICT"

static const char *const third[] = {
    "DROP INDEX object_order;"
    "ALTER TABLE object RENAME TO old_object;"
    "ALTER TABLE unlock RENAME TO old_unlock;" OBJECT_3 ";" UNLOCK_3 ";",
    "DROP TABLE old_object; DROP TABLE old_unlock;",
    NULL,
};

static int move_rows(struct db *db);

static const struct migration {
    const char *const *scripts;    /* ends with NULL */
    int (*between)(struct db *db); /* called between the first and the second script */
} migrations[] = {
    { first, NULL },
    { second, NULL },
    { third, move_rows },
};

const struct db_statement schema_statements[SQL_COUNT] = {
#define X(name, columns, text) [SQL_##name] = { text, columns },
    STATEMENTS(X)
#undef X
};

uint32_t schema_version(void)
{
    return COUNT_OF(migrations);
}

/* --- Rows with secrets --- */

bool schema_holds_secret(uint32_t type)
{
    static const enum object_type secret[] = { OBJECT_PIN, OBJECT_KEY_MATERIAL, OBJECT_FILE,
                                               OBJECT_EPOCH, OBJECT_DOMAIN };
    for (size_t i = 0; i < COUNT_OF(secret); i++)
        if (secret[i] == type)
            return true;
    return false;
}

size_t schema_object_spare(uint32_t type, uint32_t id, uint64_t version, size_t sealed_size)
{
    const struct db_shape shape = { .numbers = { type, id, version }, .number_count = 3 };
    return schema_holds_secret(type) ? db_spare(&shape, sealed_size) : 0;
}

int schema_insert_unlock(struct db *db, const struct unlock_row *row)
{
    const struct db_shape shape = { .numbers = { row->kind },
                                    .number_count = 1,
                                    .sizes = { row->name.size, row->parameters.size },
                                    .size_count = 2 };
    struct query q = db_query(db, row->id ? SQL_UNLOCK_RESTORE : SQL_UNLOCK_INSERT);
    query_bind_number(&q, row->kind);
    query_bind_text(&q, row->name);
    query_bind_bytes(&q, row->parameters);
    query_bind_zeros(&q, db_spare(&shape, row->sealed_root.size));
    query_bind_bytes(&q, row->sealed_root);
    if (row->id)
        query_bind_number(&q, row->id);
    return query_run(&q);
}

/* --- Growing --- */

static int move_object(struct db *db, struct query *old)
{
    struct span sealed = query_bytes(old, 4);
    uint32_t type = query_word(old, 1), id = query_word(old, 2);
    uint64_t version = query_number(old, 3);
    struct query q = db_query(db, SQL_OBJECT_RESTORE);
    query_bind_number(&q, type);
    query_bind_number(&q, id);
    query_bind_number(&q, version);
    query_bind_zeros(&q, schema_object_spare(type, id, version, sealed.size));
    query_bind_bytes(&q, sealed);
    query_bind_number(&q, query_number(old, 0));
    return query_run(&q);
}

static int move_unlock(struct db *db, struct query *old)
{
    const struct unlock_row row = { .id = query_number(old, 0),
                                    .kind = query_word(old, 1),
                                    .name = query_bytes(old, 2),
                                    .parameters = query_bytes(old, 3),
                                    .sealed_root = query_bytes(old, 4) };
    return schema_insert_unlock(db, &row);
}

static int move_each(struct db *db, enum statement rows, int (*move)(struct db *, struct query *))
{
    SCOPED(query_end) struct query q = db_query(db, rows);
    int r;
    while ((r = query_step(&q)) == QUERY_ROW)
        if ((r = move(db, &q)))
            return r;
    return r;
}

static int move_rows(struct db *db)
{
    int r = move_each(db, SQL_OLD_OBJECTS, move_object);
    return r ? r : move_each(db, SQL_OLD_UNLOCKS, move_unlock);
}

static int migrate(struct db *db, const struct migration *migration)
{
    int r = 0;
    for (size_t i = 0; !r && migration->scripts[i]; i++) {
        r = db_run(db, migration->scripts[i]);
        if (!r && i == 0 && migration->between)
            r = migration->between(db);
    }
    return r;
}

static int grow_tables(struct db *db, uint32_t from, uint32_t to)
{
    int r = 0;
    for (uint32_t i = from; !r && i < to; i++)
        r = migrate(db, &migrations[i]);
    return r;
}

int schema_grow(struct db *db, uint32_t from)
{
    char marks[80];
    int r = grow_tables(db, from, schema_version());
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %u",
             SCHEMA_APPLICATION, schema_version());
    return r ? r : db_run(db, marks);
}

int schema_migrate(struct db *db, uint32_t from)
{
    int r = db_run(db, "BEGIN IMMEDIATE");
    if (!r)
        r = schema_grow(db, from);
    return r ? r : db_run(db, "COMMIT");
}

/* --- Checking --- */

/* The tables and indexes of each version, by name. */
struct part {
    const char *type, *name, *table, *text;
};
#define TABLE(name, text)                                                                          \
    {                                                                                              \
        "table", name, name, text                                                                  \
    }
#define LOG_TABLES TABLE("log", LOG_1), TABLE("log_node", LOG_NODE_1)
#define OBJECTS_1                                                                                  \
    TABLE("object", OBJECT_1), { "index", "object_order", "object", OBJECT_ORDER },                \
    {                                                                                              \
        "index", "sqlite_autoindex_object_1", "object", ""                                         \
    }

static const struct part parts_1[] = { LOG_TABLES, OBJECTS_1, TABLE("state", STATE_1),
                                       TABLE("unlock", UNLOCK_1 STRICTLY) };
static const struct part parts_2[] = { LOG_TABLES, OBJECTS_1, TABLE("state", STATE_1),
                                       TABLE("unlock", UNLOCK_1 UNLOCK_2 STRICTLY) };
static const struct part parts_3[] = { LOG_TABLES, TABLE("object", OBJECT_3),
                                       TABLE("state", STATE_1), TABLE("unlock", UNLOCK_3) };
static const struct {
    const struct part *parts;
    size_t count;
} schemas[] = {
    { parts_1, COUNT_OF(parts_1) },
    { parts_2, COUNT_OF(parts_2) },
    { parts_3, COUNT_OF(parts_3) },
};
_Static_assert(COUNT_OF(schemas) == COUNT_OF(migrations), "what each migration leads to");

static bool is_part(struct query *q, const struct part *part)
{
    const char *const expected[] = { part->type, part->name, part->table, part->text };
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        if (!span_equal(query_bytes(q, (int)i), span_of_text(expected[i])))
            return false;
    return true;
}

static int check_parts(struct db *db, uint32_t version)
{
    SCOPED(query_end) struct query q = db_query(db, SQL_SCHEMA_ROWS);
    size_t count = schemas[version - 1].count, found = 0;
    bool same = true;
    int r;
    while (same && (r = query_step(&q)) == QUERY_ROW) {
        same = found < count && is_part(&q, &schemas[version - 1].parts[found]);
        found++;
    }
    if (same && (r || found == count))
        return r;
    return failure(FAULT_BROKEN, "its tables are not those of a store");
}

int schema_check(struct db *db, uint32_t version)
{
    static const char *const checks[] = {
        "PRAGMA integrity_check(object)",
        "PRAGMA integrity_check(unlock)",
        "PRAGMA integrity_check(state)",
    };
    int r = db_check_mode(db);
    if (!r)
        r = check_parts(db, version);
    for (size_t i = 0; !r && i < COUNT_OF(checks); i++)
        r = db_check_table(db, checks[i]);
    return r;
}
