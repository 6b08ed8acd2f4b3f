/* SPDX-License-Identifier: Apache-2.0 */
/* storage/snapshot: a copy of a store that is in use is whole, has a signing epoch of its own, and
 * begins another life in its new place. */
#include "storage/snapshot.h"

#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "storage/verify.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

static const struct audit_record ordered = { .role = AUDIT_ADMIN, .admin_uid = 7 };

/* A store with an epoch, as a personalised token has it. */
static struct store *make(const struct folder *folder)
{
    struct store *s = stores_create(folder->path);
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_begin_epoch(s), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
    stores_put_key(s, 1, "one");
    stores_put_key(s, 2, "two");
    return s;
}

static struct store *look_at(const struct folder *folder, const char *file)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct file_path path = folder_file(folder, file);
    struct store_place place = stores_place(folder->path);
    place.database = path.text;
    place.look_only = true;
    int r = store_open(&place, &s, &why);
    ck_assert_msg(r == 0, "%d %s / %s", r, why.sentence, failure_last()->cause);
    return s;
}

/* The snapshot and the key in a folder of their own. */
static struct folder placed(const struct folder *folder)
{
    struct folder to = folder_make();
    SCOPED(bytes_free) struct bytes copy = file_read(folder_file(folder, "copy").text);
    SCOPED(bytes_free) struct bytes key = file_read(folder_file(folder, "seal.key").text);
    file_write(folder_file(&to, "token.db").text, span_of(copy.at, copy.size), 0600);
    file_write(folder_file(&to, "seal.key").text, span_of(key.at, key.size), 0600);
    return to;
}

static void snapshot(struct store *s, const struct folder *folder)
{
    int r = snapshot_make(s, &ordered, folder_file(folder, "copy").text);
    ck_assert_msg(r == 0, "%d %s", r, failure_last()->cause);
}

struct seen {
    unsigned snapshots, restored, epochs;
    struct audit_record last;
};

static bool see(void *context, uint64_t seq, struct span line)
{
    struct seen *seen = context;
    (void)seq;
    ck_assert(audit_record_read(line, &seen->last));
    seen->snapshots += seen->last.action == AUDIT_SNAPSHOT;
    seen->restored += seen->last.action == AUDIT_RESTORED;
    seen->epochs += seen->last.action == AUDIT_EPOCH_BEGUN;
    return true;
}

static struct seen seen_in(struct store *s)
{
    struct seen seen = { 0 };
    ck_assert_int_eq(audit_read(s, 1, see, &seen), 0);
    return seen;
}

START_TEST(snapshot_of_a_store_in_use_is_whole)
{
    struct folder folder = folder_make();
    struct store *s = make(&folder);
    struct verify_report report;
    snapshot(s, &folder);
    ck_assert_uint_eq(seen_in(s).snapshots, 1);
    ck_assert_uint_eq(seen_in(s).last.admin_uid, 7);
    stores_put_key(s, 1, "changed later");
    uint64_t size = store_facts(s).log_size;
    store_close(&s);

    ck_assert_int_ne(access(folder_file(&folder, "copy-wal").text, F_OK), 0);
    s = look_at(&folder, "copy");
    stores_assert_key(s, 1, "one");
    ck_assert_int_eq(verify_store(s, &report), 0);
    ck_assert_uint_eq(report.records, size);
    ck_assert_uint_eq(seen_in(s).snapshots, 1); /* its last record tells that it was made */
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

static void get(struct store *s, enum object_type type, uint32_t id, struct writer *out)
{
    ck_assert_int_eq(store_get(s, type, id, out), 0);
}

START_TEST(snapshot_has_an_epoch_of_its_own_and_never_the_sources)
{
    struct folder folder = folder_make();
    struct store *s = make(&folder);
    uint8_t own[ED25519_SEED_SIZE], copied[ED25519_SEED_SIZE];
    struct writer seed = WRITER_OF(own), other = WRITER_OF(copied);
    snapshot(s, &folder);
    ck_assert_uint_eq(audit_head(s).epoch, 1);
    get(s, OBJECT_EPOCH, 1, &seed);
    store_close(&s);

    s = look_at(&folder, "copy");
    ck_assert_uint_eq(audit_head(s).epoch, 2);
    ck_assert_int_eq(store_has(s, OBJECT_EPOCH, 1), STORE_ABSENT);
    get(s, OBJECT_EPOCH, 2, &other);
    ck_assert(!span_equal(written(&seed), written(&other)));

    /* the record's digest is the new key, and the handover names it */
    uint8_t known[ED25519_PUBLIC_SIZE], note_bytes[CHECKPOINT_MAX];
    struct writer note = WRITER_OF(note_bytes);
    struct seen seen = seen_in(s);
    ck_assert_int_eq(ed25519_public(copied, known), 0);
    ck_assert(span_equal(SPAN_OF(known), SPAN_OF(seen.last.digest)));
    ck_assert_int_eq(audit_handover(s, 1, &note), 0);
    ck_assert_ptr_nonnull(memmem(note_bytes, note.size, "\nnext glasshsm/", 15));
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

static bool holds(struct span file, struct span part)
{
    return memmem(file.at, file.size, part.at, part.size) != NULL;
}

/* Not even as sealed bytes, which only the unlock source guards. */
START_TEST(no_trace_of_the_sources_seed_is_in_the_file)
{
    struct folder folder = folder_make();
    struct store *s = make(&folder);
    uint8_t sealed_bytes[200];
    struct writer sealed = WRITER_OF(sealed_bytes);
    stores_write_sealed(s, OBJECT_EPOCH, 1, &sealed);
    snapshot(s, &folder);
    store_close(&s);

    SCOPED(bytes_free) struct bytes source = file_read(folder_file(&folder, "token.db").text);
    SCOPED(bytes_free) struct bytes copy = file_read(folder_file(&folder, "copy").text);
    ck_assert(holds(span_of(source.at, source.size), written(&sealed)));
    ck_assert(!holds(span_of(copy.at, copy.size), written(&sealed)));
    folder_remove(&folder);
}
END_TEST

/* --- In steps --- */

static struct store *make_long(const struct folder *folder, unsigned records)
{
    struct store *s = make(folder);
    for (unsigned i = 0; i < records; i++)
        stores_append(s, AUDIT_SIGN, i);
    return s;
}

static void begin(struct store *s, const struct folder *folder, struct snapshot **out)
{
    int r = snapshot_begin(s, folder_file(folder, "copy").text, out);
    ck_assert_msg(r == 0, "%d %s", r, failure_last()->cause);
}

static void new_epoch(struct store *s)
{
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(store_begin_epoch(s), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
}

/* Everything that a card does in between, near the beginning of the file and at its end. */
START_TEST(what_changes_between_two_steps_is_in_the_snapshot)
{
    struct folder folder = folder_make();
    SCOPED(snapshot_drop) struct snapshot *snapshot = NULL;
    struct store *s = make_long(&folder, 2500);
    struct verify_report report;
    unsigned steps = 0;
    uint8_t seeds[2][200];
    struct writer sealed[] = { WRITER_OF(seeds[0]), WRITER_OF(seeds[1]) };
    stores_write_sealed(s, OBJECT_EPOCH, 1, &sealed[0]);
    begin(s, &folder, &snapshot);
    for (int r; (r = snapshot_step(snapshot)); steps++) {
        ck_assert_int_eq(r, SNAPSHOT_MORE);
        stores_put_key(s, 1, "changed");
        stores_put_key(s, 10 + steps, "made meanwhile");
        stores_append(s, AUDIT_SIGN, 3000 + steps);
        if (steps == 0)
            new_epoch(s);
    }
    ck_assert_uint_ge(steps, 4); /* of 256 pages of 1 KiB */
    stores_write_sealed(s, OBJECT_EPOCH, 2, &sealed[1]);
    stores_put_key(s, 2, "changed at the end");
    ck_assert_uint_eq(seen_in(s).snapshots, 0);
    ck_assert_int_eq(snapshot_finish(snapshot, &ordered), 0);
    ck_assert_uint_eq(seen_in(s).snapshots, 1);
    uint64_t size = store_facts(s).log_size;
    stores_put_key(s, 1, "changed later");
    snapshot_drop(&snapshot);
    store_close(&s);

    s = look_at(&folder, "copy");
    stores_assert_key(s, 1, "changed");
    stores_assert_key(s, 2, "changed at the end");
    for (unsigned i = 0; i < steps; i++)
        stores_assert_key(s, 10 + i, "made meanwhile");
    ck_assert_int_eq(verify_store(s, &report), 0);
    ck_assert_uint_eq(report.records, size);
    ck_assert_uint_eq(audit_head(s).epoch, 3);
    store_close(&s);
    SCOPED(bytes_free) struct bytes copy = file_read(folder_file(&folder, "copy").text);
    for (size_t i = 0; i < COUNT_OF(sealed); i++)
        ck_assert(!holds(span_of(copy.at, copy.size), written(&sealed[i])));
    folder_remove(&folder);
}
END_TEST

START_TEST(what_is_rolled_back_between_two_steps_does_not_make_it_endless)
{
    struct folder folder = folder_make();
    SCOPED(snapshot_drop) struct snapshot *snapshot = NULL;
    struct store *s = make_long(&folder, 2500);
    struct verify_report report;
    begin(s, &folder, &snapshot);
    for (unsigned steps = 0; snapshot_step(snapshot) == SNAPSHOT_MORE; steps++) {
        ck_assert_uint_lt(steps, 100);
        ck_assert_int_eq(store_begin(s), 0);
        ck_assert_int_eq(store_put(s, OBJECT_FILE, 1, span_of_text("not kept")), 0);
        store_rollback(s);
    }
    ck_assert_int_eq(snapshot_finish(snapshot, &ordered), 0);
    store_close(&s);
    s = look_at(&folder, "copy");
    ck_assert_int_eq(store_has(s, OBJECT_FILE, 1), STORE_ABSENT);
    ck_assert_int_eq(verify_store(s, &report), 0);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(snapshot_that_is_given_up_leaves_nothing)
{
    static const char *const names[] = { "copy", "copy.part", "copy.part-journal",
                                         "copy.part-wal" };
    struct folder folder = folder_make();
    struct snapshot *snapshot = NULL;
    struct store *s = make_long(&folder, 2500);
    uint64_t size = store_facts(s).log_size;
    begin(s, &folder, &snapshot);
    ck_assert_int_eq(snapshot_step(snapshot), SNAPSHOT_MORE);
    ck_assert_int_eq(snapshot_step(snapshot), SNAPSHOT_MORE);
    snapshot_drop(&snapshot);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        ck_assert_int_ne(access(folder_file(&folder, names[i]).text, F_OK), 0);
    ck_assert_uint_eq(store_facts(s).log_size, size);
    stores_put_key(s, 1, "goes on");
    store_close(&s);
    s = stores_open(folder.path);
    stores_assert_key(s, 1, "goes on");
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(restored_store_is_another_incarnation)
{
    struct folder folder = folder_make();
    struct store *s = make(&folder);
    struct store_facts before = store_facts(s);
    struct store_refusal why;
    struct verify_report report;
    snapshot(s, &folder);
    store_close(&s);

    struct folder to = placed(&folder);
    struct store_place place = stores_place(to.path);
    ck_assert_int_eq(stores_refusal(&place), STORE_NO_ANCHOR);
    place.becomes = AUDIT_RESTORED;
    ck_assert_int_eq(store_open(&place, &s, &why), 0);
    struct store_facts after = store_facts(s);
    ck_assert(!span_equal(SPAN_OF(before.incarnation), SPAN_OF(after.incarnation)));
    ck_assert_uint_gt(after.generation, before.generation);
    stores_assert_key(s, 1, "one");
    stores_assert_key(s, 2, "two");
    ck_assert_uint_eq(seen_in(s).restored, 1);
    ck_assert_int_eq(seen_in(s).last.action, AUDIT_EPOCH_BEGUN);
    ck_assert_uint_eq(audit_head(s).epoch, 3);
    ck_assert_int_eq(verify_store(s, &report), 0);
    store_close(&s);

    s = stores_open(to.path);
    store_close(&s);
    ck_assert_int_eq(stores_refusal(&place), STORE_EXISTS); /* restored once */
    s = stores_open(folder.path);                           /* the source goes on */
    stores_assert_key(s, 1, "one");
    store_close(&s);
    folder_remove(&to);
    folder_remove(&folder);
}
END_TEST

START_TEST(snapshot_replaces_no_file)
{
    struct folder folder = folder_make();
    struct store *s = make(&folder);
    uint64_t size = store_facts(s).log_size;
    file_write(folder_file(&folder, "copy").text, span_of_text("precious"), 0600);
    ck_assert_int_eq(snapshot_make(s, &ordered, folder_file(&folder, "copy").text), FAULT_DISK);
    ck_assert_uint_eq(store_facts(s).log_size, size);
    SCOPED(bytes_free) struct bytes content = file_read(folder_file(&folder, "copy").text);
    ck_assert(span_equal(span_of(content.at, content.size), span_of_text("precious")));
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(destroyed_store_leaves_nothing_but_its_last_checkpoint)
{
    struct folder folder = folder_make();
    struct store *s = make(&folder);
    struct store_place place = stores_place(folder.path);
    uint8_t bytes[CHECKPOINT_MAX];
    struct writer note = WRITER_OF(bytes);
    ck_assert_int_eq(destroy_record(s, 7, &note), 0);
    ck_assert_int_eq(seen_in(s).last.action, AUDIT_DESTROYED);
    ck_assert_uint_gt(note.size, 0);
    snapshot(s, &folder);
    static const char *const copies[] = { "token.snapshot", "token.snapshot.part",
                                          "token.snapshot.part-wal" };
    for (size_t i = 0; i < COUNT_OF(copies); i++) {
        SCOPED(bytes_free) struct bytes copy = file_read(folder_file(&folder, "copy").text);
        file_write(folder_file(&folder, copies[i]).text, span_of(copy.at, copy.size), 0600);
    }
    unlink(folder_file(&folder, "copy").text);
    store_close(&s);
    ck_assert_int_eq(destroy_files(&place), 0);
    ck_assert_int_ne(access(folder.path, F_OK), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("snapshot", snapshot_of_a_store_in_use_is_whole,
                     snapshot_has_an_epoch_of_its_own_and_never_the_sources,
                     no_trace_of_the_sources_seed_is_in_the_file,
                     what_changes_between_two_steps_is_in_the_snapshot,
                     what_is_rolled_back_between_two_steps_does_not_make_it_endless,
                     snapshot_that_is_given_up_leaves_nothing,
                     restored_store_is_another_incarnation, snapshot_replaces_no_file,
                     destroyed_store_leaves_nothing_but_its_last_checkpoint);
}
