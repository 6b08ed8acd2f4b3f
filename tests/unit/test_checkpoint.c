/* SPDX-License-Identifier: Apache-2.0 */
/* formats/checkpoint: notes are those of C2SP, and only what the writer writes is read. */
#include "formats/checkpoint.h"

#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/vectors.h"

static const uint8_t seed[ED25519_SEED_SIZE] = { 1, 2, 3 };
static const uint8_t next_seed[ED25519_SEED_SIZE] = { 4, 5, 6 };

static struct checkpoint example(bool handover)
{
    struct checkpoint checkpoint = { .device = { 0xde, 0xf1, 0xce },
                                     .size = 1234567,
                                     .root = { 9, 8, 7 },
                                     .epoch = 3,
                                     .incarnation = { 0xaa, 0xbb },
                                     .handover = handover };
    if (handover)
        ck_assert_int_eq(ed25519_public(next_seed, checkpoint.next), 0);
    return checkpoint;
}

static struct checkpoint_key key_of(const uint8_t from[ED25519_SEED_SIZE])
{
    struct checkpoint_key key = { .device = { 0xde, 0xf1, 0xce } };
    ck_assert_int_eq(ed25519_public(from, key.public_key), 0);
    return key;
}

static void init(void)
{
    ck_assert_int_eq(crypto_init(), 0);
}

static void done(void)
{
}

/* The expected notes were put together by Python's cryptography and hashlib. */
static void check_known(struct vector *block)
{
    uint8_t text[CHECKPOINT_MAX], line[CHECKPOINT_VKEY_SIZE];
    struct writer out = WRITER_OF(text), vkey = WRITER_OF(line);
    struct checkpoint checkpoint = example(strcmp(vector_text(block, "kind"), "handover") == 0);
    struct checkpoint_key key = key_of(seed);
    ck_assert_int_eq(checkpoint_sign(&checkpoint, seed, &out), 0);
    ck_assert(!out.full);
    ck_assert(span_equal(written(&out), vector_bytes(block, "note")));
    ck_assert_int_eq(checkpoint_write_vkey(&key, &vkey), 0);
    ck_assert(span_equal(written(&vkey), span_of_text(vector_text(block, "vkey"))));
}

START_TEST(notes_and_keys_are_as_others_write_them)
{
    SCOPED(vectors_close) struct vectors all = { 0 };
    static struct vector block;
    unsigned blocks = 0;
    vectors_open(&all, "checkpoint.txt");
    for (; vectors_next(&all, &block); blocks++)
        check_known(&block);
    ck_assert_uint_eq(blocks, 2);
}
END_TEST

static struct span signed_example(bool handover, struct writer *out)
{
    struct checkpoint checkpoint = example(handover);
    ck_assert_int_eq(checkpoint_sign(&checkpoint, seed, out), 0);
    ck_assert(!out->full);
    return written(out);
}

START_TEST(a_note_is_read_back_and_verifies)
{
    uint8_t text[CHECKPOINT_MAX];
    struct writer out = WRITER_OF(text);
    struct reader in = reader_of(signed_example(_i, &out));
    struct signed_checkpoint note = { 0 };
    struct checkpoint wanted = example(_i);
    struct checkpoint_key key = key_of(seed);
    checkpoint_read(&in, &note);
    ck_assert(read_finished(&in));
    ck_assert_uint_eq(note.checkpoint.size, wanted.size);
    ck_assert_uint_eq(note.checkpoint.epoch, wanted.epoch);
    ck_assert(note.checkpoint.handover == wanted.handover);
    ck_assert(span_equal(SPAN_OF(note.checkpoint.root), SPAN_OF(wanted.root)));
    ck_assert(span_equal(SPAN_OF(note.checkpoint.next), SPAN_OF(wanted.next)));
    ck_assert(span_equal(SPAN_OF(note.checkpoint.incarnation), SPAN_OF(wanted.incarnation)));
    ck_assert_int_eq(checkpoint_verify(&note, &key), 0);
}
END_TEST

START_TEST(another_key_or_log_is_not_taken)
{
    uint8_t text[CHECKPOINT_MAX];
    struct writer out = WRITER_OF(text);
    struct reader in = reader_of(signed_example(false, &out));
    struct signed_checkpoint note = { 0 };
    struct checkpoint_key other = key_of(next_seed), elsewhere = key_of(seed);
    elsewhere.device[0]++;
    checkpoint_read(&in, &note);
    ck_assert_int_eq(checkpoint_verify(&note, &other), CHECKPOINT_OTHER_KEY);
    ck_assert_int_eq(checkpoint_verify(&note, &elsewhere), CHECKPOINT_OTHER_KEY);
}
END_TEST

/* Reads all of it and verifies. */
static bool good_note(struct span text)
{
    struct reader in = reader_of(text);
    struct signed_checkpoint note = { 0 };
    struct checkpoint_key key = key_of(seed);
    checkpoint_read(&in, &note);
    return read_finished(&in) && checkpoint_verify(&note, &key) == 0;
}

START_TEST(no_altered_note_verifies)
{
    uint8_t text[CHECKPOINT_MAX + 1];
    struct writer out = WRITER_OF(text);
    struct span whole = signed_example(_i, &out);
    for (size_t i = 0; i < whole.size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            text[i] ^= (uint8_t)(1u << bit);
            ck_assert_msg(!good_note(whole), "byte %zu", i);
            text[i] ^= (uint8_t)(1u << bit);
        }
    for (size_t size = 0; size < whole.size; size++)
        ck_assert(!good_note(span_part(whole, 0, size)));
    write_text(&out, "\n");
    ck_assert(!good_note(written(&out)));
}
END_TEST

START_TEST(a_note_leaves_what_follows)
{
    uint8_t text[CHECKPOINT_MAX + 8];
    struct writer out = WRITER_OF(text);
    struct signed_checkpoint note;
    signed_example(true, &out);
    write_text(&out, "-- next");
    struct reader in = reader_of(written(&out));
    checkpoint_read(&in, &note);
    ck_assert(!read_failed(&in));
    ck_assert(span_equal(read_rest(&in), span_of_text("-- next")));
}
END_TEST

START_TEST(the_largest_note_fits)
{
    uint8_t text[CHECKPOINT_MAX];
    struct writer out = WRITER_OF(text);
    struct checkpoint checkpoint = example(true);
    checkpoint.size = UINT64_MAX;
    checkpoint.epoch = UINT32_MAX;
    ck_assert_int_eq(checkpoint_sign(&checkpoint, seed, &out), 0);
    ck_assert(!out.full);
    ck_assert(good_note(written(&out)));
}
END_TEST

START_TEST(vkeys_have_one_spelling)
{
    uint8_t line[CHECKPOINT_VKEY_SIZE + 1];
    struct writer out = WRITER_OF(line);
    struct checkpoint_key key = key_of(seed), back;
    ck_assert_int_eq(checkpoint_write_vkey(&key, &out), 0);
    ck_assert_uint_eq(out.size, CHECKPOINT_VKEY_SIZE);
    ck_assert(checkpoint_read_vkey(written(&out), &back));
    ck_assert(span_equal(SPAN_OF(back.public_key), SPAN_OF(key.public_key)));
    for (size_t i = 0; i < CHECKPOINT_VKEY_SIZE; i++) {
        line[i] ^= 1;
        ck_assert(!checkpoint_read_vkey(written(&out), &back));
        line[i] ^= 1;
        ck_assert(!checkpoint_read_vkey(span_part(written(&out), 0, i), &back));
    }
    write_text(&out, " ");
    ck_assert(!checkpoint_read_vkey(written(&out), &back));
}
END_TEST

START_TEST(receipts_are_read_back_and_nothing_else)
{
    uint8_t text[RECEIPT_MAX];
    struct writer out = WRITER_OF(text);
    struct receipt receipt = { .incarnation = { 1, 2 }, .key = key_of(seed) }, back = { 0 };
    ck_assert_int_eq(receipt_write(&receipt, &out), 0);
    ck_assert(!out.full);
    struct reader in = reader_of(written(&out));
    receipt_read(&in, &back);
    ck_assert(read_finished(&in));
    ck_assert(span_equal(SPAN_OF(back.incarnation), SPAN_OF(receipt.incarnation)));
    ck_assert(span_equal(SPAN_OF(back.key.public_key), SPAN_OF(receipt.key.public_key)));
    for (size_t size = 0; size < out.size; size++) {
        in = reader_of(span_part(written(&out), 0, size));
        receipt_read(&in, &back);
        ck_assert(!read_finished(&in));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *all = tcase_create("checkpoint");
    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, init, done);
    tcase_add_test(all, notes_and_keys_are_as_others_write_them);
    tcase_add_loop_test(all, a_note_is_read_back_and_verifies, 0, 2);
    tcase_add_test(all, another_key_or_log_is_not_taken);
    tcase_add_loop_test(all, no_altered_note_verifies, 0, 2);
    tcase_add_test(all, a_note_leaves_what_follows);
    tcase_add_test(all, the_largest_note_fits);
    tcase_add_test(all, vkeys_have_one_spelling);
    tcase_add_test(all, receipts_are_read_back_and_nothing_else);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
