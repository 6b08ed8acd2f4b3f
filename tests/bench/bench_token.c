/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_token.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "card-os/device.h"
#include "crypto/crypto.h"
#include "tests/bench/bench.h"

static bool never_cancelled(void *context)
{
    (void)context;
    return false;
}

static uint64_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

static uint64_t some_day(void *context)
{
    (void)context;
    return 1764000000000;
}

static int fixed_salt(void *context, uint8_t *out, size_t size)
{
    (void)context;
    memset(out, 0x5A, size);
    return 0;
}

/* An empty store with an identity, as `glasshsm store create` makes it. */
static void make_store(const char *folder)
{
    const struct store_place place = { .folder = folder, .unlock = UNLOCK_KEY_FILE };
    struct store_refusal why;
    struct store *store = NULL;
    bench_require(store_create(&place, &store, &why) == 0, "store_create");
    const struct env env = {
        .store = store,
        .time_ms = some_day,
        .ticks_us = no_ticks,
        .random = fixed_salt,
        .cancelled = never_cancelled,
    };
    bench_require(device_personalise(&env, NULL) == 0, "device_personalise");
    store_close(&store);
}

static void configure(struct config *config, const char *folder)
{
    *config = (struct config){ .ephemeral = folder == NULL };
    snprintf(config->user_pin, sizeof config->user_pin, "648219");
    snprintf(config->so_pin, sizeof config->so_pin, "3537363231383830");
    snprintf(config->folder, sizeof config->folder, "%s", folder ? folder : "");
}

void bench_token_make(struct bench_token *token, const char *folder)
{
    struct store_refusal why;
    if (folder)
        make_store(folder);
    configure(&token->config, folder);
    token->answer = writer_of(secret_alloc(CARD_APDU_MAX), CARD_APDU_MAX);
    token->power = secret_alloc(sizeof *token->power);
    bench_require(token->power && token->answer.at, "memory for a card");
    token->power->cancelled = never_cancelled;
    bench_require(power_on(token->power, &token->config, &why) == 0, "power_on");
    if (folder)
        bench_token_send_hex(token, INITIALIZE, 0x9000);
}

void bench_token_end(struct bench_token *token)
{
    power_off(token->power);
    secret_free(token->power);
    secret_free(token->answer.at);
}

static void make_and_end(void *folder)
{
    struct bench_token token;
    bench_require(crypto_use_secret_heap() == 0 && crypto_init() == 0, "crypto_init");
    bench_token_make(&token, folder);
    bench_token_end(&token);
}

void bench_token_make_apart(char *folder)
{
    bench_apart(make_and_end, folder);
}

struct span bench_token_send(struct bench_token *token, struct span command, uint16_t expected)
{
    write_trim(&token->answer, 0);
    bench_require(card_transmit(&token->power->card, command, &token->answer) == 0, "a command");
    struct span answer = written(&token->answer);
    struct reader status = reader_of(span_part(answer, answer.size - 2, 2));
    uint16_t sw = read_u16(&status);
    if (expected && sw != expected)
        fprintf(stderr, "status word %04X instead of %04X\n", sw, expected);
    bench_require(!expected || sw == expected, "a command");
    return span_part(answer, 0, answer.size - 2);
}

struct span bench_token_send_hex(struct bench_token *token, const char *command, uint16_t expected)
{
    uint8_t bytes[512];
    struct writer out = WRITER_OF(bytes);
    bench_require(hex_decode(command, &out), command);
    return bench_token_send(token, written(&out), expected);
}

void token_request_send(void *context)
{
    const struct token_request *request = context;
    bench_token_send(request->token, request->command, request->expected);
}
