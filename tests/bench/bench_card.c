/* SPDX-License-Identifier: Apache-2.0 */
/* What a command costs in the card itself, in this process: no reader, no socket.
 *
 * The reference of a signature is the bare library's, of a change also a commit of a plain database
 * beside the store. OpenSSL allocates from the secret heap, as in the daemon. */
#include <stdlib.h>

#include "crypto/crypto.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_token.h"
#include "tests/bench/plain_store.h"
#include "tests/bench/raw_key.h"
#include "tests/bench/scratch.h"

/* --- Commands that touch no key --- */

static void time_command(struct bench_token *token, const char *what, const char *hex,
                         uint16_t expected, double most_us)
{
    uint8_t bytes[512];
    struct writer command = WRITER_OF(bytes);
    bench_require(hex_decode(hex, &command), hex);
    struct token_request request = { token, written(&command), expected };
    bench_compare(&(struct comparison){ .what = what,
                                        .ours = { token_request_send, &request },
                                        .rounds = 3000,
                                        .judged = JUDGE_OURS,
                                        .most_us = most_us });
}

static void time_plain_commands(struct bench_token *token)
{
    static const struct {
        const char *what, *command;
        uint16_t expected;
    } rows[] = {
        { "SELECT the applet", TOKEN_SELECT, 0x9000 },
        { "READ a small file", TOKEN_READ_INFO, 0x6282 /* it ends before what was asked */ },
        { "GET CHALLENGE, 8 bytes", TOKEN_CHALLENGE, 0x9000 },
        { "VERIFY, query, logged out", VERIFY_USER_QUERY, 0x63C3 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        time_command(token, rows[i].what, rows[i].command, rows[i].expected, 20);
}

/* --- Signatures --- */

static struct span sign_command(struct writer *out, uint8_t id, uint8_t algorithm, size_t size)
{
    write_u32(out, 0x80680000u | (uint32_t)id << 8 | algorithm);
    write_u8(out, 0);
    write_u16(out, (uint16_t)size);
    for (size_t i = 0; i < size; i++)
        write_u8(out, 0x5A);
    write_u16(out, 0);
    return written(out);
}

static const struct signature {
    const char *what, *curve;
    size_t bits;
    uint8_t id, algorithm;
    size_t rounds;
} signatures[] = {
    { "SIGN P-256, minus EVP_PKEY_sign", "P-256", 0, 2, 0x70, 4000 },
    { "SIGN RSA-2048, minus EVP_PKEY_sign", NULL, 2048, 1, 0x20, 1500 },
};

/* Behind a reader, every command finds the caches full of other programs' work. */
static void compare_cold(const struct comparison *row)
{
    struct comparison cold = *row;
    cold.what = "  the same with cold caches";
    cold.judged = JUDGE_NOTHING;
    cold.rounds = 400;
    cold.ours.after = cold.references[0].after = bench_cool;
    bench_compare(&cold);
}

/* plain: a signature is durable before its answer, so one plain commit counts for the reference. */
static void time_signature(struct bench_token *token, const struct signature *s,
                           struct plain_store *plain)
{
    uint8_t bytes[600];
    struct writer command = WRITER_OF(bytes);
    SCOPED(raw_key_free) struct raw_key raw = raw_key_make(s->curve, s->bits);
    struct token_request request = { token,
                                     sign_command(&command, s->id, s->algorithm, raw.input_size),
                                     0x9000 };
    struct comparison row = { .what = s->what,
                              .ours = { token_request_send, &request },
                              .references = { { raw_key_sign, &raw } },
                              .rounds = plain ? s->rounds / 4 : s->rounds,
                              .judged = JUDGE_DIFFERENCE,
                              .most_us = 30 };
    if (plain)
        row.references[1] = (struct operation){ plain_store_commit, plain };
    bench_compare(&row);
    if (!plain)
        compare_cold(&row);
}

static void time_signatures(struct bench_token *token, struct plain_store *plain)
{
    bench_token_send_hex(token, VERIFY_USER, 0x9000);
    bench_token_send_hex(token, GENERATE_RSA2048, 0x9000);
    bench_token_send_hex(token, GENERATE_P256, 0x9000);
    for (size_t i = 0; i < COUNT_OF(signatures); i++)
        time_signature(token, &signatures[i], plain);
}

/* --- Other changes --- */

static void time_verify(struct bench_token *token, struct plain_store *plain)
{
    uint8_t bytes[16];
    struct writer command = WRITER_OF(bytes);
    bench_require(hex_decode(VERIFY_USER, &command), VERIFY_USER);
    struct token_request request = { token, written(&command), 0x9000 };
    struct comparison row = { .what = "VERIFY",
                              .ours = { token_request_send, &request },
                              .rounds = 300,
                              .judged = JUDGE_OURS,
                              .most_us = 1000 };
    if (plain) {
        row.what = "VERIFY, minus two commits and a synced anchor";
        row.references[0] = row.references[1] = (struct operation){ plain_store_commit, plain };
        row.references[2] = (struct operation){ plain_store_sync, plain };
    }
    bench_compare(&row);
}

static void generate(void *token)
{
    bench_token_send_hex(token, GENERATE_P256, 0x9000);
}

static void bare_keygen(void *context)
{
    (void)context;
    struct raw_key key = raw_key_make("P-256", 0);
    raw_key_free(&key);
}

static void time_generation(struct bench_token *token)
{
    bench_compare(&(struct comparison){ .what = "GENERATE P-256, minus the library's generation",
                                        .ours = { generate, token },
                                        .references = { { bare_keygen, NULL } },
                                        .rounds = 150 });
}

/* --- */

static void time_token(const char *heading, const char *folder, struct plain_store *plain)
{
    struct bench_token token;
    bench_token_make(&token, folder);
    bench_heading(heading);
    time_plain_commands(&token);
    time_signatures(&token, plain);
    time_verify(&token, plain);
    time_generation(&token);
    bench_token_end(&token);
}

int main(int argc, char **argv)
{
    bench_begin(&argc, argv);
    bench_require(crypto_use_secret_heap() == 0 && crypto_init() == 0, "crypto_init");
    bench_on_one_core();
    bench_come_first();
    time_token("Card in this process, store in memory, us", NULL, NULL);

    struct scratch scratch, beside;
    struct plain_store plain;
    scratch_make(&scratch);
    scratch_make(&beside);
    plain_store_open(&plain, beside.path);
    time_token("Card in this process, store on disk, us", scratch.path, &plain);
    plain_store_close(&plain);
    scratch_remove(&scratch);
    scratch_remove(&beside);
    bench_summary();
    return EXIT_SUCCESS;
}
