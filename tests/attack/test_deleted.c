/* SPDX-License-Identifier: Apache-2.0 */
/* Deleted is gone: whoever takes the store's files after a secret was deleted or replaced, with
 * everything that opens them, does not find it. Every byte of the folder is searched, for the
 * sealed bytes of every row that ever held a secret, in pieces, and by unsealing at every offset.
 *
 * After each deletion no piece of a dead row is in any file, and each piece of a living one is
 * there once: a second copy would be one that nothing overwrites when its turn comes. */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/schema.h"
#include "storage/snapshot.h"
#include "storage/sources.h"
#include "tests/support/fixture.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

/* --- Pieces of sealed rows --- */

#define PIECE 16 /* of any 31 bytes that follow each other in a row, one whole piece */
#define SLOTS (1u << 16)

struct piece {
    uint8_t bytes[PIECE];
    bool used, alive;
    unsigned found;
};

struct pieces {
    struct piece slots[SLOTS];
    unsigned count;
};

static uint32_t hash_of(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return (uint32_t)((word * 0x9E3779B97F4A7C15) >> 48);
}

/* Its slot, or the free one where it belongs. */
static struct piece *slot_of(struct pieces *pieces, const uint8_t *bytes)
{
    uint32_t at = hash_of(bytes);
    while (pieces->slots[at].used && memcmp(pieces->slots[at].bytes, bytes, PIECE) != 0)
        at = (at + 1) % SLOTS;
    return &pieces->slots[at];
}

static void learn(struct pieces *pieces, struct span sealed)
{
    for (size_t i = 0; i + PIECE <= sealed.size; i += PIECE) {
        struct piece *piece = slot_of(pieces, sealed.at + i);
        if (!piece->used)
            ck_assert_uint_lt(++pieces->count, SLOTS / 2);
        piece->used = true;
        piece->alive = true;
        memcpy(piece->bytes, sealed.at + i, PIECE);
    }
}

/* Every row with a secret, as the database has it now. */
static void learn_rows(struct pieces *pieces, struct store *s)
{
    static const char rows[] =
        "SELECT sealed FROM object WHERE type IN (2, 4, 5, 6, 8)"
        " UNION ALL SELECT sealed_root FROM unlock";
    sqlite3_stmt *statement = NULL;
    for (unsigned i = 0; i < SLOTS; i++)
        pieces->slots[i].alive = false;
    ck_assert_int_eq(sqlite3_prepare_v2(s->db.handle, rows, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        learn(pieces, span_of(sqlite3_column_blob(statement, 0),
                              (size_t)sqlite3_column_bytes(statement, 0)));
    sqlite3_finalize(statement);
}

/* --- Files --- */

typedef void look_into(void *context, const char *name, struct span content);

static void for_each_file(const struct folder *folder, look_into *look, void *context)
{
    DIR *list = opendir(folder->path);
    ck_assert_ptr_nonnull(list);
    for (struct dirent *entry; (entry = readdir(list));)
        if (entry->d_name[0] != '.') {
            SCOPED(bytes_free)
            struct bytes content = file_read(folder_file(folder, entry->d_name).text);
            look(context, entry->d_name, span_of(content.at, content.size));
        }
    closedir(list);
}

static void count_pieces(void *context, const char *name, struct span content)
{
    struct pieces *pieces = context;
    for (size_t i = 0; i + PIECE <= content.size; i++) {
        struct piece *piece = slot_of(pieces, content.at + i);
        if (!piece->used)
            continue;
        piece->found++;
        ck_assert_msg(piece->alive, "%s still has a piece of a dead row, at %zu", name, i);
    }
}

static struct pieces pieces;

static void assert_only_the_living(const struct folder *folder, const char *after)
{
    for (unsigned i = 0; i < SLOTS; i++)
        pieces.slots[i].found = 0;
    for_each_file(folder, count_pieces, &pieces);
    unsigned alive = 0, found = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct piece *piece = &pieces.slots[i];
        alive += piece->alive;
        found += piece->found;
        ck_assert_msg(piece->found <= 1, "%s: a living piece is there %u times", after,
                      piece->found);
    }
    ck_assert_uint_gt(found, alive * 9 / 10); /* some lie across two pages */
}

/* --- Unsealing at every offset --- */

struct search {
    const struct hierarchy *keys;
    struct seal_place place;
    size_t size;
    unsigned opened;
};

static void unseal_everywhere(void *context, const char *name, struct span content)
{
    struct search *search = context;
    uint8_t plain[4096];
    (void)name;
    for (size_t i = 0; i + search->size <= content.size; i++) {
        struct writer out = WRITER_OF(plain);
        search->opened += seal_open(hierarchy_key(search->keys, SUBKEY_SEAL), &search->place,
                                    span_part(content, i, search->size), &out) == 0;
    }
}

static struct search search_for(struct store *s, uint32_t type, uint32_t id)
{
    const struct entry *entry = directory_find(&s->directory, type, id);
    ck_assert_ptr_nonnull(entry);
    return (struct search){ .keys = &s->keys,
                            .place = store_place_of(&s->now, type, id, entry->version),
                            .size = (size_t)entry->size };
}

static unsigned find_in(const struct folder *folder, struct search search)
{
    for_each_file(folder, unseal_everywhere, &search);
    return search.opened;
}

/* --- The signing key of an ended epoch, a key, a PIN --- */

static void put(struct store *s, enum object_type type, uint32_t id, size_t size, uint8_t filling)
{
    uint8_t bytes[4000];
    memset(bytes, filling, sizeof bytes);
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_put(s, type, id, span_of(bytes, size)), 0);
    ck_assert_int_eq(store_commit(s, false), 0);
}

static void end_epoch(struct store *s)
{
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_begin_epoch(s), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
}

static void erase(struct store *s, enum object_type type, uint32_t id)
{
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_delete(s, type, id), 0);
    ck_assert_int_eq(store_commit(s, false), 0);
}

START_TEST(nothing_deleted_opens_at_any_offset)
{
    struct folder folder = folder_make();
    struct store *s = stores_create(folder.path);
    end_epoch(s);
    put(s, OBJECT_KEY_MATERIAL, 1, 90, 1);
    put(s, OBJECT_PIN, 0x81, 52, 2);
    put(s, OBJECT_DOMAIN, 0, 34, 3);
    const struct search secrets[] = {
        search_for(s, OBJECT_EPOCH, 1),
        search_for(s, OBJECT_KEY_MATERIAL, 1),
        search_for(s, OBJECT_PIN, 0x81),
        search_for(s, OBJECT_DOMAIN, 0),
    };
    for (size_t i = 0; i < COUNT_OF(secrets); i++)
        ck_assert_uint_ge(find_in(&folder, secrets[i]), 1); /* the search finds what is there */
    end_epoch(s);
    erase(s, OBJECT_KEY_MATERIAL, 1);
    put(s, OBJECT_PIN, 0x81, 52, 4);
    erase(s, OBJECT_DOMAIN, 0);
    for (size_t i = 0; i < COUNT_OF(secrets); i++)
        ck_assert_uint_eq(find_in(&folder, secrets[i]), 0);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

/* --- A store at work --- */

/* Marsaglia's xorshift64. */
static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % below;
}

static const enum object_type secret_types[] = { OBJECT_PIN, OBJECT_KEY_MATERIAL, OBJECT_FILE,
                                                 OBJECT_DOMAIN };

/* Changes something; whether a secret went. */
static bool work(struct store *s, uint64_t *chance)
{
    static uint8_t bytes[3000];
    enum object_type type = secret_types[draw(chance, COUNT_OF(secret_types))];
    uint32_t id = (uint32_t)draw(chance, 40);
    size_t size = draw(chance, 4) ? draw(chance, 200) : draw(chance, sizeof bytes);
    bool existed = store_has(s, type, id) == 0, goes = false;
    memset(bytes, (int)draw(chance, 256), sizeof bytes);
    ck_assert_int_eq(store_begin(s), 0);
    switch (draw(chance, 8)) {
    case 0:
        goes = existed;
        ck_assert_int_eq(store_delete(s, type, id), existed ? 0 : STORE_ABSENT);
        break;
    case 1:
        ck_assert_int_eq(store_put_same_secret(s, type, id, span_of(bytes, size)), 0);
        break;
    case 2:
        goes = true;
        ck_assert_int_eq(store_begin_epoch(s), 0);
        break;
    case 3:
    case 4:
        ck_assert_int_eq(store_put(s, OBJECT_KEY, id, span_of(bytes, size)), 0);
        break;
    default:
        goes = existed;
        ck_assert_int_eq(store_put(s, type, id, span_of(bytes, size)), 0);
    }
    ck_assert_int_eq(store_commit(s, false), 0);
    return goes;
}

START_TEST(dead_rows_are_in_no_file)
{
    enum { WORKS = 400 };
    struct folder folder = folder_make();
    struct store *s = stores_create(folder.path);
    uint64_t chance = 20261201;
    unsigned gone = 0;
    end_epoch(s);
    for (unsigned i = 0; i < WORKS; i++) {
        bool goes = work(s, &chance);
        learn_rows(&pieces, s);
        if (goes) {
            assert_only_the_living(&folder, "a deletion");
            gone++;
        }
        if (i % 100 == 99) {
            store_close(&s);
            assert_only_the_living(&folder, "closing");
            s = stores_open(folder.path);
        }
    }
    ck_assert_uint_gt(gone, WORKS / 4);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

/* A cut right after a commit, before the overwriting: the next start's first commit does it. */
START_TEST(killed_daemon_leaves_it_to_the_next)
{
    struct folder folder = folder_make(), cut = folder_make();
    struct store *s = stores_create(folder.path);
    uint64_t chance = 7;
    for (unsigned i = 0; i < 60; i++) {
        put(s, OBJECT_KEY_MATERIAL, (uint32_t)draw(&chance, 20), 100, (uint8_t)i);
        learn_rows(&pieces, s);
    }
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_put_same_secret(s, OBJECT_KEY_MATERIAL, 3, span_of_text("another")), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
    folder_copy(&folder, &cut);
    store_close(&s);
    s = stores_open(cut.path);
    stores_start_boot(s);
    learn_rows(&pieces, s);
    assert_only_the_living(&cut, "a start after a cut");
    store_close(&s);
    folder_remove(&folder);
    folder_remove(&cut);
}
END_TEST

/* --- Unlock sources --- */

static struct store *open_for_change(const struct folder *folder)
{
    struct store_place place = stores_place(folder->path);
    struct store_refusal why;
    struct store *s = NULL;
    place.keep_unlocked = true;
    ck_assert_msg(store_open(&place, &s, &why) == 0, "%s", why.sentence);
    return s;
}

START_TEST(removed_and_renewed_sources_are_gone)
{
    struct folder folder = stores_make_small();
    struct store *s = open_for_change(&folder);
    const struct unlock_source passphrase = { .kind = UNLOCK_PASSPHRASE,
                                              .passphrase = span_of_text("in the safe") };
    struct source_list list;
    ck_assert_int_eq(sources_add(s, &passphrase, "safe", 0), 0);
    learn_rows(&pieces, s);
    ck_assert_int_eq(sources_list(s, &list), 0);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_int_eq(sources_remove(s, list.at[1].number, 0), 0);
    learn_rows(&pieces, s);
    assert_only_the_living(&folder, "removing a source");
    ck_assert_int_eq(sources_rekey(s, false, 0), 0);
    learn_rows(&pieces, s);
    assert_only_the_living(&folder, "rekey");
    store_close(&s);
    assert_only_the_living(&folder, "closing");
    folder_remove(&folder);
}
END_TEST

/* --- Copies and older stores --- */

/* The source's signing key is in no file beside the source. */
START_TEST(snapshot_has_nothing_of_the_sources_signing_key)
{
    struct folder folder = folder_make();
    struct store *s = stores_create(folder.path);
    const struct audit_record event = { .role = AUDIT_ADMIN };
    end_epoch(s);
    put(s, OBJECT_KEY_MATERIAL, 1, 90, 1);
    struct search key = search_for(s, OBJECT_EPOCH, 1);
    ck_assert_int_eq(snapshot_make(s, &event, folder_file(&folder, "copy").text), 0);
    ck_assert_uint_eq(find_in(&folder, key), 1); /* in the source */
    store_close(&s);
    ck_assert_int_ne(access(folder_file(&folder, "copy.part").text, F_OK), 0);
    ck_assert_int_ne(access(folder_file(&folder, "copy.part-wal").text, F_OK), 0);
    folder_remove(&folder);
}
END_TEST

/* More than SQLite keeps in memory of a copy, so that the file has had the pages before they
 * change; nothing of it is secret. */
static void fill(struct store *s)
{
    enum { FILES = 1500 };
    uint8_t bytes[3900];
    memset(bytes, 0x55, sizeof bytes);
    ck_assert_int_eq(store_begin(s), 0);
    for (uint32_t i = 1; i <= FILES; i++)
        ck_assert_int_eq(store_put(s, OBJECT_KEY, i, SPAN_OF(bytes)), 0);
    ck_assert_int_eq(store_commit(s, false), 0);
}

static void change_and_undo(struct store *s)
{
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_put(s, OBJECT_KEY, 1, span_of_text("undone")), 0);
    store_rollback(s);
}

static void count_every_file(const struct folder *folder)
{
    for (unsigned i = 0; i < SLOTS; i++)
        pieces.slots[i].found = 0;
    for_each_file(folder, count_pieces, &pieces);
}

/* Pieces in the copy so far. */
static unsigned count_copied(const struct folder *folder)
{
    SCOPED(bytes_free) struct bytes part = file_read(folder_file(folder, "copy.part").text);
    unsigned copied = 0;
    for (unsigned i = 0; i < SLOTS; i++)
        pieces.slots[i].found = 0;
    count_pieces(&pieces, "copy.part", span_of(part.at, part.size));
    for (unsigned i = 0; i < SLOTS; i++)
        copied += pieces.slots[i].found > 0;
    return copied;
}

/* In the file of a snapshot in the making, too, at any stage of it; _i: also after a change that
 * was undone has made SQLite begin the copy anew. */
START_TEST(snapshot_in_the_making_forgets)
{
    enum { SECRETS = 24 };
    struct folder folder = folder_make();
    struct store *s = stores_create(folder.path);
    struct snapshot *snapshot = NULL;
    unsigned copied = 0, steps = 0;
    end_epoch(s);
    for (uint32_t id = 0; id < SECRETS; id++)
        put(s, OBJECT_KEY_MATERIAL, id, 90 + 100 * id, (uint8_t)id);
    put(s, OBJECT_PIN, 0x81, 52, 2);
    fill(s);
    learn_rows(&pieces, s);
    ck_assert_int_eq(snapshot_begin(s, folder_file(&folder, "copy").text, &snapshot), 0);
    for (uint32_t id = 0; id < SECRETS && snapshot_step(snapshot) == SNAPSHOT_MORE; id++) {
        copied += count_copied(&folder);
        if (_i && id == SECRETS / 2)
            change_and_undo(s);
        if (id % 3 == 0)
            erase(s, OBJECT_KEY_MATERIAL, id);
        else if (id % 3 == 1)
            put(s, OBJECT_PIN, 0x81, 52, (uint8_t)(100 + id));
        else
            end_epoch(s);
        learn_rows(&pieces, s);
        count_every_file(&folder);
        steps++;
    }
    ck_assert_uint_gt(steps, SECRETS / 2);
    ck_assert_uint_gt(copied, 0); /* the copy had some of them when they went */
    snapshot_drop(&snapshot);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

/* What an older program left in the pages of its tables: one copy of each secret remains. */
START_TEST(upgrade_leaves_one_copy_of_each_secret)
{
    struct folder folder = fixture_copy((unsigned)_i);
    struct store *s = stores_open(folder.path);
    learn_rows(&pieces, s);
    assert_only_the_living(&folder, "the upgrade");
    store_close(&s);
    assert_only_the_living(&folder, "closing");
    folder_remove(&folder);
}
END_TEST

/* --- A full medium --- */

static bool write_proc(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0)
        close(file);
    return written;
}

/* An ordinary user may mount in a user namespace, in which he stays himself. */
static bool enter_user_namespace(void)
{
    char users[64], groups[64];
    snprintf(users, sizeof users, "%u %u 1", geteuid(), geteuid());
    snprintf(groups, sizeof groups, "%u %u 1", getegid(), getegid());
    return unshare(CLONE_NEWUSER) == 0 && write_proc("/proc/self/setgroups", "deny") &&
           write_proc("/proc/self/uid_map", users) && write_proc("/proc/self/gid_map", groups);
}

/* Mounts a small file system of this process alone over the folder. False: it may not. */
static bool mount_small(const struct folder *folder)
{
    return (geteuid() == 0 || enter_user_namespace()) && unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", folder->path, "tmpfs", 0, "size=4m,mode=700") == 0;
}

/* As another program's file, which takes every block there is. */
static void fill_up(const struct folder *folder)
{
    static const uint8_t block[4096];
    int file = open(folder_file(folder, "filler").text, O_WRONLY | O_CREAT | O_APPEND, 0600);
    ck_assert_int_ge(file, 0);
    while (write(file, block, sizeof block) > 0)
        ;
    close(file);
}

/* 0 or STORE_FULL. */
static int replace_key(struct store *s, uint64_t *chance)
{
    static uint8_t bytes[2000];
    uint32_t id = (uint32_t)draw(chance, 400);
    memset(bytes, (int)draw(chance, 256), sizeof bytes);
    ck_assert_int_eq(store_begin(s), 0);
    int r = draw(chance, 4) == 0 && store_has(s, OBJECT_KEY_MATERIAL, id) == 0
                ? store_delete(s, OBJECT_KEY_MATERIAL, id)
                : store_put(s, OBJECT_KEY_MATERIAL, id,
                            span_of(bytes, 90 + 1800 + (size_t)draw(chance, 100)));
    if (r == 0)
        r = store_commit(s, false);
    else
        store_rollback(s);
    ck_assert(r == 0 || r == STORE_FULL);
    return r;
}

/* What is done is done wholly: a deletion whose bytes could not be overwritten is refused. Only the
 * end of an epoch may use the reserve, and finds it. */
START_TEST(full_medium_keeps_nothing_deleted)
{
    enum { ROUNDS = 400, EPOCHS = 5 };
    struct folder folder = folder_make();
    if (!mount_small(&folder)) {
        puts("no file system can be mounted here: not tried");
        return;
    }
    struct store *s = stores_create(folder.path);
    uint64_t chance = 20261202;
    unsigned done = 0, refused = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i == ROUNDS / 4)
            fill_up(&folder);
        int r = replace_key(s, &chance);
        if (i > ROUNDS / 4)
            fill_up(&folder);
        learn_rows(&pieces, s);
        assert_only_the_living(&folder, r ? "a refusal" : "a deletion");
        done += r == 0;
        refused += r != 0;
    }
    ck_assert_uint_ge(done, ROUNDS / 4);
    ck_assert_uint_ge(refused, 1);
    for (unsigned i = 0; i < EPOCHS; i++) {
        ck_assert_int_eq(store_begin(s), 0);
        ck_assert_int_eq(store_begin_epoch(s), 0);
        store_use_reserve(s, true);
        ck_assert_int_eq(store_commit(s, true), 0);
        fill_up(&folder);
        learn_rows(&pieces, s);
        assert_only_the_living(&folder, "the end of an epoch");
    }
    store_close(&s);
    assert_only_the_living(&folder, "closing");
    umount(folder.path);
    folder_remove(&folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deleted");
    TCase *all = tcase_create("deleted");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, nothing_deleted_opens_at_any_offset);
    tcase_add_test(all, dead_rows_are_in_no_file);
    tcase_add_test(all, killed_daemon_leaves_it_to_the_next);
    tcase_add_test(all, removed_and_renewed_sources_are_gone);
    tcase_add_test(all, snapshot_has_nothing_of_the_sources_signing_key);
    tcase_add_loop_test(all, upgrade_leaves_one_copy_of_each_secret, 1, 3);
    tcase_add_test(all, full_medium_keeps_nothing_deleted);
    suite_add_tcase(suite, all);
    TCase *making = tcase_create("in the making");
    tcase_set_timeout(making, 300);
    tcase_add_loop_test(making, snapshot_in_the_making_forgets, 0, 2);
    suite_add_tcase(suite, making);
    return run_suite(suite);
}
