/* The schema grows by migrations: rows of a table, in order, never changed once released. */
#include "storage/schema.h"

#include <stdio.h>

#include "base/failure.h"

/* Creation order is the order of object.serial. log_node keeps, for each leaf, the tree nodes that
 * it completes (formats/merkle.h): one row for each record, and any node is found by its number;
 * it outlives lines that are pruned. */
static const char *const migrations[] = {
    "CREATE TABLE unlock (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
    " parameters BLOB NOT NULL, sealed_root BLOB NOT NULL) STRICT;"
    "CREATE TABLE object (serial INTEGER PRIMARY KEY, type INTEGER NOT NULL, id INTEGER NOT NULL,"
    " version INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE (type, id)) STRICT;"
    "CREATE INDEX object_order ON object (type, serial, id);"
    "CREATE TABLE state (id INTEGER PRIMARY KEY, facts BLOB NOT NULL, mac BLOB NOT NULL) STRICT;"
    "CREATE TABLE log (seq INTEGER PRIMARY KEY, line BLOB NOT NULL) STRICT;"
    "CREATE TABLE log_node (leaf INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;",
    /* Kind 0 of unlock holds the inner secret (unlock.h), which storage/upgrade.c adds. */
    "ALTER TABLE unlock ADD COLUMN name TEXT NOT NULL DEFAULT '';",
};

const char *const schema_statements[SQL_COUNT] = {
#define X(name, text) [SQL_##name] = text,
    STATEMENTS(X)
#undef X
};

uint32_t schema_version(void)
{
    return COUNT_OF(migrations);
}

int schema_grow(struct db *db, uint32_t from)
{
    char marks[80];
    int r = 0;
    for (uint32_t i = from; !r && i < COUNT_OF(migrations); i++)
        r = db_run(db, migrations[i]);
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

int schema_check(struct db *db)
{
    static const char *const checks[] = {
        "PRAGMA integrity_check(object)",
        "PRAGMA integrity_check(unlock)",
        "PRAGMA integrity_check(state)",
    };
    int r = db_check_mode(db);
    for (size_t i = 0; !r && i < COUNT_OF(checks); i++)
        r = db_check_table(db, checks[i]);
    return r;
}
