/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever can write token.db, but has nothing that opens it: values of every type and at every edge
 * in every column of every table, rows that are doubled, removed, exchanged and renumbered, groups
 * of rows moved out of the way, and a schema with more, less or other in it. Each edit is refused,
 * at start or by the command that meets it, or makes no difference to anything that can be
 * observed: the answers of a whole conversation, and the log. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "card-os/device.h"
#include "storage/verify.h"
#include "tests/support/card_fixture.h"
#include "tests/support/stores.h"
#include "tests/support/stride.h"
#include "tests/support/suite.h"

/* --- The token, and a conversation with it --- */

static struct folder pristine;
enum { FILES = 20 };

/* A key, a confidential file, others, and their records. */
static void make_token(void)
{
    static const char *const commands[] = {
        "00 20 0081 06 313131313131",
        VERIFY_USER,
        GENERATE_P256,
        "00 D7 CF01 09 54020000 5303616263",
    };
    struct card_fixture f;
    pristine = folder_make();
    card_fixture_attach(&f, stores_create(pristine.path));
    ck_assert_int_eq(device_personalise(&f.env, NULL), 0);
    card_fixture_power_on(&f);
    card_fixture_initialise(&f);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        card_fixture_send_hex(&f, commands[i]);
    for (unsigned i = 0; i < FILES; i++) {
        char command[60];
        snprintf(command, sizeof command, "00 D7 CD%02X 09 54020000 5303 %06X", 0x20 + i, i);
        ck_assert_uint_eq(card_fixture_status(&f, command), 0x9000);
    }
    card_fixture_deinit(&f);
}

static const char *const conversation[] = {
    "00 A4 040C 0B E82B0601040181C31F0201",
    VERIFY_USER_QUERY,
    "00 20 0088",
    "80 58 0000 000000",
    "00 B1 CF01 000004 54020000 0000",
    "00 20 0081 06 313131313131",
    VERIFY_USER_QUERY,
    VERIFY_USER,
    "80 58 0000 000000",
    "00 B1 CF01 000004 54020000 0000",
    "00 B1 2F02 000004 54020000 0000",
    "00 B1 2F03 000004 54020000 0000",
    "80 54 0000 00",
    "00 54 0000 00",
    "00 B1 D000 000004 54020000 0000",
    "00 D7 CD10 08 54020000 5302AABB",
    "00 B1 CD10 04 54020000 02",
    "00 E4 0200 02 CD10",
    "80 50 0000 00",
};

/* Digests of the answers, one after the other; the conversation ends where the store is refused. */
struct talk {
    uint8_t digests[COUNT_OF(conversation) + 1][SHA256_SIZE];
    size_t count; /* answers that were given */
    bool refused;
};

static bool add_line(void *context, uint64_t seq, struct span line)
{
    struct writer *out = context;
    (void)seq;
    write_span(out, line);
    return true;
}

/* As the daemon reads it. */
static void read_log(struct card_fixture *f, struct talk *out)
{
    static uint8_t bytes[1 << 16];
    struct writer lines = WRITER_OF(bytes);
    out->refused = audit_read(f->store, 1, add_line, &lines) != 0;
    if (!out->refused)
        ck_assert_int_eq(sha256_of(written(&lines), out->digests[out->count++]), 0);
}

static void converse(struct store *store, struct talk *out)
{
    struct card_fixture f;
    *out = (struct talk){ 0 };
    card_fixture_attach(&f, store);
    card_fixture_power_on(&f);
    for (size_t i = 0; i < COUNT_OF(conversation) && !out->refused; i++) {
        struct span answer = card_fixture_send_hex(&f, conversation[i]);
        out->refused = f.fault != 0 || answer_status(answer) == 0x6F00;
        if (!out->refused)
            ck_assert_int_eq(sha256_of(answer, out->digests[out->count++]), 0);
    }
    if (!out->refused)
        read_log(&f, out);
    card_fixture_deinit(&f);
}

/* --- One edit --- */

static struct talk expected;
static struct folder copy;
static sqlite3 *database; /* the pristine one in memory, to look at */
static struct {
    unsigned edits, refused_at_start, refused_later, without_effect;
} seen;

static void play(const char *what)
{
    struct store_place place = stores_place(copy.path);
    struct store_refusal why = { "" };
    struct store *store = NULL;
    struct talk talk;
    seen.edits++;
    failure_clear();
    int r = store_open(&place, &store, &why);
    ck_assert_msg(r >= 0, "%s: %s", what, failure_last()->cause);
    if (r) {
        ck_assert_msg(why.sentence[0], "%s", what);
        seen.refused_at_start++;
        return;
    }
    converse(store, &talk);
    ck_assert_msg(talk.refused || talk.count == expected.count, "%s", what);
    for (size_t i = 0; i < talk.count; i++)
        ck_assert_msg(span_equal(SPAN_OF(talk.digests[i]), SPAN_OF(expected.digests[i])),
                      "%s: answer %zu (%s) is another", what, i,
                      i < COUNT_OF(conversation) ? conversation[i] : "the log");
    seen.refused_later += talk.refused;
    seen.without_effect += !talk.refused;
}

/* --- Databases as bytes --- */

static struct bytes original;
static char true_schema[4000]; /* puts the schema back */

static void run_sql(sqlite3 *db, const char *script)
{
    char *said = NULL;
    int code = sqlite3_exec(db, script, NULL, NULL, &said);
    ck_assert_msg(code == SQLITE_OK, "%s: %s", script, said);
}

/* Into memory, where no write-ahead log is possible: bytes 18 and 19 of the file say so. */
static sqlite3 *load(struct span file)
{
    sqlite3 *db = NULL;
    uint8_t *at = sqlite3_malloc64(2 * file.size);
    memcpy(at, file.at, file.size);
    at[18] = at[19] = 1;
    ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_deserialize(db, "main", at, (sqlite3_int64)file.size, 2 * (sqlite3_int64)file.size,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE),
        SQLITE_OK);
    return db;
}

static void save(sqlite3 *db)
{
    sqlite3_int64 size = 0;
    uint8_t *at = sqlite3_serialize(db, "main", &size, 0);
    ck_assert_ptr_nonnull(at);
    at[18] = at[19] = 2;
    folder_copy(&pristine, &copy);
    file_write(folder_file(&copy, "token.db").text, span_of(at, (size_t)size), 0600);
    unlink(folder_file(&copy, "token.db-wal").text);
    sqlite3_free(at);
}

static const char *const tables[] = { "object", "unlock", "state", "log", "log_node" };

/* The tables without types and rules, so that every value can be put everywhere. */
static void relax(sqlite3 *db)
{
    static const char *const lax[] = {
        "CREATE TABLE object (serial INTEGER PRIMARY KEY, type, id, version, spare, sealed)",
        "CREATE TABLE unlock (id INTEGER PRIMARY KEY, kind, name, parameters, spare, sealed_root)",
        "CREATE TABLE state (id INTEGER PRIMARY KEY, facts, mac)",
        "CREATE TABLE log (seq INTEGER PRIMARY KEY, line)",
        "CREATE TABLE log_node (leaf INTEGER PRIMARY KEY, hashes)",
    };
    char *sql = sqlite3_mprintf("PRAGMA writable_schema = ON");
    size_t used = 0;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        sqlite3_stmt *ask = NULL;
        char *question =
            sqlite3_mprintf("SELECT sql FROM sqlite_schema WHERE name = %Q", tables[i]);
        ck_assert_int_eq(sqlite3_prepare_v2(db, question, -1, &ask, NULL), SQLITE_OK);
        ck_assert_int_eq(sqlite3_step(ask), SQLITE_ROW);
        char *back = sqlite3_mprintf("UPDATE sqlite_schema SET sql = %Q WHERE name = %Q;",
                                     sqlite3_column_text(ask, 0), tables[i]);
        used += (size_t)snprintf(true_schema + used, sizeof true_schema - used, "%s", back);
        ck_assert_uint_lt(used, sizeof true_schema);
        sqlite3_finalize(ask);
        char *more = sqlite3_mprintf("%s; UPDATE sqlite_schema SET sql = %Q WHERE name = %Q", sql,
                                     lax[i], tables[i]);
        sqlite3_free(sql);
        sqlite3_free(question);
        sqlite3_free(back);
        sql = more;
    }
    run_sql(db, sql);
    sqlite3_free(sql);
}

static struct bytes relaxed;

static void set_up(void)
{
    make_token();
    copy = folder_make();
    original = file_read(folder_file(&pristine, "token.db").text);
    sqlite3 *db = load(span_of(original.at, original.size));
    relax(db);
    sqlite3_int64 size = 0;
    relaxed.at = sqlite3_serialize(db, "main", &size, 0);
    relaxed.size = (size_t)size;
    sqlite3_close(db);
    database = load(span_of(relaxed.at, relaxed.size));

    /* The untouched one, by the same way. */
    for (int i = 0; i < 2; i++) {
        struct store *store;
        folder_copy(&pristine, &copy);
        store = stores_open(copy.path);
        struct talk talk;
        converse(store, i ? &talk : &expected);
        ck_assert(!expected.refused);
        ck_assert(i == 0 || memcmp(&talk, &expected, sizeof talk) == 0);
    }
}

static void tear_down(void)
{
    sqlite3_close(database);
    sqlite3_free(relaxed.at);
    bytes_free(&original);
    folder_remove(&pristine);
    folder_remove(&copy);
}

/* Carries an edit out, in a database of its own; whether it was possible and changed anything. */
static bool edit(const char *script)
{
    static unsigned turn;
    if (turn++ % stride())
        return false;
    sqlite3 *db = load(span_of(relaxed.at, relaxed.size));
    run_sql(db, "PRAGMA writable_schema = ON; BEGIN");
    bool of_schema = strstr(script, "sqlite_schema");
    if (of_schema)
        run_sql(db, true_schema);
    int before = sqlite3_total_changes(db);
    bool done = sqlite3_exec(db, script, NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_total_changes(db) > before;
    if (done && !of_schema)
        run_sql(db, true_schema);
    if (done) {
        run_sql(db, "COMMIT");
        save(db);
    }
    sqlite3_close(db);
    if (done)
        play(script);
    return done;
}

/* --- Values --- */

/* %1$s: the column. */
static const char *const values[] = {
    "NULL",
    "0",
    "1",
    "-1",
    "2",
    "255",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "-%1$s",
    "%1$s + 1",
    "%1$s - 1",
    "%1$s + 2147483648",
    "%1$s - 2147483648",
    "%1$s + 4294967296",
    "%1$s - 4294967296",
    "%1$s + 8589934592",
    "%1$s + 12884901888",
    "%1$s + 17179869184",
    "%1$s + 1099511627776",
    "%1$s | 4611686018427387904",
    "%1$s + 281474976710656",
    "CAST(%1$s AS REAL)",
    "%1$s + 0.5",
    "0.0",
    "-0.0",
    "1e300",
    "9e999",
    "CAST(%1$s AS TEXT)",
    "' ' || CAST(%1$s AS TEXT)",
    "CAST(%1$s AS TEXT) || '.0'",
    "''",
    "'x'",
    "CAST(%1$s AS TEXT) || char(0)",
    "x''",
    "x'00'",
    "CAST(%1$s AS BLOB)",
    "CAST(CAST(%1$s AS BLOB) || x'00' AS BLOB)",
    "zeroblob(8)",
    "zeroblob(length(%1$s))",
    "substr(CAST(%1$s AS BLOB), 2)",
    "CAST(substr(%1$s, 1, length(%1$s) - 1) AS BLOB)",
    "randomblob(length(%1$s))",
    "CAST(x'7f' || substr(%1$s, 2) AS BLOB)",
    "zeroblob(70000)",
    "%1$s || %1$s",
};

struct column {
    const char *table, *name, *key;
};
static const struct column columns[] = {
    { "object", "serial", "serial" },
    { "object", "type", "serial" },
    { "object", "id", "serial" },
    { "object", "version", "serial" },
    { "object", "spare", "serial" },
    { "object", "sealed", "serial" },
    { "unlock", "id", "id" },
    { "unlock", "kind", "id" },
    { "unlock", "name", "id" },
    { "unlock", "parameters", "id" },
    { "unlock", "spare", "id" },
    { "unlock", "sealed_root", "id" },
    { "state", "id", "id" },
    { "state", "facts", "id" },
    { "state", "mac", "id" },
    { "log", "seq", "seq" },
    { "log", "line", "seq" },
    { "log_node", "leaf", "leaf" },
    { "log_node", "hashes", "leaf" },
    { "sqlite_schema", "type", "rowid" },
    { "sqlite_schema", "name", "rowid" },
    { "sqlite_schema", "tbl_name", "rowid" },
    { "sqlite_schema", "rootpage", "rowid" },
    { "sqlite_schema", "sql", "rowid" },
};

static unsigned rows_of(const struct column *column, long long *out, unsigned most)
{
    sqlite3_stmt *ask = NULL;
    unsigned count = 0;
    char *question = sqlite3_mprintf("SELECT %s FROM %s ORDER BY 1", column->key, column->table);
    ck_assert_int_eq(sqlite3_prepare_v2(database, question, -1, &ask, NULL), SQLITE_OK);
    while (sqlite3_step(ask) == SQLITE_ROW && count < most)
        out[count++] = sqlite3_column_int64(ask, 0);
    sqlite3_finalize(ask);
    sqlite3_free(question);
    ck_assert_uint_gt(count, 0);
    return count;
}

enum { ROWS_MOST = 64 };

static void edit_value(const struct column *column, long long row, const char *value)
{
    char assigned[300];
    snprintf(assigned, sizeof assigned, value, column->name);
    char *script = sqlite3_mprintf("UPDATE OR IGNORE %s SET %s = %s WHERE %s = %lld", column->table,
                                   column->name, assigned, column->key, row);
    edit(script);
    sqlite3_free(script);
}

START_TEST(every_value_in_every_column)
{
    const struct column *column = &columns[_i];
    long long rows[ROWS_MOST];
    unsigned count = rows_of(column, rows, ROWS_MOST);
    for (unsigned i = 0; i < count; i++)
        for (size_t k = 0; k < COUNT_OF(values); k++)
            edit_value(column, rows[i], values[k]);
    printf("%s.%s: %u edits, %u refused at start, %u by a command, %u without effect\n",
           column->table, column->name, seen.edits, seen.refused_at_start, seen.refused_later,
           seen.without_effect);
    ck_assert_uint_gt(seen.edits * stride(), count * COUNT_OF(values) / 3);
}
END_TEST

/* --- Rows --- */

/* %1$s: table, %2$s: key, %3$s: column, %4$lld and %5$lld: two rows. */
static const char *const games[] = {
    "UPDATE %1$s SET %3$s = (SELECT %3$s FROM %1$s WHERE %2$s = %5$lld) WHERE %2$s = %4$lld",
    "UPDATE %1$s SET %2$s = -1 WHERE %2$s = %4$lld; UPDATE %1$s SET %2$s = %4$lld WHERE %2$s ="
    " %5$lld; UPDATE %1$s SET %2$s = %5$lld WHERE %2$s = -1",
    "DELETE FROM %1$s WHERE %2$s = %4$lld",
    "DELETE FROM %1$s WHERE %2$s IN (%4$lld, %5$lld)",
    "CREATE TEMP TABLE t AS SELECT * FROM %1$s WHERE %2$s = %4$lld; UPDATE t SET %2$s = %2$s + 900;"
    " INSERT INTO %1$s SELECT * FROM t; DROP TABLE t",
    "CREATE TEMP TABLE t AS SELECT * FROM %1$s WHERE %2$s = %4$lld; UPDATE t SET %2$s = 0;"
    " INSERT INTO %1$s SELECT * FROM t; DROP TABLE t",
    "CREATE TEMP TABLE t AS SELECT * FROM %1$s WHERE %2$s = %4$lld; UPDATE t SET %2$s = -5;"
    " INSERT INTO %1$s SELECT * FROM t; DROP TABLE t",
};

START_TEST(games_with_every_two_rows)
{
    const struct column *column = &columns[_i];
    long long rows[ROWS_MOST];
    unsigned count = rows_of(column, rows, ROWS_MOST);
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 1; k <= 4; k++)
            for (size_t g = 0; g < COUNT_OF(games); g++) {
                char script[600];
                if (g && (k > 1 || strcmp(column->name, column->key) != 0))
                    continue;
                snprintf(script, sizeof script, games[g], column->table, column->key, column->name,
                         rows[i], rows[(i + k) % count]);
                edit(script);
            }
    printf("%s.%s: %u games\n", column->table, column->name, seen.edits);
}
END_TEST

/* Whole groups out of the way, which no row alone would give away. */
START_TEST(groups_are_not_hidden)
{
    static const char *const groups[] = {
        "UPDATE object SET type = type + %lld WHERE type = %u",
        "UPDATE object SET id = id + %lld WHERE type = %u",
        "UPDATE object SET type = type + %lld, id = id + 4294967296 WHERE type = %u",
        "UPDATE object SET serial = serial + %lld WHERE type = %u",
        "UPDATE object SET version = version + %lld WHERE type = %u",
    };
    for (unsigned type = 1; type <= 10; type++)
        for (size_t g = 0; g < COUNT_OF(groups); g++)
            for (int bit = 16; bit < 63; bit++) {
                char script[200];
                snprintf(script, sizeof script, groups[g], 1LL << bit, type);
                edit(script);
            }
    ck_assert_uint_gt(seen.edits * stride(), 1000);
    ck_assert_uint_eq(seen.refused_at_start, seen.edits);
}
END_TEST

/* --- The schema --- */

START_TEST(schema_is_complete_and_exact)
{
    static const char *const scripts[] = {
        "CREATE TABLE more (x)",
        "CREATE TABLE more (x INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE VIEW more AS SELECT * FROM object",
        "CREATE TRIGGER more AFTER INSERT ON log BEGIN DELETE FROM object; END",
        "CREATE INDEX more ON object (type, id)",
        "CREATE UNIQUE INDEX more ON object (type, id, serial)",
        "CREATE INDEX more ON log (line)",
        "ANALYZE",
        "ALTER TABLE object ADD COLUMN more BLOB",
        "ALTER TABLE state ADD COLUMN more INTEGER DEFAULT 1",
        "ALTER TABLE log_node RENAME TO more",
        "DROP TABLE object",
        "DROP TABLE log_node",
        "DROP TABLE unlock",
        "PRAGMA user_version = 2",
        "PRAGMA user_version = 1",
        "PRAGMA user_version = 4",
        "PRAGMA user_version = -1",
        "PRAGMA application_id = 0",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '')",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' '",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || char(0) || 'x'",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = upper(sql)",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM"
        " sqlite_schema WHERE name = 'log') WHERE name = 'object'",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM"
        " sqlite_schema WHERE name = 'log') WHERE name = 'log_node'",
        "CREATE TABLE t AS SELECT * FROM object; DROP TABLE object; CREATE TABLE object (serial"
        " INTEGER PRIMARY KEY, type, id, version, spare, sealed) WITHOUT ROWID; INSERT INTO object"
        " SELECT * FROM t; DROP TABLE t",
    };
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        sqlite3 *db = load(span_of(original.at, original.size));
        run_sql(db, scripts[i]);
        save(db);
        sqlite3_close(db);
        play(scripts[i]);
    }
    ck_assert_uint_eq(seen.refused_at_start, COUNT_OF(scripts));
}
END_TEST

/* What changes nothing is let through: or all of this would be refused for another reason. */
START_TEST(way_of_editing_does_no_harm_itself)
{
    static const char *const scripts[] = {
        "UPDATE state SET mac = mac", "UPDATE object SET type = type",
        "UPDATE log SET line = CAST(line || x'' AS BLOB)",
        "UPDATE log_node SET hashes = zeroblob(4) WHERE leaf = 1", /* of no use to anybody */
    };
    for (size_t i = 0; i < COUNT_OF(scripts); i++)
        for (unsigned k = 0; k < stride(); k++)
            edit(scripts[i]);
    ck_assert_uint_eq(seen.edits, COUNT_OF(scripts));
    ck_assert_uint_eq(seen.refused_at_start, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("edited_store");
    TCase *all = tcase_create("edited_store");
    tcase_set_timeout(all, 300);
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, way_of_editing_does_no_harm_itself);
    tcase_add_test(all, schema_is_complete_and_exact);
    tcase_add_test(all, groups_are_not_hidden);
    tcase_add_loop_test(all, every_value_in_every_column, 0, COUNT_OF(columns));
    tcase_add_loop_test(all, games_with_every_two_rows, 0, COUNT_OF(columns) - 5);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
