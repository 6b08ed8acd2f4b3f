/* The tables of a store, and every statement that runs on them. */
#pragma once

#include "storage/db.h"

/* Told apart from other programs' databases by this number in the file's header: "GHSM". */
#define SCHEMA_APPLICATION 0x4748534D

/* Each statement once: name, text. */
#define STATEMENTS(X)                                                                              \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(OBJECT_GET, "SELECT serial, version, sealed FROM object WHERE type = ? AND id = ?")          \
    X(OBJECT_HAS, "SELECT length(sealed) FROM object WHERE type = ? AND id = ?")                   \
    X(OBJECT_LIST, "SELECT id FROM object WHERE type = ? ORDER BY serial")                         \
    X(OBJECT_SUM, "SELECT count(*), coalesce(sum(length(sealed)), 0) FROM object WHERE type = ?")  \
    X(OBJECT_INSERT, "INSERT INTO object (type, id, version, sealed) VALUES (?, ?, ?, ?)")         \
    X(OBJECT_UPDATE, "UPDATE object SET version = ?, sealed = ? WHERE serial = ?")                 \
    X(OBJECT_DELETE, "DELETE FROM object WHERE serial = ?")                                        \
    X(OBJECT_AFTER,                                                                                \
      "SELECT serial, type, id, version, sealed FROM object WHERE serial > ?"                      \
      " ORDER BY serial LIMIT 1")                                                                  \
    X(UNLOCK_GET, "SELECT parameters, sealed_root, id FROM unlock WHERE kind = ? ORDER BY id")     \
    X(UNLOCK_INSERT,                                                                               \
      "INSERT INTO unlock (kind, parameters, sealed_root, name) VALUES (?, ?, ?, ?)")              \
    X(UNLOCK_LIST, "SELECT id, kind, name FROM unlock WHERE kind > 0 ORDER BY id")                 \
    X(UNLOCK_LIST_UNNAMED, "SELECT id, kind, '' FROM unlock ORDER BY id") /* schema 1 */           \
    X(UNLOCK_RESEAL, "UPDATE unlock SET sealed_root = ? WHERE id = ?")                             \
    X(UNLOCK_DELETE, "DELETE FROM unlock WHERE id = ?")                                            \
    X(UNLOCK_DELETE_KIND, "DELETE FROM unlock WHERE kind = ?")                                     \
    X(UNLOCK_DELETE_OTHERS, "DELETE FROM unlock WHERE kind > 0 AND id <> ?")                       \
    X(STATE_GET, "SELECT facts, mac FROM state")                                                   \
    X(STATE_INSERT, "INSERT INTO state (id, facts, mac) VALUES (1, ?, ?)")                         \
    X(STATE_UPDATE, "UPDATE state SET facts = ?, mac = ? WHERE id = 1")                            \
    X(LOG_INSERT, "INSERT INTO log (seq, line) VALUES (?, ?)")                                     \
    X(LOG_LAST, "SELECT seq, line FROM log ORDER BY seq DESC LIMIT 1")                             \
    X(LOG_FIRST, "SELECT seq FROM log ORDER BY seq LIMIT 1")                                       \
    X(LOG_PRUNE, "DELETE FROM log WHERE seq <= ?")                                                 \
    X(LOG_READ, "SELECT seq, line FROM log WHERE seq >= ? ORDER BY seq")                           \
    X(NODE_INSERT, "INSERT INTO log_node (leaf, hashes) VALUES (?, ?)")                            \
    X(NODE_GET, "SELECT hashes FROM log_node WHERE leaf = ?")                                      \
    /* Of schema 1, whose rows had no name. */                                                     \
    X(SET_ROWS_1,                                                                                  \
      "SELECT 1, serial, type, id, version, sealed FROM object"                                    \
      " UNION ALL SELECT 2, id, kind, 0, 0,"                                                       \
      " CAST(quote(parameters) || quote(sealed_root) AS BLOB) FROM unlock"                         \
      " UNION ALL SELECT 3, rowid, 0, 0, 0,"                                                       \
      " CAST(quote(type) || quote(name) || quote(tbl_name) || quote(sql) AS BLOB)"                 \
      " FROM sqlite_schema")                                                                       \
    X(SET_ROWS,                                                                                    \
      "SELECT 1, serial, type, id, version, sealed FROM object"                                    \
      " UNION ALL SELECT 2, id, kind, 0, 0,"                                                       \
      " CAST(quote(parameters) || quote(sealed_root) || quote(name) AS BLOB) FROM unlock"          \
      " UNION ALL SELECT 3, rowid, 0, 0, 0,"                                                       \
      " CAST(quote(type) || quote(name) || quote(tbl_name) || quote(sql) AS BLOB)"                 \
      " FROM sqlite_schema")

enum statement {
#define X(name, text) SQL_##name,
    STATEMENTS(X)
#undef X
        SQL_COUNT
};
extern const char *const schema_statements[SQL_COUNT];

/* The version this program writes. */
uint32_t schema_version(void);
/* Brings a database from the given version (0: empty) to the newest, in a transaction of its own.
 * STORE_FULL. */
MUST_CHECK int schema_migrate(struct db *db, uint32_t from);
/* The same within the open transaction. */
MUST_CHECK int schema_grow(struct db *db, uint32_t from);
/* Whether the tables that the card reads are sound: rows, indexes and types agree. The log's are
 * left out, since no cost at open may grow with it. FAULT_BROKEN. */
MUST_CHECK int schema_check(struct db *db);
