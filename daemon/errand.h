/* SPDX-License-Identifier: Apache-2.0 */
/* Errands: requests of the admin socket that need the store, and so are run in the card thread. */
#pragma once

#include <jansson.h>

#include "daemon/jobs.h"
#include "daemon/power.h"

struct token;
struct errand;
/* Called in the card thread. Returns the answer, a new object; or NULL with errand->error set to
 * the reason; or NULL with errand->again set: there is more to do, and the errand is run again
 * after commands of the card have had their turn. */
typedef json_t *errand_run(struct power *power, struct errand *errand);

/* The caller sets these, file to -1, and keeps the errand until done was called. */
struct errand {
    errand_run *run;
    json_t *request;
    uint32_t uid;   /* of the client's process */
    bool reads_log; /* shows the log, which is not yet recorded */
    void (*done)(void *context, struct errand *errand); /* in the main thread */
    void *context;

    json_t *answer; /* NULL: see error */
    int file;       /* an open descriptor sent with the answer, and then closed by us; -1: none */
    const char *error; /* a sentence: why there is no answer */
    bool again;
    uint64_t begun_us; /* now_us() at the first run of an errand that is run again */

    struct token *token; /* ours, as is the job */
    struct job job;
};
