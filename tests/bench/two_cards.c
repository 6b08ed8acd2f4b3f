/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/two_cards.h"

#include <string.h>

#include "crypto/crypto.h"
#include "tests/bench/bench.h"
#include "tests/bench/private_world.h"
#include "tests/bench/scratch.h"

enum { CARD_MILLISECONDS = 5000 };

void two_cards_start(const char *daemon, const char *store, const char *reference_folder,
                     struct two_cards *out)
{
    *out = (struct two_cards){ 0 };
    private_world_start(daemon, store, &out->world);
    out->canned = canned_card_start(&out->world, reference_folder);
    /* Not earlier: the canned card has OpenSSL in its secret heap from the start. */
    bench_require(crypto_init() == 0, "crypto_init");
    bench_require(reader_service_open(&out->service) == 0 &&
                      reader_await_card(&out->service, REFERENCE, CARD_MILLISECONDS) == 0,
                  "waiting for the canned card");
}

void two_cards_end(struct two_cards *cards)
{
    reader_service_close(&cards->service);
    world_end(&cards->world);
    canned_card_await_end(cards->canned);
}

void exchange_connect(const struct two_cards *cards, const char *reader, struct exchange *e)
{
    bench_require(reader_connect(&cards->service, reader, &e->card) == 0, reader);
}

static uint16_t status_of(struct span answer)
{
    struct reader status = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&status);
}

static void exchange_for(struct exchange *e, struct writer *answer)
{
    bench_require(reader_transmit(&e->card, e->command, answer) == 0, "a command");
    uint16_t sw = status_of(written(answer));
    bench_require(sw == 0x9000 || sw == 0x63C3, "a command that a card refused");
}

void exchange(void *context)
{
    uint8_t bytes[READER_ANSWER_SIZE]; /* as large as applications have it */
    struct writer answer = WRITER_OF(bytes);
    exchange_for(context, &answer);
}

void exchange_alone(void *context)
{
    struct exchange *e = context;
    bench_require(reader_begin(&e->card) == 0, "SCardBeginTransaction");
    exchange(e);
    reader_end(&e->card);
}

struct span nothing_command(void)
{
    static const uint8_t nothing[] = { 0xD0, 0x20, CANNED_NOTHING, 0x81 };
    return SPAN_OF(nothing);
}

static void give_order(const struct two_cards *cards, enum canned_order order, uint8_t p2,
                       struct writer *answer)
{
    const uint8_t command[] = { 0xD0, 0x20, (uint8_t)order, p2 };
    struct exchange e = { .command = SPAN_OF(command) };
    exchange_connect(cards, REFERENCE, &e);
    exchange_for(&e, answer);
    reader_disconnect(&e.card);
}

static void order(const struct two_cards *cards, enum canned_order order, uint8_t p2)
{
    uint8_t bytes[READER_ANSWER_SIZE];
    struct writer answer = WRITER_OF(bytes);
    give_order(cards, order, p2, &answer);
}

void two_cards_be_bare(const struct two_cards *cards, const struct key_sort *sort)
{
    order(cards, CANNED_BARE, key_sort_index(sort));
}

void two_cards_be_canned(const struct two_cards *cards)
{
    order(cards, CANNED_REPEATS, 0);
}

struct canned_work two_cards_ask(const struct two_cards *cards)
{
    uint8_t bytes[READER_ANSWER_SIZE];
    struct writer answer = WRITER_OF(bytes);
    give_order(cards, CANNED_TELL, 0, &answer);
    struct reader in = reader_of(written(&answer));
    struct canned_work work;
    work.commands = read_u32(&in);
    work.worked_us = read_u32(&in);
    return work;
}

void two_cards_compare_bare(const struct two_cards *cards, const struct comparison *row,
                            const struct key_sort *sort)
{
    struct comparison bare = *row;
    bare.what = "  the same, minus a bare card";
    bare.judged = JUDGE_NOTHING;
    memset(&bare.references[1], 0, sizeof bare.references - sizeof bare.references[0]);
    two_cards_be_bare(cards, sort);
    bench_compare(&bare);
    two_cards_be_canned(cards);
}

int two_cards_main(int argc, char **argv, void (*measure)(void *run))
{
    struct scratch scratch;
    bench_begin(&argc, argv);
    bench_require(argc == 2, "usage: a path of glasshsmd [--short]");
    bench_on_one_core();
    bench_come_first();
    scratch_make(&scratch);
    bench_apart(measure, &(struct two_cards_run){ argv[1], scratch.path });
    scratch_remove(&scratch);
    bench_summary();
    return EXIT_SUCCESS;
}
