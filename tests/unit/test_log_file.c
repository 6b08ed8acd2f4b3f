/* SPDX-License-Identifier: Apache-2.0 */
/* formats/log_file: files of logs are read as they are written, and no others. */
#include "formats/log_file.h"

#include <string.h>

#include "tests/support/suite.h"

static const uint8_t seeds[2][ED25519_SEED_SIZE] = { { 1 }, { 2 } };

static void write_note(uint64_t size, uint32_t epoch, bool handover, struct writer *out)
{
    struct checkpoint checkpoint = {
        .device = { 7 }, .size = size, .epoch = epoch, .handover = handover
    };
    if (handover)
        ck_assert_int_eq(ed25519_public(seeds[1], checkpoint.next), 0);
    ck_assert_int_eq(checkpoint_sign(&checkpoint, seeds[epoch == 2], out), 0);
}

/* Two epochs, of which the first three of five records are pruned: peaks of two and of one. */
static void write_snapshot(struct writer *out)
{
    ck_assert_int_eq(crypto_init(), 0);
    write_text(out, "glasshsm-log-snapshot 1\n-- handover 1\n");
    write_note(4, 1, true, out);
    write_text(out, "-- checkpoint\n");
    write_note(5, 2, false, out);
    write_text(out,
               "-- pruned 3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-- records 4 2\nfour\nfive\n");
}

START_TEST(a_snapshot_is_taken_apart)
{
    uint8_t text[2048];
    struct writer out = WRITER_OF(text);
    struct log_file file;
    struct signed_checkpoint note;
    const char *why;
    write_snapshot(&out);
    ck_assert_msg(log_file_read(written(&out), &file, &why), "%s", why);
    ck_assert_int_eq(file.kind, LOG_SNAPSHOT);
    ck_assert_uint_eq(file.handover_count, 1);
    ck_assert_uint_eq(file.pruned.size, 3);
    ck_assert(span_equal(file.records, span_of_text("four\nfive\n")));
    struct log_handovers walk = log_handovers(&file);
    ck_assert(log_handover_next(&walk, &note));
    ck_assert_uint_eq(note.checkpoint.size, 4);
    ck_assert(!log_handover_next(&walk, &note));
}
END_TEST

START_TEST(a_snapshot_cut_before_its_records_is_none)
{
    uint8_t text[2048];
    struct writer out = WRITER_OF(text);
    struct log_file file;
    const char *why;
    write_snapshot(&out);
    size_t records = strlen("four\nfive\n");
    for (size_t size = 0; size < out.size - records; size++)
        ck_assert(!log_file_read(span_part(written(&out), 0, size), &file, &why) && why);
}
END_TEST

static const struct {
    const char *from, *to;
} spoilt[] = {
    { "-- handover 1", "-- handover 2" },     { "-- pruned 3", "-- pruned 7" },
    { "-- pruned 3", "-- pruned 0" },         { "-- records 4 2", "-- records 4 3" },
    { "-- records 4 2", "-- records 5 2" },   { "snapshot 1\n", "snapshot 2\n" },
    { "-- checkpoint\n", "-- Checkpoint\n" }, { "AAA=\nAAAA", "AAB=\nAAAA" },
};

START_TEST(what_does_not_fit_together_is_none)
{
    uint8_t text[2048];
    struct writer out = WRITER_OF(text);
    struct log_file file;
    const char *why;
    write_snapshot(&out);
    uint8_t *at = memmem(text, out.size, spoilt[_i].from, strlen(spoilt[_i].from));
    ck_assert_ptr_nonnull(at);
    memcpy(at, spoilt[_i].to, strlen(spoilt[_i].to));
    ck_assert(!log_file_read(written(&out), &file, &why));
}
END_TEST

START_TEST(a_proof_has_a_step_for_each_size)
{
    uint8_t text[2048];
    struct writer out = WRITER_OF(text);
    struct log_file file;
    struct log_step step;
    const char *why;
    ck_assert_int_eq(crypto_init(), 0);
    write_text(&out, "glasshsm-log-proof 1\n-- from 3\n-- handover 1\n");
    write_note(4, 1, true, &out);
    write_text(&out, "-- checkpoint\n");
    write_note(5, 2, false, &out);
    write_text(&out, "-- consistency 3 4\n");
    ck_assert(!log_file_read(written(&out), &file, &why));
    write_text(&out, "-- consistency 4 5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    ck_assert_msg(log_file_read(written(&out), &file, &why), "%s", why);
    struct log_steps walk = log_steps(&file);
    ck_assert(log_step_next(&walk, &step) && step.proof_size == 0);
    ck_assert(log_step_next(&walk, &step) && step.proof_size == SHA256_SIZE && step.to == 5);
    ck_assert(!log_step_next(&walk, &step));
    write_text(&out, "-- consistency 5 5\n");
    ck_assert(!log_file_read(written(&out), &file, &why));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_file");
    TCase *all = tcase_create("log_file");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, a_snapshot_is_taken_apart);
    tcase_add_test(all, a_snapshot_cut_before_its_records_is_none);
    tcase_add_loop_test(all, what_does_not_fit_together_is_none, 0, COUNT_OF(spoilt));
    tcase_add_test(all, a_proof_has_a_step_for_each_size);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
