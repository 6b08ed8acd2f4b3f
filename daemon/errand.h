/* What the admin socket has done in the card thread: a request that needs the store. */
#pragma once

#include <jansson.h>

#include "daemon/power.h"
#include "daemon/token.h"

struct errand;
/* In the card thread. A new object; or NULL, and errand->error says why; or NULL, and errand->again
 * is set: there is more to do, and commands of the card come between. */
typedef json_t *errand_run(struct power *power, struct errand *errand);

/* The caller sets these, file to -1, and keeps the errand until done was called. */
struct errand {
    errand_run *run;
    json_t *request;
    uint32_t uid;   /* of whoever asks */
    bool reads_log; /* and has not been recorded as reading the log */
    void (*done)(void *context, struct errand *errand); /* in the main thread */
    void *context;

    json_t *answer;    /* or NULL and */
    int file;          /* goes with the answer: an open descriptor, ours to close; -1: none */
    const char *error; /* a sentence */
    bool again;
    uint64_t begun_us; /* now_us(), of what comes again */

    struct token *token; /* ours, as is the job */
    struct job job;
};

/* Has it done; from the main thread. */
void token_run(struct token *token, struct errand *errand);
