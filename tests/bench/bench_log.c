/* SPDX-License-Identifier: Apache-2.0 */
/* What the log costs: a record, a refusal that is told with others as one, an epoch, a signature
 * over all of it; and whether any of that grows with its length. */
#include <stdlib.h>

#include "crypto/crypto.h"
#include "storage/audit.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_token.h"
#include "tests/bench/scratch.h"

#define LONG_LOG 200000

static const struct audit_record deed = { .action = AUDIT_SIGN, .sw = 0x9000, .role = AUDIT_USER };

/* --- Inside one transaction: the CPU's part --- */

static void append(void *store)
{
    bench_require(audit_append(store, &deed) == 0, "audit_append");
}

static void begin_epoch(void *store)
{
    static const struct audit_record event = { .action = AUDIT_EPOCH_BEGUN, .sw = 0x9000 };
    bench_require(audit_begin_epoch(store, &event) == 0, "audit_begin_epoch");
}

static void sign(void *store)
{
    uint8_t bytes[CHECKPOINT_MAX];
    struct writer note = WRITER_OF(bytes);
    bench_require(audit_checkpoint(store, &note) == 0, "audit_checkpoint");
}

static void time_in_transaction(struct store *store)
{
    bench_require(store_begin(store) == 0, "store_begin");
    bench_compare(&(struct comparison){ .what = "record, without the commit",
                                        .ours = { append, store },
                                        .rounds = 5000,
                                        .most_us = 60,
                                        .judged = JUDGE_OURS });
    bench_compare(&(struct comparison){
        .what = "epoch: record, key, handover", .ours = { begin_epoch, store }, .rounds = 300 });
    bench_compare(
        &(struct comparison){ .what = "checkpoint", .ours = { sign, store }, .rounds = 1000 });
    bench_require(store_commit(store, false) == 0, "store_commit");
}

static void grow(struct store *store, unsigned records)
{
    bench_require(store_begin(store) == 0, "store_begin");
    for (unsigned i = 0; i < records; i++)
        append(store);
    bench_require(store_commit(store, false) == 0, "store_commit");
}

/* --- Commands --- */

static void refuse_same(void *token)
{
    bench_token_send_hex(token, "80 68 02 70 01 00", 0x6982);
}

static void refuse_another(void *token)
{
    bench_token_send_hex(token, "80 68 02 70 01 00", 0x6982);
    bench_token_send_hex(token, "80 68 03 70 01 00", 0x6982);
}

static void initialise(void *token)
{
    bench_token_send_hex(token, INITIALIZE, 0x9000);
}

static void time_commands(struct bench_token *token)
{
    card_reset(&token->power->card); /* INITIALIZE logs in */
    bench_compare(&(struct comparison){
        .what = "two different refusals", .ours = { refuse_another, token }, .rounds = 1000 });
    bench_compare(&(struct comparison){
        .what = "a refusal like the last one", .ours = { refuse_same, token }, .rounds = 2000 });
    bench_compare(&(struct comparison){
        .what = "INITIALIZE, with its epoch", .ours = { initialise, token }, .rounds = 100 });
}

static void time_token(const char *heading, const char *folder)
{
    struct bench_token token;
    bench_token_make(&token, folder);
    bench_heading(heading);
    time_in_transaction(token.power->store);
    time_commands(&token);
    grow(token.power->store, LONG_LOG);
    bench_heading("The same after 200,000 records");
    time_in_transaction(token.power->store);
    time_commands(&token);
    bench_token_end(&token);
}

int main(int argc, char **argv)
{
    struct scratch scratch;
    bench_begin(&argc, argv);
    bench_require(crypto_use_secret_heap() == 0 && crypto_init() == 0, "crypto_init");
    bench_on_one_core();
    bench_come_first();
    time_token("Log, store in memory, us", NULL);
    scratch_make(&scratch);
    time_token("Log, store on disk, us", scratch.path);
    scratch_remove(&scratch);
    bench_summary();
    return EXIT_SUCCESS;
}
