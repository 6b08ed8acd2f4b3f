/* SPDX-License-Identifier: Apache-2.0 */
/* What a private world is asked for, the steps of its start, and how a start may end. */
#pragma once

#include "base/bytes.h"
#include "base/results.h"

#define WORLD_PATH_SIZE  100 /* a Unix socket's address holds 108 */
#define WORLD_TOKENS_MAX 16  /* pcscd's limit of readers */

struct world_request {
    const char *folder;                   /* private folder, to be made; NULL: any */
    const char *daemon;                   /* path of glasshsmd */
    unsigned tokens;                      /* how many, in this order of readers */
    const char *stores[WORLD_TOKENS_MAX]; /* folder of each token; NULL: a new one in memory */
    const char *passphrase_file;          /* unlocks the stores; NULL: the key file of each */
    /* Folder of the authority that certifies new tokens in memory; NULL: each token has a root
     * of its own. */
    const char *authority;
    /* Called at each attempt to start the world, to put what tokens need into its folder; 0 or a
     * fault; NULL: nothing. */
    int (*furnish)(const char *folder);
    /* Absolute path of the file that gets what pcscd and the daemons write, and stays; log_folder
     * is its folder, which is made if it is not there. NULL: it is in the world's folder. */
    const char *log_folder, *kept_log;
    const char *capacity; /* of each token: card.capacity; NULL: its default */
    unsigned level;       /* 1 or 2; 0: 1, or 2 where 1 is forbidden */
    /* A descriptor: the start is abandoned when it is readable or its other end is closed. */
    int give_up;
};

/* The steps of a start; world.reached_us has the time of each, in microseconds since
 * world_start(). */
enum world_step {
    WORLD_FOLDER,  /* private folder and socket */
    WORLD_FIRST,   /* the first process runs; in level 1 namespaces are made, ids mapped */
    WORLD_DAEMON,  /* each daemon has its token and serves */
    WORLD_SERVICE, /* pcscd serves */
    WORLD_CARD,    /* pcscd has noticed each card */
    WORLD_ANSWER,  /* each card has answered a command */
    WORLD_STEPS
};

/* Positive results. */
enum {
    /* The world cannot be made here, or a process in it ended; see the reason. */
    WORLD_REFUSED = RESULTS_WORLD,
    WORLD_GIVEN_UP, /* request.give_up was readable or closed */
};
