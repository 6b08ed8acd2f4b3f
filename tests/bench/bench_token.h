/* SPDX-License-Identifier: Apache-2.0 */
/* A token in this process, with the clock, the chance and the store of the daemon's own
 * (daemon/power.c): what the card itself costs, with no socket in between. */
#pragma once

#include "daemon/power.h"
#include "tests/support/commands.h"

struct bench_token {
    struct config config;
    struct power *power;
    struct writer answer;
};

/* A new token with the customary PINs (user PIN 648219), powered on; folder: where its store is
 * made, NULL: in memory. */
void bench_token_make(struct bench_token *token, const char *folder);
void bench_token_end(struct bench_token *token);
/* Makes a token in the folder, powered off, by a process of its own: OpenSSL in this one keeps its
 * usual heap, so that a reference measured here is a stranger's. */
void bench_token_make_apart(char *folder);

/* Sends a command; the answer, without its status word, is good until the next. Any other status
 * word than `expected` ends the program. */
struct span bench_token_send(struct bench_token *token, struct span command, uint16_t expected);
struct span bench_token_send_hex(struct bench_token *token, const char *command, uint16_t expected);

/* The same as an operation (bench.h); the context is the request. */
struct token_request {
    struct bench_token *token;
    struct span command;
    uint16_t expected;
};
void token_request_send(void *request);

/* Commands as hexadecimal text. */
#define TOKEN_SELECT    "00 A4 04 0C 0B E82B0601040181C31F0201"
#define TOKEN_READ_INFO "00 B1 2F 03 04 54 02 00 00 00"
#define TOKEN_CHALLENGE "00 84 00 00 08"
