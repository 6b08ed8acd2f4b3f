/* What our token costs behind a real reader: in the first slot of a private world ours, in the
 * second the canned card (canned_card.h), the same pcscd and driver before both.
 *
 *     bench_pcsc GLASSHSMD */
#include <stdio.h>
#include <stdlib.h>

#include "base/failure.h"
#include "host/reader.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_token.h"
#include "tests/bench/canned_card.h"
#include "tests/bench/p11.h"
#include "tests/bench/plain_store.h"
#include "tests/bench/private_world.h"
#include "tests/bench/raw_key.h"
#include "tests/bench/scratch.h"

#define OURS      "Glass HSM 00 00"
#define REFERENCE "Glass HSM 00 01"

enum { CARD_MILLISECONDS = 5000 };

/* --- Trivial commands --- */

struct exchange {
    struct reader_card card;
    struct span command;
};

static void exchange(void *context)
{
    struct exchange *e = context;
    uint8_t bytes[READER_ANSWER_SIZE]; /* as large as applications have it */
    struct writer answer = WRITER_OF(bytes);
    bench_require(reader_transmit(&e->card, e->command, &answer) == 0 && answer.size == 2,
                  "a trivial command");
}

static void exchange_alone(void *context)
{
    struct exchange *e = context;
    bench_require(reader_begin(&e->card) == 0, "SCardBeginTransaction");
    exchange(e);
    reader_end(&e->card);
}

static void time_trivial_commands(const struct reader_service *service)
{
    static const uint8_t query[] = { 0x00, 0x20, 0x00, 0x81 };
    static const uint8_t nothing[] = { 0xD0, 0x20, CANNED_NOTHING, 0x81 };
    struct exchange ours = { .command = SPAN_OF(query) };
    struct exchange reference = { .command = SPAN_OF(nothing) };
    bench_require(reader_connect(service, OURS, &ours.card) == 0, "connecting to our card");
    bench_require(reader_connect(service, REFERENCE, &reference.card) == 0, "connecting to A");

    bench_compare(&(struct comparison){ .what = "VERIFY query, minus A",
                                        .ours = { exchange, &ours },
                                        .references = { { exchange, &reference } },
                                        .rounds = 4000,
                                        .most_us = 10 });
    bench_compare(&(struct comparison){ .what = "the same in a transaction, minus F",
                                        .ours = { exchange_alone, &ours },
                                        .references = { { exchange_alone, &reference } },
                                        .rounds = 4000,
                                        .most_us = 10 });
    reader_disconnect(&ours.card);
    reader_disconnect(&reference.card);
}

/* --- Signatures through OpenSC --- */

static const struct signature {
    const char *what, *against_bare, *curve;
    size_t bits;
    struct p11_key (*make)(const struct p11 *p11, CK_SESSION_HANDLE session);
    size_t rounds;
} signatures[] = {
    { "C_Sign P-256, minus canned, minus S", "C_Sign P-256, minus a bare card", "P-256", 0,
      p11_make_p256, 2000 },
    { "C_Sign RSA-2048, minus canned, minus S", "C_Sign RSA-2048, minus a bare card", NULL, 2048,
      p11_make_rsa2048, 1000 },
};

/* What stands behind the reader. */
struct bench_slots {
    const struct reader_service *service;
    struct p11 p11;
    CK_SESSION_HANDLE ours, reference;
    struct plain_store *plain; /* NULL: no commits to be counted */
};

static void order(const struct bench_slots *slots, enum canned_order order)
{
    const uint8_t command[] = { 0xD0, 0x20, (uint8_t)order, 0x00 };
    struct exchange e = { .command = SPAN_OF(command) };
    bench_require(reader_connect(slots->service, REFERENCE, &e.card) == 0, "connecting to A");
    exchange(&e);
    reader_disconnect(&e.card);
}

static void time_signature(const struct signature *s, struct bench_slots *slots)
{
    struct p11_key ours = s->make(&slots->p11, slots->ours);
    struct p11_key reference = s->make(&slots->p11, slots->reference);
    SCOPED(raw_key_free) struct raw_key raw = raw_key_make(s->curve, s->bits);
    struct comparison row = { .what = s->what,
                              .ours = { p11_sign, &ours },
                              .references = { { p11_sign, &reference }, { raw_key_sign, &raw } },
                              .rounds = slots->plain ? s->rounds / 4 : s->rounds,
                              .most_us = 30 };
    if (slots->plain)
        row.references[2] = (struct operation){ plain_store_commit, slots->plain };
    for (size_t i = 0; slots->plain && i < COMMITS_TO_SETTLE; i++)
        p11_sign(&ours);
    bench_compare(&row);

    row.what = s->against_bare;
    row.most_us = 0;
    row.references[1] = row.references[2] = (struct operation){ 0 };
    order(slots, CANNED_BARE);
    bench_compare(&row);
    order(slots, CANNED_REPEATS);
}

static void time_signatures(const struct reader_service *service, struct plain_store *plain)
{
    struct bench_slots slots = { .service = service, .plain = plain };
    if (!p11_open(&slots.p11)) {
        printf("OpenSC's module is not installed: no signatures through it\n");
        return;
    }
    slots.ours = p11_log_in(&slots.p11, OURS);
    slots.reference = p11_log_in(&slots.p11, REFERENCE);
    for (size_t i = 0; i < COUNT_OF(signatures); i++)
        time_signature(&signatures[i], &slots);
    p11_close(&slots.p11);
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
    struct world world;
    private_world_start(measured->daemon, measured->store, &world);
    pid_t canned = canned_card_start(&world, measured->reference_folder);
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    bench_require(reader_service_open(&service) == 0 &&
                      reader_await_card(&service, REFERENCE, CARD_MILLISECONDS) == 0,
                  "waiting for the canned card");
    bench_heading(measured->heading);
    time_trivial_commands(&service);
    time_signatures(&service, measured->plain);
    reader_service_close(&service);
    world_end(&world);
    canned_card_await_end(canned);
}

int main(int argc, char **argv)
{
    bench_require(argc == 2, "usage: bench_pcsc GLASSHSMD");
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
    return EXIT_SUCCESS;
}
