/* SPDX-License-Identifier: Apache-2.0 */
/* What our token costs behind a real reader, beside a canned card in the next slot (two_cards.h).
 * bench_sign.c has every sort of key.
 *
 *     bench_pcsc GLASSHSMD */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/bench_token.h"
#include "tests/bench/p11.h"
#include "tests/bench/plain_store.h"
#include "tests/bench/scratch.h"
#include "tests/bench/two_cards.h"

/* What stands behind the reader. */
struct bench_slots {
    struct two_cards cards;
    struct exchange ours, reference;
    struct plain_store *plain; /* NULL: no commits to be counted */
};

/* --- Trivial commands --- */

static void time_trivial_commands(struct bench_slots *slots)
{
    static const uint8_t query[] = { 0x00, 0x20, 0x00, 0x81 };
    slots->ours.command = SPAN_OF(query);
    slots->reference.command = nothing_command();
    bench_compare(&(struct comparison){ .what = "VERIFY query, minus A",
                                        .ours = { exchange, &slots->ours },
                                        .references = { { exchange, &slots->reference } },
                                        .rounds = 4000,
                                        .judged = JUDGE_DIFFERENCE,
                                        .most_us = 10 });
    bench_compare(&(struct comparison){ .what = "the same in a transaction, minus F",
                                        .ours = { exchange_alone, &slots->ours },
                                        .references = { { exchange_alone, &slots->reference } },
                                        .rounds = 4000,
                                        .judged = JUDGE_DIFFERENCE,
                                        .most_us = 10 });
}

/* --- Generation --- */

#define DEVICE_CURVE "brainpoolP256r1" /* of the device's own key (card-os/device.c) */

/* All that the generation of a key must do, one after the other. */
static void time_generation(struct bench_slots *slots, const char *curve)
{
    uint8_t bytes[1100];
    char what[100];
    struct writer command = WRITER_OF(bytes);
    const struct key_sort sort = key_sort_on(curve), device_sort = key_sort_on(DEVICE_CURVE);
    SCOPED(raw_key_free) struct raw_key raw = key_sort_raw(&sort);
    SCOPED(raw_key_free) struct raw_key device = key_sort_raw(&device_sort);
    write_generate(&command, 5, &sort);
    slots->ours.command = written(&command);
    slots->reference.command = nothing_command();
    snprintf(what, sizeof what, "GENERATE %s, minus its parts", curve);
    struct comparison row = { .what = what,
                              .ours = { exchange, &slots->ours },
                              .references = { { exchange, &slots->reference, "A" },
                                              { raw_key_generate, &raw, "key" },
                                              { raw_key_sign, &raw, "inner signature" },
                                              { raw_key_verify, &raw, "its verification" },
                                              { raw_key_sign, &device, "device signature" } },
                              .rounds = 200,
                              .judged = JUDGE_DIFFERENCE,
                              .most_us = 500 };
    if (slots->plain) {
        row.references[5] = (struct operation){ plain_store_commit, slots->plain, "commit" };
        row.references[6] = (struct operation){ plain_store_sync, slots->plain, "anchor's sync" };
    }
    bench_compare(&row);
}

static void time_generations(struct bench_slots *slots)
{
    static const uint8_t verify[] = { 0x00, 0x20, 0x00, 0x81, 6, '6', '4', '8', '2', '1', '9' };
    slots->ours.command = SPAN_OF(verify);
    exchange(&slots->ours);
    time_generation(slots, "P-256");
    time_generation(slots, "P-384");
    time_generation(slots, "brainpoolP512r1");
}

/* --- Signatures through OpenSC --- */

static void time_signature(const struct key_sort *sort, struct bench_slots *slots,
                           struct p11_key ours, struct p11_key reference)
{
    char what[100];
    size_t rounds = slots->plain ? 400 : 1500;
    SCOPED(raw_key_free) struct raw_key raw = key_sort_raw(sort);
    snprintf(what, sizeof what, "C_Sign %.20s, minus canned, minus S", sort->name);
    struct comparison row = { .what = what,
                              .ours = { p11_sign, &ours },
                              .references = { { p11_sign, &reference }, { raw_key_sign, &raw } },
                              .rounds = rounds,
                              .judged = JUDGE_DIFFERENCE,
                              .most_us = 30 };
    if (slots->plain)
        row.references[2] = (struct operation){ plain_store_commit, slots->plain };
    for (size_t i = 0; slots->plain && i < COMMITS_TO_SETTLE; i++)
        p11_sign(&ours);
    bench_compare(&row);
    two_cards_compare_bare(&slots->cards, &row, sort);
}

static void time_signatures(struct bench_slots *slots)
{
    struct p11 p11;
    if (!p11_open(&p11, P11_OPENSC)) {
        printf("OpenSC's module is not installed: no signatures through it\n");
        return;
    }
    CK_SESSION_HANDLE ours = p11_log_in(&p11, OURS), reference = p11_log_in(&p11, REFERENCE);
    const struct key_sort sorts[] = { key_sort_on("P-256"), key_sort_rsa(2048) };
    for (CK_BYTE i = 0; i < COUNT_OF(sorts); i++)
        time_signature(&sorts[i], slots, p11_make(&p11, ours, &sorts[i], i + 1),
                       p11_make(&p11, reference, &sorts[i], i + 1));
    p11_close(&p11);
}

/* --- Worlds --- */

struct measured_world {
    const char *daemon, *store; /* store: NULL: in memory */
    const char *heading;
    struct plain_store *plain;    /* NULL: no commits to be counted */
    const char *reference_folder; /* of the bare card's plain database */
};

/* Both cards at work. */
static void measure(void *context)
{
    const struct measured_world *measured = context;
    struct bench_slots slots = { .plain = measured->plain };
    two_cards_start(measured->daemon, measured->store, measured->reference_folder, &slots.cards);
    exchange_connect(&slots.cards, OURS, &slots.ours);
    exchange_connect(&slots.cards, REFERENCE, &slots.reference);
    bench_heading(measured->heading);
    time_trivial_commands(&slots);
    time_signatures(&slots);
    time_generations(&slots);
    reader_disconnect(&slots.ours.card);
    reader_disconnect(&slots.reference.card);
    two_cards_end(&slots.cards);
}

int main(int argc, char **argv)
{
    bench_begin(&argc, argv);
    bench_require(argc == 2, "usage: bench_pcsc GLASSHSMD [--short]");
    bench_on_one_core();
    bench_come_first();
    bench_apart(measure, &(struct measured_world){
                             .daemon = argv[1], .heading = "Behind pcscd, ephemeral token, us" });
    struct scratch scratch, beside, reference;
    struct plain_store plain;
    scratch_make(&scratch);
    scratch_make(&beside);
    scratch_make(&reference);
    bench_token_make_apart(scratch.path);
    plain_store_open(&plain, beside.path);
    bench_apart(measure, &(struct measured_world){ .daemon = argv[1],
                                                   .store = scratch.path,
                                                   .heading = "Behind pcscd, store on disk, us",
                                                   .plain = &plain,
                                                   .reference_folder = reference.path });
    plain_store_close(&plain);
    scratch_remove(&beside);
    scratch_remove(&reference);
    scratch_remove(&scratch);
    bench_summary();
    return EXIT_SUCCESS;
}
