/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody can do who has the files and no key, or a medium that forgets: bits flipped in
 * every file, rows swapped, doubled, removed, taken from an older copy or another token, older
 * files put back. Each is refused with a sentence and leaves the store as it was, or has changed
 * nothing.
 *
 * 5,000 flips in the normal run, 100,000 with GLASSHSM_LONG=1 in the environment. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

#define SECOND_KEY_SIZE 3000

/* Keys and files of several sizes, some changed and some removed, and a log. */
static void fill(struct store *s)
{
    static uint8_t large[SECOND_KEY_SIZE];
    stores_start_boot(s);
    for (uint32_t i = 1; i <= 12; i++) {
        memset(large, (int)i, sizeof large);
        ck_assert_int_eq(store_begin(s), 0);
        ck_assert_int_eq(store_put(s, OBJECT_KEY, i, span_of(large, 40)), 0);
        ck_assert_int_eq(store_put(s, OBJECT_KEY_MATERIAL, i, span_of(large, i * 250)), 0);
        ck_assert_int_eq(store_commit(s, false), 0);
        stores_append(s, AUDIT_KEY_GENERATED, i);
    }
}

/* And go on: every second key is changed. */
static void change(struct store *s)
{
    for (uint32_t i = 2; i <= 12; i += 2) {
        stores_put_key(s, i, "changed");
        stores_append(s, AUDIT_SIGN, 100 + i);
    }
}

/* --- Everything in a store --- */

struct dump {
    uint8_t objects[1 << 16], log[1 << 16];
    struct writer objects_out, log_out;
    uint8_t last[SHA256_SIZE]; /* hash of the last line */
    bool broken;               /* the chain of lines */
};

static bool take_line(void *context, uint64_t seq, struct span line)
{
    struct dump *dump = context;
    struct audit_record record;
    dump->broken |= !audit_record_read(line, &record) || record.seq != seq ||
                    !span_equal(SPAN_OF(record.previous), SPAN_OF(dump->last));
    write_span(&dump->log_out, line);
    ck_assert_int_eq(sha256_of(line, dump->last), 0);
    return true;
}

/* The result of reading the log. */
static int take_dump(struct store *s, struct dump *out)
{
    memset(out, 0, sizeof *out);
    out->objects_out = WRITER_OF(out->objects);
    out->log_out = WRITER_OF(out->log);
    stores_write_objects(s, &out->objects_out);
    int r = audit_read(s, 1, take_line, out);
    ck_assert(!out->log_out.full);
    return r;
}

/* --- Bits --- */

/* A store whose daemon was stopped, or was killed at work. */
static void make_store(struct folder *out, bool killed, struct dump *out_dump)
{
    struct folder folder = folder_make();
    struct store *s = stores_create(folder.path);
    fill(s);
    change(s);
    ck_assert_int_eq(take_dump(s, out_dump), 0);
    ck_assert(!out_dump->broken);
    *out = folder_make();
    if (!killed)
        store_close(&s);
    folder_copy(&folder, out);
    store_close(&s);
    folder_remove(&folder);
}

/* Marsaglia's xorshift64. */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

struct flip {
    const char *name;
    struct bytes content;
    uint64_t bit;
};

#define ck_flip(flip, condition)                                                                   \
    ck_assert_msg((condition), "%s, bit %llu: %s; %s", (flip)->name,                               \
                  (unsigned long long)(flip)->bit, #condition, failure_last()->cause)

static void write_flipped(struct flip *flip, const struct folder *to)
{
    struct file_path path = folder_file(to, flip->name);
    uint8_t *byte = &flip->content.at[flip->bit / 8], mask = (uint8_t)(1 << flip->bit % 8);
    *byte ^= mask;
    file_write(path.text, span_of(flip->content.at, flip->content.size), 0600);
    *byte ^= mask;
}

/* What opens has every object. A line that was altered in the middle of the log is found by whoever
 * reads the log, not at opening: that would take ever longer. */
static bool assert_no_harm(const struct flip *flip, struct store *s, const struct dump *expected)
{
    static struct dump found;
    int r = take_dump(s, &found);
    ck_flip(flip, span_equal(written(&found.objects_out), written(&expected->objects_out)));
    bool same = !r && span_equal(written(&found.log_out), written(&expected->log_out));
    ck_flip(flip, same || r == FAULT_BROKEN || found.broken);
    return same;
}

/* Whether it was found. */
static bool play_flip(struct flip *flip, const struct folder *folder, const struct dump *expected)
{
    struct store_place place = stores_place(folder->path);
    struct store_refusal why = { "" };
    struct store *s = NULL;
    write_flipped(flip, folder);
    struct folder_digest before = folder_digest(folder);
    failure_clear();
    int r = store_open(&place, &s, &why);
    ck_flip(flip, r >= 0);
    if (r) {
        struct folder_digest after = folder_digest(folder);
        ck_flip(flip, why.sentence[0] != '\0');
        ck_flip(flip, span_equal(SPAN_OF(before.bytes), SPAN_OF(after.bytes)));
        return true;
    }
    bool same = assert_no_harm(flip, s, expected);
    store_close(&s);
    return !same;
}

/* Returns how many were found. */
static unsigned flip_bits(const char *name, bool killed, unsigned count)
{
    static struct dump expected;
    struct folder folder, copy = folder_make();
    make_store(&folder, killed, &expected);
    struct file_path path = folder_file(&folder, name);
    struct flip flip = { .name = name, .content = file_read(path.text) };
    uint64_t chance = 1;
    unsigned found = 0;
    for (unsigned i = 0; i < count; i++) {
        folder_copy(&folder, &copy);
        flip.bit = draw(&chance) % (flip.content.size * 8);
        found += play_flip(&flip, &copy, &expected);
        unlink(folder_file(&copy, "token.db-wal").text);
    }
    bytes_free(&flip.content);
    folder_remove(&folder);
    folder_remove(&copy);
    return found;
}

static const struct {
    const char *name;
    bool killed;
    unsigned share; /* of a hundred flips */
    unsigned least; /* of a hundred of its own, so many must be found at least */
} targets[] = {
    { "token.db", false, 40, 50 },
    { "token.db", true, 10, 0 }, /* newer pages lie in the write-ahead log */
    { "token.db-wal", true, 40, 50 },
    { "anchor", true, 5, 0 }, /* one slot of two does, and both are short */
    { "seal.key", false, 5, 50 },
};

START_TEST(flipped_bits_are_found_or_do_no_harm)
{
    unsigned hundreds = getenv("GLASSHSM_LONG") ? 1000 : 50;
    unsigned count = targets[_i].share * hundreds;
    unsigned found = flip_bits(targets[_i].name, targets[_i].killed, count);
    ck_assert_msg(found >= count * targets[_i].least / 100, "%s: only %u of %u flips were found",
                  targets[_i].name, found, count);
}
END_TEST

/* --- Rows --- */

struct game {
    const char *what, *script; /* %u: the row's serial; the databases "old" and "other" are there */
};

static const struct game games[] = {
    { "sealed bytes of another row",
      "UPDATE object SET sealed = (SELECT sealed FROM object WHERE serial <> %u LIMIT 1 OFFSET 3)"
      " WHERE serial = %u" },
    { "swapped with the next row of its type",
      "CREATE TEMP TABLE pair AS SELECT a.serial AS x, b.serial AS y, a.sealed AS p, b.sealed AS q,"
      " a.version AS v, b.version AS w FROM object a JOIN object b"
      " ON a.type = b.type AND a.serial <> b.serial WHERE a.serial = %u LIMIT 1;"
      "UPDATE object SET sealed = (SELECT q FROM pair), version = (SELECT w FROM pair)"
      " WHERE serial = (SELECT x FROM pair);"
      "UPDATE object SET sealed = (SELECT p FROM pair), version = (SELECT v FROM pair)"
      " WHERE serial = (SELECT y FROM pair)" },
    { "under another name", "UPDATE object SET id = 200 WHERE serial = %u" },
    { "of another type", "UPDATE object SET type = 5 WHERE serial = %u" },
    { "removed", "DELETE FROM object WHERE serial = %u" },
    { "doubled",
      "INSERT INTO object (type, id, version, spare, sealed)"
      " SELECT type, 201, version, spare, sealed FROM object WHERE serial = %u" },
    { "from another token",
      "REPLACE INTO main.object SELECT * FROM other.object WHERE serial = %u" },
    { "from an older copy",
      "REPLACE INTO main.object SELECT * FROM old.object WHERE serial = %u"
      " AND version <> (SELECT version FROM main.object m"
      " WHERE m.serial = old.object.serial)" },
    { "from an older copy, with its state",
      "REPLACE INTO main.object SELECT * FROM old.object WHERE serial = %u;"
      "DELETE FROM main.state; INSERT INTO main.state SELECT * FROM old.state" },
    { "version counted up", "UPDATE object SET version = version + 1 WHERE serial = %u" },
};

struct world { /* a store, an older copy of it, and another one */
    struct folder now, old, other;
};

static void make_world(struct world *out)
{
    out->now = folder_make();
    out->old = folder_make();
    out->other = folder_make();
    struct store *s = stores_create(out->now.path);
    fill(s);
    store_close(&s);
    folder_copy(&out->now, &out->old);
    s = stores_open(out->now.path);
    change(s);
    store_close(&s);
    s = stores_create(out->other.path);
    fill(s);
    change(s);
    store_close(&s);
}

static void remove_world(struct world *world)
{
    folder_remove(&world->now);
    folder_remove(&world->old);
    folder_remove(&world->other);
}

static void run_sql(sqlite3 *db, const char *script)
{
    char *said = NULL;
    int code = sqlite3_exec(db, script, NULL, NULL, &said);
    ck_assert_msg(code == SQLITE_OK, "%s: %s", script, said);
}

static sqlite3 *open_with_others(const struct folder *folder, const struct world *world)
{
    sqlite3 *db = NULL;
    char attach[800];
    ck_assert_int_eq(sqlite3_open(folder_file(folder, "token.db").text, &db), SQLITE_OK);
    snprintf(attach, sizeof attach, "ATTACH '%s' AS old; ATTACH '%s' AS other",
             folder_file(&world->old, "token.db").text,
             folder_file(&world->other, "token.db").text);
    run_sql(db, attach);
    return db;
}

/* Whether it changed anything; then it must be refused. */
static bool play_game(const struct world *world, const struct folder *copy, const char *what,
                      const char *script)
{
    folder_copy(&world->now, copy);
    sqlite3 *db = open_with_others(copy, world);
    run_sql(db, script);
    bool changed = sqlite3_total_changes(db) > 0;
    sqlite3_close(db);
    if (!changed)
        return false;
    struct store_place place = stores_place(copy->path);
    int refusal = stores_refusal(&place);
    ck_assert_msg(refusal == STORE_DAMAGED || refusal == STORE_FOREIGN, "%s (%s): %d", what, script,
                  refusal);
    return true;
}

START_TEST(games_with_rows_are_refused)
{
    struct world world;
    struct folder copy = folder_make();
    const struct game *game = &games[_i];
    unsigned played = 0;
    make_world(&world);
    for (unsigned serial = 1; serial <= 24; serial++) {
        char script[1000];
        snprintf(script, sizeof script, game->script, serial, serial);
        played += play_game(&world, &copy, game->what, script);
    }
    ck_assert_msg(played >= 6, "%s: played %u times", game->what, played);
    remove_world(&world);
    folder_remove(&copy);
}
END_TEST

START_TEST(tables_of_others_are_refused)
{
    static const char *const scripts[] = {
        "DELETE FROM main.unlock; INSERT INTO main.unlock SELECT * FROM other.unlock",
        "DELETE FROM main.state; INSERT INTO main.state SELECT * FROM other.state",
        "DELETE FROM main.state; INSERT INTO main.state SELECT * FROM old.state",
        "DELETE FROM main.object; INSERT INTO main.object SELECT * FROM other.object",
        "DELETE FROM main.object; INSERT INTO main.object SELECT * FROM old.object",
        "DELETE FROM main.log; INSERT INTO main.log SELECT * FROM other.log",
        "DELETE FROM main.log; INSERT INTO main.log SELECT * FROM old.log",
        "DELETE FROM main.log_node; INSERT INTO main.log_node SELECT * FROM other.log_node",
        "DELETE FROM main.log_node; INSERT INTO main.log_node SELECT * FROM old.log_node",
        ("DELETE FROM main.object; INSERT INTO main.object SELECT * FROM old.object;"
         "DELETE FROM main.state; INSERT INTO main.state SELECT * FROM old.state"),
    };
    struct world world;
    struct folder copy = folder_make();
    make_world(&world);
    for (size_t i = 0; i < COUNT_OF(scripts); i++)
        ck_assert(play_game(&world, &copy, "tables", scripts[i]));
    remove_world(&world);
    folder_remove(&copy);
}
END_TEST

/* --- Older files --- */

#define GENERATIONS 50

struct generation {
    struct bytes database, write_ahead_log;
};
static struct generation generations[GENERATIONS];

static struct bytes file_or_nothing(const struct folder *folder, const char *name)
{
    struct file_path path = folder_file(folder, name);
    return access(path.text, F_OK) == 0 ? file_read(path.text) : (struct bytes){ 0 };
}

/* Copies of the files after each commit, of a store that is closed now and then; the folder is left
 * as a kill after the last one would leave it. */
static struct folder make_generations(struct store_facts *out_newest)
{
    struct folder folder = folder_make(), killed = folder_make();
    struct store *s = stores_create(folder.path);
    for (int i = 0; i < GENERATIONS; i++) {
        if (i % 3)
            stores_put_key(s, (uint32_t)i % 5, "a key");
        else
            stores_append(s, AUDIT_SIGN, (uint64_t)i);
        generations[i].database = file_or_nothing(&folder, "token.db");
        generations[i].write_ahead_log = file_or_nothing(&folder, "token.db-wal");
        if (i % 17 == 16) {
            store_close(&s);
            s = stores_open(folder.path);
        }
    }
    *out_newest = store_facts(s);
    folder_copy(&folder, &killed);
    store_close(&s);
    folder_remove(&folder);
    return killed;
}

static void put_files(const struct folder *folder, const struct bytes *database,
                      const struct bytes *write_ahead_log)
{
    struct file_path wal = folder_file(folder, "token.db-wal");
    file_write(folder_file(folder, "token.db").text, span_of(database->at, database->size), 0600);
    unlink(wal.text);
    if (write_ahead_log->size)
        file_write(wal.text, span_of(write_ahead_log->at, write_ahead_log->size), 0600);
}

/* Of every older generation, alone and mixed with the files of others. */
START_TEST(older_files_are_refused)
{
    struct store_facts newest;
    struct folder folder = make_generations(&newest), copy = folder_make();
    struct store_place place = stores_place(copy.path);
    for (int i = 0; i < GENERATIONS - 1; i++) {
        folder_copy(&folder, &copy);
        put_files(&copy, &generations[i].database, &generations[i].write_ahead_log);
        ck_assert_msg(stores_refusal(&place) == STORE_ROLLED_BACK, "generation %d", i);
    }
    for (int i = 0; i < GENERATIONS * GENERATIONS; i += 7) {
        struct store *s = NULL;
        struct store_refusal why = { "" };
        folder_copy(&folder, &copy);
        put_files(&copy, &generations[i / GENERATIONS].database,
                  &generations[i % GENERATIONS].write_ahead_log);
        int r = store_open(&place, &s, &why);
        ck_assert_msg(r > 0 || (r == 0 && store_facts(s).generation == newest.generation),
                      "database %d, log %d: %d", i / GENERATIONS, i % GENERATIONS, r);
        store_close(&s);
    }
    folder_remove(&folder);
    folder_remove(&copy);
}
END_TEST

START_TEST(older_files_open_once_they_are_accepted)
{
    struct store_facts newest;
    struct folder folder = make_generations(&newest), copy = folder_make();
    struct store_place place = stores_place(copy.path);
    for (int i = 0; i < GENERATIONS - 1; i += 12) {
        struct store *s = NULL;
        struct store_refusal why = { "" };
        folder_copy(&folder, &copy);
        put_files(&copy, &generations[i].database, &generations[i].write_ahead_log);
        place.accept_rollback = true;
        ck_assert_msg(store_open(&place, &s, &why) == 0, "%d: %s", i, why.sentence);
        struct store_facts facts = store_facts(s);
        ck_assert(!span_equal(SPAN_OF(facts.incarnation), SPAN_OF(newest.incarnation)));
        ck_assert_uint_gt(facts.generation, newest.generation);
        store_close(&s);
        place.accept_rollback = false;
        s = stores_open(copy.path);
        store_close(&s);
        put_files(&copy, &generations[GENERATIONS - 1].database,
                  &generations[GENERATIONS - 1].write_ahead_log);
        ck_assert_int_eq(stores_refusal(&place), STORE_ROLLED_BACK);
    }
    folder_remove(&folder);
    folder_remove(&copy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tamper");
    TCase *all = tcase_create("tamper");
    tcase_set_timeout(all, getenv("GLASSHSM_LONG") ? 3600 : 120);
    tcase_add_loop_test(all, flipped_bits_are_found_or_do_no_harm, 0, COUNT_OF(targets));
    tcase_add_loop_test(all, games_with_rows_are_refused, 0, COUNT_OF(games));
    tcase_add_test(all, tables_of_others_are_refused);
    tcase_add_test(all, older_files_are_refused);
    tcase_add_test(all, older_files_open_once_they_are_accepted);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
