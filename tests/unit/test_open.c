/* SPDX-License-Identifier: Apache-2.0 */
/* storage/open: what is damaged, foreign, old or in use is refused with a sentence, and left
 * exactly as it was. */
#include "storage/open.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/stores.h"
#include "tests/support/suite.h"

/* --- Damage done with SQL, as by somebody who has the file and no key --- */

static void sql(const struct folder *folder, const char *script)
{
    struct file_path path = folder_file(folder, "token.db");
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(path.text, &db), SQLITE_OK);
    int code = sqlite3_exec(db, script, NULL, NULL, NULL);
    ck_assert_msg(code == SQLITE_OK, "%s: %s", script, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void assert_refused_untouched(const struct folder *folder, int refusal, const char *what)
{
    struct store_place place = stores_place(folder->path);
    struct folder_digest before = folder_digest(folder);
    ck_assert_msg(stores_refusal(&place) == refusal, "%s", what);
    struct folder_digest after = folder_digest(folder);
    ck_assert_msg(span_equal(SPAN_OF(before.bytes), SPAN_OF(after.bytes)), "touched: %s", what);
}

START_TEST(cruel_changes_are_found)
{
    static const char *const scripts[] = {
        "UPDATE object SET sealed = CAST(x'00' || sealed AS BLOB) WHERE serial = 1",
        "UPDATE object SET version = version + 1 WHERE serial = 2",
        "UPDATE object SET id = 99 WHERE serial = 1",
        "UPDATE object SET type = 5 WHERE serial = 1",
        "UPDATE object SET serial = 77 WHERE serial = 1",
        "DELETE FROM object WHERE serial = 2",
        "DELETE FROM object",
        "INSERT INTO object (type, id, version, spare, sealed)"
        " SELECT type, 44, version, spare, sealed FROM object WHERE serial = 1",
        /* two rows swapped */
        "UPDATE object SET sealed = (SELECT sealed FROM object WHERE serial = 3 - o.serial)"
        " FROM object AS o WHERE object.serial = o.serial AND o.serial < 3",
        "UPDATE state SET facts = zeroblob(length(facts))",
        "UPDATE state SET mac = zeroblob(32)",
        "DELETE FROM state",
        "INSERT INTO state (id, facts, mac) SELECT 0, x'00', mac FROM state",
        "INSERT INTO unlock (kind, name, parameters, spare, sealed_root) VALUES (2, '', x'', x'', "
        "x'00')",
        "UPDATE log SET line = CAST(line || x'20' AS BLOB) WHERE seq = (SELECT max(seq) FROM log)",
        "DELETE FROM log WHERE seq = (SELECT max(seq) FROM log)",
        "DELETE FROM log",
        "INSERT INTO log (seq, line) VALUES (1000, x'00')",
        "DELETE FROM log_node WHERE leaf = 6",
        "UPDATE log_node SET hashes = zeroblob(64) WHERE leaf = 6",
        "CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM log; END",
        "CREATE TABLE other (x)",
        "CREATE INDEX object_order ON object (type)",
        "DROP TABLE object",
        "DROP TABLE unlock",
        "PRAGMA user_version = 0",
        "PRAGMA journal_mode = DELETE",
    };
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct folder folder = stores_make_small();
        sql(&folder, scripts[i]);
        assert_refused_untouched(&folder, STORE_DAMAGED, scripts[i]);
        folder_remove(&folder);
    }
}
END_TEST

START_TEST(replaced_seal_of_the_root_is_foreign)
{
    struct folder folder = stores_make_small();
    sql(&folder, "UPDATE unlock SET sealed_root = zeroblob(72)");
    assert_refused_untouched(&folder, STORE_FOREIGN, "sealed root");
    folder_remove(&folder);
}
END_TEST

START_TEST(foreign_and_newer_files_are_told_apart)
{
    struct folder folder = stores_make_small();
    struct file_path path = folder_file(&folder, "token.db");
    sql(&folder, "PRAGMA user_version = 1000");
    assert_refused_untouched(&folder, STORE_NEWER, "newer");
    sql(&folder, "PRAGMA application_id = 7");
    assert_refused_untouched(&folder, STORE_FOREIGN, "another program's");
    file_write(path.text, span_of_text("this is a text of somebody"), 0600);
    assert_refused_untouched(&folder, STORE_FOREIGN, "a text");
    file_write(path.text, (struct span){ 0 }, 0600);
    assert_refused_untouched(&folder, STORE_FOREIGN, "an empty file");
    folder_remove(&folder);
}
END_TEST

/* --- Old copies --- */

static void replace(const struct folder *from, const struct folder *to, const char *name)
{
    struct file_path source = folder_file(from, name), target = folder_file(to, name);
    SCOPED(bytes_free) struct bytes content = file_read(source.text);
    file_write(target.text, span_of(content.at, content.size), 0600);
}

/* A store, and a copy of it from before its last change. */
static void make_old_copy(struct folder *folder, struct folder *old)
{
    *folder = stores_make_small();
    *old = folder_make();
    folder_copy(folder, old);
    SCOPED(store_close) struct store *s = stores_open(folder->path);
    stores_put_key(s, 1, "changed");
}

START_TEST(older_database_is_refused)
{
    struct folder folder, old;
    make_old_copy(&folder, &old);
    replace(&old, &folder, "token.db");
    assert_refused_untouched(&folder, STORE_ROLLED_BACK, "older database");
    folder_remove(&folder);
    folder_remove(&old);
}
END_TEST

START_TEST(older_folder_is_found_by_an_anchor_elsewhere)
{
    struct folder folder, old;
    make_old_copy(&folder, &old);
    struct file_path anchor = folder_file(&folder, "anchor");
    struct store_place place = stores_place(old.path);
    place.anchor = anchor.text;
    ck_assert_int_eq(stores_refusal(&place), STORE_ROLLED_BACK);
    folder_remove(&folder);
    folder_remove(&old);
}
END_TEST

START_TEST(store_that_went_another_way_is_refused)
{
    struct folder folder, old;
    make_old_copy(&folder, &old);
    struct store *s = stores_open(old.path);
    stores_put_key(s, 1, "changed in another way");
    store_close(&s);
    replace(&old, &folder, "token.db");
    assert_refused_untouched(&folder, STORE_ROLLED_BACK, "same generation");

    folder_remove(&folder);
    folder_remove(&old);
}
END_TEST

/* Not only the number of the generation counts. */
START_TEST(longer_log_that_does_not_extend_the_anchor_is_refused)
{
    struct folder folder = stores_make_small(), old = folder_make();
    folder_copy(&folder, &old);
    struct store *s = stores_open(folder.path);
    stores_append(s, AUDIT_SIGN, 1);
    store_close(&s);
    s = stores_open(old.path);
    for (uint64_t i = 0; i < 10; i++)
        stores_append(s, AUDIT_DECIPHER, i);
    store_close(&s);
    replace(&old, &folder, "token.db");
    assert_refused_untouched(&folder, STORE_ROLLED_BACK, "a fork");
    folder_remove(&folder);
    folder_remove(&old);
}
END_TEST

/* Nor do the nodes of the tree alone: those of the history that the anchor knows, put into another
 * one where that needs none itself, make it no continuation. */
START_TEST(borrowed_nodes_do_not_make_another_history_a_continuation)
{
    struct folder folder = stores_make_small(), other = folder_make();
    folder_copy(&folder, &other);
    struct store *s = stores_open(folder.path);
    stores_append(s, AUDIT_SIGN, 1);
    store_close(&s);
    s = stores_open(other.path);
    for (uint64_t i = 0; store_facts(s).log_size < 32; i++)
        stores_append(s, AUDIT_DECIPHER, i);
    store_close(&s);
    char script[400];
    snprintf(script, sizeof script,
             "ATTACH '%s' AS known; REPLACE INTO main.log_node SELECT * FROM known.log_node",
             folder_file(&folder, "token.db").text);
    sql(&other, script);
    replace(&other, &folder, "token.db");
    assert_refused_untouched(&folder, STORE_ROLLED_BACK, "a fork with borrowed nodes");
    folder_remove(&folder);
    folder_remove(&other);
}
END_TEST

START_TEST(cut_write_ahead_log_is_refused)
{
    struct folder folder = stores_make_small(), crashed = folder_make();
    struct file_path wal = folder_file(&crashed, "token.db-wal");
    SCOPED(store_close) struct store *s = stores_open(folder.path);
    stores_put_key(s, 1, "changed");
    stores_put_key(s, 2, "changed");
    folder_copy(&folder, &crashed); /* as a power cut would leave it */

    struct store *after = stores_open(crashed.path);
    stores_assert_key(after, 2, "changed");
    store_close(&after);
    folder_copy(&folder, &crashed);
    SCOPED(bytes_free) struct bytes content = file_read(wal.text);
    ck_assert_uint_gt(content.size, 3000); /* two pages at least */
    content.at[content.size - 300] ^= 1;
    file_write(wal.text, span_of(content.at, content.size), 0600);
    assert_refused_untouched(&crashed, STORE_ROLLED_BACK, "flipped bit in the log");

    file_write(wal.text, span_of(content.at, content.size / 2), 0600);
    assert_refused_untouched(&crashed, STORE_ROLLED_BACK, "cut log");
    folder_remove(&crashed);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(store_ahead_of_its_anchor_is_a_crash_and_opens)
{
    struct folder folder, old;
    make_old_copy(&folder, &old);
    replace(&old, &folder, "anchor");
    struct store *s = stores_open(folder.path);
    stores_assert_key(s, 1, "changed");
    store_close(&s);
    folder_remove(&folder);
    folder_remove(&old);
}
END_TEST

START_TEST(missing_or_foreign_anchor_is_refused)
{
    struct folder folder = stores_make_small(), other = stores_make_small();
    replace(&other, &folder, "anchor");
    assert_refused_untouched(&folder, STORE_NO_ANCHOR, "another store's anchor");
    unlink(folder_file(&folder, "anchor").text);
    assert_refused_untouched(&folder, STORE_NO_ANCHOR, "no anchor");
    folder_remove(&folder);
    folder_remove(&other);
}
END_TEST

struct found {
    enum audit_action action, before; /* of the last record, and of the one before it */
    uint8_t incarnation[8];
};

static bool remember(void *context, uint64_t seq, struct span line)
{
    struct found *found = context;
    struct audit_record record;
    (void)seq;
    ck_assert(audit_record_read(line, &record));
    found->before = found->action;
    found->action = record.action;
    memcpy(found->incarnation, record.incarnation, sizeof found->incarnation);
    return true;
}

static struct store *accept_rollback(const struct folder *folder)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct store_place place = stores_place(folder->path);
    place.accept_rollback = true;
    ck_assert_msg(store_open(&place, &s, &why) == 0, "%s", why.sentence);
    return s;
}

START_TEST(accepted_rollback_begins_a_new_incarnation_and_says_so)
{
    struct folder folder, old;
    struct found last = { 0 };
    make_old_copy(&folder, &old);
    struct store *s = stores_open(folder.path);
    struct store_facts before = store_facts(s);
    store_close(&s);
    replace(&old, &folder, "token.db");

    s = accept_rollback(&folder);
    stores_assert_key(s, 1, "one");
    stores_assert_key(s, 3, "three");
    struct store_facts after = store_facts(s);
    ck_assert(!span_equal(SPAN_OF(before.incarnation), SPAN_OF(after.incarnation)));
    ck_assert_uint_gt(after.generation, before.generation);
    ck_assert_int_eq(audit_read(s, 1, remember, &last), 0);
    ck_assert_int_eq(last.before, AUDIT_ROLLBACK_ACCEPTED);
    ck_assert_int_eq(last.action, AUDIT_EPOCH_BEGUN);
    ck_assert(span_equal(SPAN_OF(last.incarnation), SPAN_OF(after.incarnation)));
    store_close(&s);

    s = stores_open(folder.path); /* needs no acceptance any more */
    stores_assert_key(s, 2, "two");
    store_close(&s);
    folder_remove(&folder);
    folder_remove(&old);
}
END_TEST

START_TEST(acceptance_of_nothing_changes_nothing)
{
    struct folder folder = stores_make_small();
    struct store *s = accept_rollback(&folder);
    ck_assert_uint_eq(store_facts(s).log_size, 6);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

/* --- In use --- */

START_TEST(second_process_is_refused_and_told_who_holds_it)
{
    struct folder folder = stores_make_small();
    int ready[2], done[2];
    char byte, expected[40];
    ck_assert(pipe(ready) == 0 && pipe(done) == 0);
    pid_t holder = fork();
    if (holder == 0) {
        SCOPED(store_close) struct store *s = stores_open(folder.path);
        bool waited = write(ready[1], "", 1) == 1 && read(done[0], &byte, 1) == 1;
        _exit(!waited);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);

    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct store_place place = stores_place(folder.path);
    ck_assert_int_eq(store_open(&place, &s, &why), STORE_HELD);
    snprintf(expected, sizeof expected, "process %d (test_open)", (int)holder);
    ck_assert_msg(strstr(why.sentence, expected) != NULL, "%s", why.sentence);

    ck_assert_int_eq(write(done[1], "", 1), 1);
    ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
    s = stores_open(folder.path);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(same_process_is_refused_too)
{
    struct folder folder = stores_make_small();
    struct store *s = stores_open(folder.path);
    struct store_place place = stores_place(folder.path);
    ck_assert_int_eq(stores_refusal(&place), STORE_HELD);
    stores_put_key(s, 1, "still working");
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

/* --- Missing and existing --- */

START_TEST(missing_store_is_named)
{
    struct folder folder = folder_make();
    assert_refused_untouched(&folder, STORE_MISSING, "empty folder");
    struct store_place nowhere = stores_place("/nonexistent/folder");
    ck_assert_int_eq(stores_refusal(&nowhere), STORE_MISSING);
    folder_remove(&folder);
}
END_TEST

static int create_refusal(const struct store_place *place)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    int r = store_create(place, &s, &why);
    ck_assert_ptr_null(s);
    ck_assert_str_ne(why.sentence, "");
    return r;
}

START_TEST(existing_store_is_not_overwritten)
{
    struct folder folder = stores_make_small();
    struct store_place place = stores_place(folder.path);
    struct folder_digest before = folder_digest(&folder);
    ck_assert_int_eq(create_refusal(&place), STORE_EXISTS);
    struct folder_digest after = folder_digest(&folder);
    ck_assert(span_equal(SPAN_OF(before.bytes), SPAN_OF(after.bytes)));
    folder_remove(&folder);
}
END_TEST

START_TEST(failed_creation_leaves_nothing_behind)
{
    struct folder folder = folder_make(), other = stores_make_small();
    struct file_path anchor = folder_file(&other, "anchor"), inner = folder_file(&folder, "store");
    struct store_place place = stores_place(inner.text);
    place.anchor = anchor.text; /* protects the other store */
    ck_assert_int_eq(create_refusal(&place), STORE_EXISTS);
    ck_assert_int_ne(access(inner.text, F_OK), 0);
    ck_assert_int_eq(access(anchor.text, F_OK), 0);
    folder_remove(&folder);
    folder_remove(&other);
}
END_TEST

START_TEST(new_store_is_private_and_in_one_file)
{
    struct folder folder = folder_make();
    struct file_path inner = folder_file(&folder, "store");
    struct folder store = { "" };
    struct stat facts;
    struct store *s = stores_create(inner.text);
    store_close(&s);
    snprintf(store.path, sizeof store.path, "%.63s", inner.text);
    ck_assert_int_eq(stat(store.path, &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 0777, 0700);
    ck_assert_int_eq(stat(folder_file(&store, "token.db").text, &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 0777, 0600);
    /* Nothing but the reserve is beside it. */
    ck_assert_int_eq(stat(folder_file(&store, "token.db-wal").text, &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 0777, 0600);
    ck_assert_uint_eq(facts.st_size, 0);
    folder_remove(&store);
    folder_remove(&folder);
}
END_TEST

START_TEST(exit_statuses_are_distinct)
{
    ck_assert_int_eq(store_exit_status(STORE_MISSING), 10);
    ck_assert_int_eq(store_exit_status(STORE_DENIED), 19);
    ck_assert_int_eq(store_exit_status(STORE_FULL), 1);
    ck_assert_int_eq(store_exit_status(-2), 1);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "open", cruel_changes_are_found, replaced_seal_of_the_root_is_foreign,
        foreign_and_newer_files_are_told_apart, older_database_is_refused,
        older_folder_is_found_by_an_anchor_elsewhere, store_that_went_another_way_is_refused,
        longer_log_that_does_not_extend_the_anchor_is_refused,
        borrowed_nodes_do_not_make_another_history_a_continuation, cut_write_ahead_log_is_refused,
        store_ahead_of_its_anchor_is_a_crash_and_opens, missing_or_foreign_anchor_is_refused,
        accepted_rollback_begins_a_new_incarnation_and_says_so,
        acceptance_of_nothing_changes_nothing, second_process_is_refused_and_told_who_holds_it,
        same_process_is_refused_too, missing_store_is_named, existing_store_is_not_overwritten,
        failed_creation_leaves_nothing_behind, new_store_is_private_and_in_one_file,
        exit_statuses_are_distinct);
}
