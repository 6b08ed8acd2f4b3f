/* SPDX-License-Identifier: Apache-2.0 */
/* storage/epoch, storage/acknowledge: who signs for which part of the log, what an acknowledgement
 * must show, and what it brings. */
#include <string.h>

#include "formats/merkle.h"
#include "storage/audit.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

#define NOON 1764000000000

static struct audit_record event_of(enum audit_action action)
{
    return (struct audit_record){
        .action = action, .sw = 0x9000, .role = AUDIT_USER, .time_ms = NOON, .random = { 1 }
    };
}

static void begin_epoch(struct store *s)
{
    struct audit_record event = event_of(AUDIT_EPOCH_BEGUN);
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_begin_epoch(s, &event), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
}

static struct store *store_with_epoch(const char *folder)
{
    struct store *s = stores_create(folder);
    begin_epoch(s);
    return s;
}

static void act(struct store *s, unsigned times)
{
    struct audit_record event = event_of(AUDIT_SIGN);
    for (unsigned i = 0; i < times; i++) {
        ck_assert_int_eq(store_begin(s), 0);
        ck_assert_int_eq(audit_append(s, &event), 0);
        ck_assert_int_eq(store_commit(s, false), 0);
    }
}

struct note {
    uint8_t bytes[CHECKPOINT_MAX];
    struct writer text;
    struct signed_checkpoint read;
};

static void read_note(struct note *note)
{
    struct reader in = reader_of(written(&note->text));
    checkpoint_read(&in, &note->read);
    ck_assert(read_finished(&in));
}

static struct note *checkpoint(struct store *s, struct note *note)
{
    note->text = WRITER_OF(note->bytes);
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_checkpoint(s, &note->text), 0);
    ck_assert_int_eq(store_commit(s, false), 0);
    read_note(note);
    return note;
}

static struct note *handover(struct store *s, uint32_t epoch, struct note *note)
{
    note->text = WRITER_OF(note->bytes);
    ck_assert_int_eq(audit_handover(s, epoch, &note->text), 0);
    read_note(note);
    return note;
}

static struct checkpoint_key key_of(struct store *s, uint32_t epoch)
{
    struct checkpoint_key key;
    ck_assert_int_eq(audit_epoch_key(s, epoch, &key), 0);
    return key;
}

/* --- Epochs --- */

START_TEST(checkpoint_is_of_the_log_and_by_the_key_of_its_record)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note;
    act(s, 5);
    checkpoint(s, &note);
    struct audit_head head = audit_head(s);
    struct store_facts facts = store_facts(s);
    struct checkpoint_key key = key_of(s, 1);
    ck_assert_uint_eq(note.read.checkpoint.size, 6);
    ck_assert_uint_eq(note.read.checkpoint.epoch, 1);
    ck_assert(!note.read.checkpoint.handover);
    ck_assert(span_equal(SPAN_OF(note.read.checkpoint.root), SPAN_OF(head.root)));
    ck_assert(span_equal(SPAN_OF(note.read.checkpoint.incarnation), SPAN_OF(facts.incarnation)));
    ck_assert_int_eq(checkpoint_verify(&note.read, &key), 0);
    ck_assert(span_equal(SPAN_OF(stores_record(s, 1).digest), SPAN_OF(key.public_key)));
}
END_TEST

START_TEST(receipt_names_the_first_key_for_ever)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct checkpoint_key first = key_of(s, 1);
    begin_epoch(s);
    uint8_t bytes[RECEIPT_MAX];
    struct writer text = WRITER_OF(bytes);
    struct receipt receipt;
    ck_assert_int_eq(audit_receipt(s, &text), 0);
    struct reader in = reader_of(written(&text));
    receipt_read(&in, &receipt);
    ck_assert(read_finished(&in));
    ck_assert(span_equal(SPAN_OF(receipt.key.public_key), SPAN_OF(first.public_key)));
    ck_assert(span_equal(SPAN_OF(receipt.incarnation), SPAN_OF(stores_record(s, 1).incarnation)));
}
END_TEST

START_TEST(handover_names_the_next_key_and_covers_its_record)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note;
    act(s, 3);
    begin_epoch(s);
    act(s, 2);
    handover(s, 1, &note);
    struct checkpoint_key old = key_of(s, 1), fresh = key_of(s, 2);
    ck_assert_uint_eq(audit_head(s).epoch, 2);
    ck_assert(note.read.checkpoint.handover);
    ck_assert_uint_eq(note.read.checkpoint.size, 5);
    ck_assert_uint_eq(note.read.checkpoint.epoch, 1);
    ck_assert_int_eq(checkpoint_verify(&note.read, &old), 0);
    ck_assert(span_equal(SPAN_OF(note.read.checkpoint.next), SPAN_OF(fresh.public_key)));
    ck_assert(span_equal(SPAN_OF(stores_record(s, 5).digest), SPAN_OF(fresh.public_key)));
    checkpoint(s, &note);
    ck_assert_uint_eq(note.read.checkpoint.epoch, 2);
    ck_assert_int_eq(checkpoint_verify(&note.read, &fresh), 0);
    ck_assert_int_eq(checkpoint_verify(&note.read, &old), CHECKPOINT_OTHER_KEY);
}
END_TEST

START_TEST(ended_epoch_has_no_secret_any_more)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    ck_assert_int_eq(store_has(s, OBJECT_EPOCH, 1), 0);
    begin_epoch(s);
    ck_assert_int_eq(store_has(s, OBJECT_EPOCH, 1), STORE_ABSENT);
    ck_assert_int_eq(store_has(s, OBJECT_EPOCH, 2), 0);
}
END_TEST

START_TEST(epoch_that_was_rolled_back_has_not_begun)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct audit_record event = event_of(AUDIT_EPOCH_BEGUN);
    struct note note;
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_begin_epoch(s, &event), 0);
    store_rollback(s);
    ck_assert_uint_eq(audit_head(s).epoch, 1);
    checkpoint(s, &note);
    struct checkpoint_key key = key_of(s, 1);
    ck_assert_int_eq(checkpoint_verify(&note.read, &key), 0);
}
END_TEST

START_TEST(store_without_epoch_signs_nothing)
{
    SCOPED(store_close) struct store *s = stores_create(NULL);
    struct note note = { .text = WRITER_OF(note.bytes) };
    struct checkpoint_key key;
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_checkpoint(s, &note.text), STORE_ABSENT);
    ck_assert_int_eq(audit_receipt(s, &note.text), STORE_ABSENT);
    ck_assert_int_eq(audit_epoch_key(s, 1, &key), STORE_ABSENT);
    ck_assert_int_eq(audit_epoch_key(s, 0, &key), STORE_ABSENT);
    store_rollback(s);
}
END_TEST

START_TEST(checkpoint_covers_what_waited)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note;
    for (uint64_t i = 0; i < 4; i++)
        stores_append(s, AUDIT_LOG_READ, i);
    ck_assert_uint_eq(audit_head(s).size, 2);
    checkpoint(s, &note);
    ck_assert_uint_eq(note.read.checkpoint.size, 3);
    ck_assert_uint_eq(stores_record(s, 3).count, 3);
}
END_TEST

/* --- Acknowledging --- */

static int acknowledge(struct store *s, struct span note)
{
    struct audit_record event = event_of(AUDIT_LOG_ACKNOWLEDGED);
    event.role = AUDIT_ADMIN;
    ck_assert_int_eq(store_begin(s), 0);
    int r = audit_acknowledge(s, note, &event);
    if (r == 0)
        ck_assert_int_eq(store_commit(s, true), 0);
    store_rollback(s);
    return r;
}

static void set_policy(struct store *s, struct audit_policy policy)
{
    struct audit_record event = event_of(AUDIT_AUDIT_POLICY);
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_set_policy(s, &policy, &event), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
}

START_TEST(acknowledgement_is_recorded_and_begins_an_epoch)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note, over;
    act(s, 4);
    checkpoint(s, &note);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    ck_assert_uint_eq(audit_head(s).acknowledged, 5);
    ck_assert_uint_eq(audit_head(s).epoch, 2);
    ck_assert_uint_eq(audit_head(s).used, 0);
    ck_assert_uint_eq(audit_head(s).size, 7);
    struct audit_record record = stores_record(s, 6);
    ck_assert_int_eq(record.action, AUDIT_LOG_ACKNOWLEDGED);
    ck_assert_int_eq(record.role, AUDIT_ADMIN);
    ck_assert(span_equal(SPAN_OF(record.digest), SPAN_OF(note.read.checkpoint.root)));
    ck_assert_int_eq(stores_record(s, 7).action, AUDIT_EPOCH_BEGUN);
    ck_assert_uint_eq(handover(s, 1, &over)->read.checkpoint.size, 7);
}
END_TEST

START_TEST(what_came_after_the_checkpoint_still_counts)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note;
    act(s, 4);
    checkpoint(s, &note);
    act(s, 3);
    ck_assert_uint_eq(audit_head(s).used, 7);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    ck_assert_uint_eq(audit_head(s).used, 3);
}
END_TEST

START_TEST(checkpoint_of_an_earlier_epoch_is_good)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note;
    act(s, 2);
    checkpoint(s, &note);
    begin_epoch(s);
    begin_epoch(s);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    ck_assert_uint_eq(audit_head(s).epoch, 4);
}
END_TEST

START_TEST(what_proves_nothing_is_refused_and_changes_nothing)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    SCOPED(store_close) struct store *other = store_with_epoch(NULL);
    struct note note, foreign;
    act(s, 3);
    checkpoint(s, &note);
    checkpoint(other, &foreign);
    uint64_t size = audit_head(s).size;
    ck_assert_int_eq(acknowledge(s, written(&foreign.text)), AUDIT_FOREIGN);
    ck_assert_int_eq(acknowledge(s, span_of_text("checkpoint")), AUDIT_NO_NOTE);
    ck_assert_int_eq(acknowledge(s, span_part(written(&note.text), 0, note.text.size - 1)),
                     AUDIT_NO_NOTE);
    ck_assert_uint_eq(audit_head(s).size, size);

    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), AUDIT_OLD);
}
END_TEST

/* Signed with a key that is not ours: by the name of our log, but of another log's epoch. */
START_TEST(signature_of_another_key_is_refused)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note;
    uint8_t seed[ED25519_SEED_SIZE] = { 1 };
    checkpoint(s, &note);
    struct checkpoint forged = note.read.checkpoint;
    note.text = WRITER_OF(note.bytes);
    ck_assert_int_eq(checkpoint_sign(&forged, seed, &note.text), 0);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), AUDIT_UNSIGNED);
    forged.epoch = 9; /* which has not begun */
    note.text = WRITER_OF(note.bytes);
    ck_assert_int_eq(checkpoint_sign(&forged, seed, &note.text), 0);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), AUDIT_UNSIGNED);
}
END_TEST

/* Two histories with the same keys: a store and its copy. */
START_TEST(checkpoint_of_another_history_is_refused)
{
    struct folder folder = folder_make();
    struct store *s = store_with_epoch(folder.path);
    act(s, 2);
    store_close(&s);
    struct folder copy = folder_make();
    folder_copy(&folder, &copy);
    s = stores_open(folder.path);
    struct store *other = stores_open(copy.path);
    struct note longer, forked;

    act(other, 2);
    checkpoint(other, &longer);
    ck_assert_int_eq(acknowledge(s, written(&longer.text)), AUDIT_AHEAD);
    stores_append(s, AUDIT_DECIPHER, 1);
    stores_append(s, AUDIT_DECIPHER, 2);
    checkpoint(other, &forked);
    ck_assert_int_eq(acknowledge(s, written(&forked.text)), AUDIT_FORKED);
    store_close(&s);
    store_close(&other);
    folder_remove(&folder);
    folder_remove(&copy);
}
END_TEST

/* --- Pruning --- */

static bool count_lines(void *context, uint64_t seq, struct span line)
{
    uint64_t *lines = context;
    (void)line;
    if (lines[0]++ == 0)
        lines[1] = seq;
    return true;
}

START_TEST(acknowledged_lines_are_pruned_and_their_tree_is_kept)
{
    struct folder folder = folder_make();
    struct store *s = store_with_epoch(folder.path);
    struct note note;
    uint64_t lines[2] = { 0 };
    set_policy(s, (struct audit_policy){ .limit = 1000, .keep = 20 });
    act(s, 98);
    checkpoint(s, &note);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    ck_assert_uint_eq(audit_head(s).size, 102);
    ck_assert_uint_eq(audit_head(s).pruned, 82);
    store_close(&s);

    s = stores_open(folder.path);
    ck_assert_int_eq(audit_read(s, 1, count_lines, lines), 0);
    ck_assert_uint_eq(lines[0], 20);
    ck_assert_uint_eq(lines[1], 83);
    act(s, 3);
    checkpoint(s, &note); /* the tree is whole */
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(pruning_spares_the_last_ten_and_all_that_nobody_has_seen)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note;
    set_policy(s, (struct audit_policy){ .limit = 1000, .keep = 0 });
    act(s, 18);
    checkpoint(s, &note);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    ck_assert_uint_eq(audit_head(s).size, 22);
    ck_assert_uint_eq(audit_head(s).pruned, 12);
    checkpoint(s, &note); /* of 22 */
    act(s, 50);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    ck_assert_uint_eq(audit_head(s).pruned, 22);
}
END_TEST

START_TEST(all_is_kept_unless_told_otherwise)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note;
    act(s, 50);
    checkpoint(s, &note);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    ck_assert_uint_eq(audit_head(s).pruned, 0);
}
END_TEST

/* Together with the lines that are left they give the root: whoever has both can check. */
START_TEST(peaks_of_what_is_gone_complete_the_tree)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note;
    uint8_t bytes[64 * SHA256_SIZE];
    struct writer peaks = WRITER_OF(bytes);
    ck_assert_int_eq(audit_pruned_peaks(s, &peaks), 0);
    ck_assert_uint_eq(peaks.size, 0);
    set_policy(s, (struct audit_policy){ .limit = 1000, .keep = 10 });
    act(s, 30);
    checkpoint(s, &note);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    ck_assert_uint_eq(audit_head(s).pruned, 24); /* 16 + 8 */
    ck_assert_int_eq(audit_pruned_peaks(s, &peaks), 0);
    ck_assert_uint_eq(peaks.size, 2 * SHA256_SIZE);

    struct merkle tree = { .size = 24 };
    memcpy(tree.peak[4], bytes, SHA256_SIZE);
    memcpy(tree.peak[3], bytes + SHA256_SIZE, SHA256_SIZE);
    for (uint64_t seq = 25; seq <= 34; seq++) {
        struct audit_record record = stores_record(s, seq);
        uint8_t line_bytes[AUDIT_LINE_MAX], node_bytes[MERKLE_NODES_MAX], root[SHA256_SIZE];
        struct writer line = WRITER_OF(line_bytes), nodes = WRITER_OF(node_bytes);
        audit_record_write(&record, &line);
        ck_assert_int_eq(merkle_append(&tree, written(&line), &nodes), 0);
        ck_assert_int_eq(merkle_root(&tree, root), 0);
        if (seq == 34)
            ck_assert(span_equal(SPAN_OF(root), SPAN_OF(audit_head(s).root)));
    }
}
END_TEST

/* --- Policy --- */

START_TEST(limit_exhausts_audited_actions_and_spares_the_reserve)
{
    static const enum audit_action spared[] = { AUDIT_USER_LOGIN,       AUDIT_SO_LOGIN,
                                                AUDIT_CUSTODIAN_LOGIN,  AUDIT_LOG_READ,
                                                AUDIT_LOG_ACKNOWLEDGED, AUDIT_POWER_ON };
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct note note;
    act(s, 5);
    ck_assert(!audit_exhausted(s, AUDIT_SIGN));
    set_policy(s, (struct audit_policy){ .forced = AUDIT_FORCED_ON, .limit = 6 });
    ck_assert(!audit_exhausted(s, AUDIT_SIGN));
    act(s, 1);
    ck_assert(audit_exhausted(s, AUDIT_SIGN));
    ck_assert(audit_exhausted(s, AUDIT_INITIALIZE));
    for (size_t i = 0; i < COUNT_OF(spared); i++)
        ck_assert(!audit_exhausted(s, spared[i]));
    checkpoint(s, &note);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    ck_assert(!audit_exhausted(s, AUDIT_SIGN));
}
END_TEST

START_TEST(refusals_of_strangers_use_nothing_up)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct audit_record event = event_of(AUDIT_SIGN);
    event.sw = 0x6982;
    event.role = AUDIT_NOBODY;
    for (uint16_t i = 0; i < 20; i++) {
        event.object = i;
        ck_assert_int_eq(store_begin(s), 0);
        ck_assert_int_eq(audit_append(s, &event), 0);
        ck_assert_int_eq(store_commit(s, false), 0);
    }
    ck_assert_uint_eq(audit_head(s).used, 0);
    event.role = AUDIT_USER;
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_append(s, &event), 0);
    ck_assert_int_eq(store_commit(s, false), 0);
    ck_assert_uint_eq(audit_head(s).used, 1);
}
END_TEST

START_TEST(fixed_policy_stays_until_it_is_unfixed)
{
    SCOPED(store_close) struct store *s = store_with_epoch(NULL);
    struct audit_policy fixed = { .forced = AUDIT_FORCED_FIXED, .limit = 6, .keep = 7 };
    struct audit_policy off = { .limit = 6 };
    struct audit_record event = event_of(AUDIT_AUDIT_POLICY);
    set_policy(s, fixed);
    struct audit_record record = stores_record(s, 2);
    ck_assert(
        span_equal(span_of(record.digest, 14), span_of("\x02\0\0\0\x06\0\0\0\0\0\0\0\x07\0", 14)));
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_set_policy(s, &off, &event), AUDIT_FIXED);
    audit_unfix_policy(s);
    ck_assert_int_eq(audit_policy(s).forced, AUDIT_FORCED_ON);
    ck_assert_int_eq(audit_set_policy(s, &off, &event), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
    ck_assert_int_eq(audit_policy(s).forced, AUDIT_FORCED_OFF);
}
END_TEST

START_TEST(all_of_it_survives_a_restart)
{
    struct folder folder = folder_make();
    struct store *s = store_with_epoch(folder.path);
    struct audit_policy policy = { .forced = AUDIT_FORCED_FIXED,
                                   .limit = 70000,
                                   .keep = (uint64_t)1 << 40,
                                   .reading = AUDIT_READ_FREELY };
    struct note note;
    act(s, 4);
    checkpoint(s, &note);
    ck_assert_int_eq(acknowledge(s, written(&note.text)), 0);
    set_policy(s, policy);
    act(s, 2);
    struct audit_head before = audit_head(s);
    store_close(&s);

    s = stores_open(folder.path);
    struct audit_head after = audit_head(s);
    ck_assert_uint_eq(after.epoch, before.epoch);
    ck_assert_uint_eq(after.acknowledged, 5);
    ck_assert_uint_eq(after.used, 2);
    ck_assert_int_eq(audit_policy(s).forced, policy.forced);
    ck_assert_uint_eq(audit_policy(s).limit, policy.limit);
    ck_assert_uint_eq(audit_policy(s).keep, policy.keep);
    ck_assert_int_eq(audit_policy(s).reading, policy.reading);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

/* What a copy of the store needs: the source signs, the copy takes over. */
START_TEST(copy_takes_an_epoch_that_the_source_does_not_know)
{
    struct folder folder = folder_make();
    struct store *s = store_with_epoch(folder.path);
    struct audit_record event = event_of(AUDIT_EPOCH_BEGUN);
    uint8_t seed[ED25519_SEED_SIZE], bytes[CHECKPOINT_MAX];
    struct writer over = WRITER_OF(bytes);
    struct note note;
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_hand_over(s, &event, seed, &over), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
    ck_assert_uint_eq(audit_head(s).epoch, 1);
    ck_assert_uint_eq(checkpoint(s, &note)->read.checkpoint.epoch, 1);
    store_close(&s);

    struct folder copy = folder_make();
    folder_copy(&folder, &copy);
    s = stores_open(copy.path);
    ck_assert_int_eq(store_begin(s), 0);
    ck_assert_int_eq(audit_take_over(s, seed, written(&over)), 0);
    ck_assert_int_eq(store_commit(s, true), 0);
    struct checkpoint_key key = key_of(s, 2);
    checkpoint(s, &note);
    ck_assert_uint_eq(note.read.checkpoint.epoch, 2);
    ck_assert_int_eq(checkpoint_verify(&note.read, &key), 0);
    store_close(&s);
    folder_remove(&folder);
    folder_remove(&copy);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "epoch", checkpoint_is_of_the_log_and_by_the_key_of_its_record,
        receipt_names_the_first_key_for_ever, handover_names_the_next_key_and_covers_its_record,
        ended_epoch_has_no_secret_any_more, epoch_that_was_rolled_back_has_not_begun,
        store_without_epoch_signs_nothing, checkpoint_covers_what_waited,
        acknowledgement_is_recorded_and_begins_an_epoch,
        what_came_after_the_checkpoint_still_counts, checkpoint_of_an_earlier_epoch_is_good,
        what_proves_nothing_is_refused_and_changes_nothing, signature_of_another_key_is_refused,
        checkpoint_of_another_history_is_refused,
        acknowledged_lines_are_pruned_and_their_tree_is_kept,
        pruning_spares_the_last_ten_and_all_that_nobody_has_seen, all_is_kept_unless_told_otherwise,
        peaks_of_what_is_gone_complete_the_tree,
        limit_exhausts_audited_actions_and_spares_the_reserve, refusals_of_strangers_use_nothing_up,
        fixed_policy_stays_until_it_is_unfixed, all_of_it_survives_a_restart,
        copy_takes_an_epoch_that_the_source_does_not_know);
}
