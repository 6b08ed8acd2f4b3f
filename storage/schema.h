/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a store, and every statement that runs on them. */
#pragma once

#include "storage/db.h"

/* The application number in the file header that marks a store's database: "GHSM". */
#define SCHEMA_APPLICATION 0x4748534D

/* All statements: name, result columns (db.h), text. */
#define STATEMENTS(X)                                                                              \
    X(BEGIN, "", "BEGIN IMMEDIATE")                                                                \
    X(COMMIT, "", "COMMIT")                                                                        \
    X(ROLLBACK, "", "ROLLBACK")                                                                    \
    X(OBJECT_GET, "wwnb", "SELECT type, id, version, sealed FROM object WHERE serial = ?")         \
    X(OBJECT_INSERT, "",                                                                           \
      "INSERT INTO object (type, id, version, spare, sealed) VALUES (?, ?, ?, ?, ?)")              \
    X(OBJECT_RESTORE, "",                                                                          \
      "INSERT INTO object (type, id, version, spare, sealed, serial) VALUES (?, ?, ?, ?, ?, ?)")   \
    X(OBJECT_UPDATE, "", "UPDATE object SET version = ?, spare = ?, sealed = ? WHERE serial = ?")  \
    X(OBJECT_DELETE, "", "DELETE FROM object WHERE serial = ?")                                    \
    X(UNLOCK_GET, "bbn",                                                                           \
      "SELECT parameters, sealed_root, id FROM unlock WHERE kind = ? ORDER BY id")                 \
    X(UNLOCK_INSERT, "",                                                                           \
      "INSERT INTO unlock (kind, name, parameters, spare, sealed_root) VALUES (?, ?, ?, ?, ?)")    \
    X(UNLOCK_RESTORE, "",                                                                          \
      "INSERT INTO unlock (kind, name, parameters, spare, sealed_root, id)"                        \
      " VALUES (?, ?, ?, ?, ?, ?)")                                                                \
    X(UNLOCK_LIST, "nwt", "SELECT id, kind, name FROM unlock WHERE kind > 0 ORDER BY id")          \
    X(UNLOCK_LIST_UNNAMED, "nwt", "SELECT id, kind, '' FROM unlock ORDER BY id") /* schema 1 */    \
    X(UNLOCK_RESEAL, "", "UPDATE unlock SET sealed_root = ? WHERE id = ?")                         \
    X(UNLOCK_DELETE, "", "DELETE FROM unlock WHERE id = ?")                                        \
    X(UNLOCK_DELETE_KIND, "", "DELETE FROM unlock WHERE kind = ?")                                 \
    X(UNLOCK_DELETE_OTHERS, "", "DELETE FROM unlock WHERE kind > 0 AND id <> ?")                   \
    X(STATE_GET, "nbb", "SELECT id, facts, mac FROM state ORDER BY id")                            \
    X(STATE_INSERT, "", "INSERT INTO state (id, facts, mac) VALUES (1, ?, ?)")                     \
    X(STATE_UPDATE, "", "UPDATE state SET facts = ?, mac = ? WHERE id = 1")                        \
    X(LOG_INSERT, "", "INSERT INTO log (seq, line) VALUES (?, ?)")                                 \
    X(LOG_LAST, "nb", "SELECT seq, line FROM log ORDER BY seq DESC LIMIT 1")                       \
    X(LOG_FIRST, "n", "SELECT seq FROM log ORDER BY seq LIMIT 1")                                  \
    X(LOG_PRUNE, "", "DELETE FROM log WHERE seq <= ?")                                             \
    X(LOG_READ, "nb", "SELECT seq, line FROM log WHERE seq >= ? ORDER BY seq")                     \
    X(NODE_INSERT, "", "INSERT INTO log_node (leaf, hashes) VALUES (?, ?)")                        \
    X(NODE_GET, "b", "SELECT hashes FROM log_node WHERE leaf = ?")                                 \
    X(NODE_ENDS, "nn",                                                                             \
      "SELECT a.leaf, b.leaf FROM (SELECT leaf FROM log_node ORDER BY leaf LIMIT 1) a,"            \
      " (SELECT leaf FROM log_node ORDER BY leaf DESC LIMIT 1) b")                                 \
    X(SCHEMA_ROWS, "tttt",                                                                         \
      "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")           \
    /* Rows of the authenticated set (rowset.h): table, serial, type, id, version, zeros, data */  \
    /* quote() tells values of different types apart, but ends a text at a zero byte. */           \
    X(SET_ROWS_1, "wnwwnzb",                                                                       \
      "SELECT 1, serial, type, id, version, x'', sealed FROM object"                               \
      " UNION ALL SELECT 2, id, kind, 0, 0, x'',"                                                  \
      " CAST(quote(parameters) || quote(sealed_root) AS BLOB) FROM unlock"                         \
      " UNION ALL " SET_OF_SCHEMA)                                                                 \
    X(SET_ROWS_2, "wnwwnzb",                                                                       \
      "SELECT 1, serial, type, id, version, x'', sealed FROM object"                               \
      " UNION ALL SELECT 2, id, kind, 0, 0, x'',"                                                  \
      " CAST(quote(parameters) || quote(sealed_root) || quote(name) AS BLOB) FROM unlock"          \
      " UNION ALL " SET_OF_SCHEMA)                                                                 \
    X(SET_ROWS, "wnwwnzb",                                                                         \
      "SELECT 1, serial, type, id, version, spare, sealed FROM object"                             \
      " UNION ALL SELECT 2, id, kind, 0, 0, spare,"                                                \
      " CAST(quote(parameters) || quote(sealed_root) || quote(name)"                               \
      " || quote(CAST(name AS BLOB)) AS BLOB) FROM unlock"                                         \
      " UNION ALL " SET_OF_SCHEMA)                                                                 \
    /* From schema 2 to 3. */                                                                      \
    X(OLD_OBJECTS, "nwwnb", "SELECT serial, type, id, version, sealed FROM old_object")            \
    X(OLD_UNLOCKS, "nwtbb", "SELECT id, kind, name, parameters, sealed_root FROM old_unlock")

#define SET_OF_SCHEMA                                                                              \
    "SELECT 3, rowid, 0, 0, 0, x'',"                                                               \
    " CAST(quote(type) || quote(name) || quote(tbl_name) || quote(sql) AS BLOB)"                   \
    " FROM sqlite_schema"

enum statement {
#define X(name, columns, text) SQL_##name,
    STATEMENTS(X)
#undef X
        SQL_COUNT
};
extern const struct db_statement schema_statements[SQL_COUNT];

/* The schema version that this program writes. */
uint32_t schema_version(void);
/* Migrates a database from the given schema version (0: empty) to the newest, in a transaction of
 * its own. STORE_FULL. */
MUST_CHECK int schema_migrate(struct db *db, uint32_t from);
/* schema_migrate() within the open transaction. */
MUST_CHECK int schema_grow(struct db *db, uint32_t from);
/* Checks that the database has exactly the tables and indexes of this schema version, and that
 * those that the card reads are sound. The log's rows are left out, so that the time to open does
 * not grow with the log. FAULT_BROKEN. */
MUST_CHECK int schema_check(struct db *db, uint32_t version);

/* How many zeros an object's row needs so that its secret gets pages of its own (db.h); 0 for a
 * type that holds no secret. */
size_t schema_object_spare(uint32_t type, uint32_t id, uint64_t version, size_t sealed_size);
bool schema_holds_secret(uint32_t type);
struct unlock_row {
    uint64_t kind;
    struct span name, parameters, sealed_root;
    uint64_t id; /* 0: assigned by the database */
};
/* STORE_FULL. */
MUST_CHECK int schema_insert_unlock(struct db *db, const struct unlock_row *row);
