/* The private world of `glasshsm run`: a pcscd and tokens that nobody else sees.
 *
 * Level 1: user, PID and network namespaces hold pcscd and a glasshsmd for each token, so their
 * ports exist nowhere else and none of them outlives the world; pcscd has a mount namespace too, in
 * which it finds its own empty /run and no driver but vpcd. Level 2, where namespaces are
 * forbidden: the same programs without them; the ports of the readers are open to everybody who
 * reaches this machine. Programs reach the reader through a Unix socket in a private folder
 * (mode 0700): that is all they share with the world.
 *
 * The world ends with world_end(), or when the process that started it dies in any way: its first
 * process holds the other end of a pipe, and removes the folder. Any number of worlds can exist
 * side by side. */
#pragma once

#include <sys/types.h>

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

struct world {
    char folder[WORLD_PATH_SIZE];
    char socket[WORLD_PATH_SIZE]; /* for PCSCLITE_CSOCK_NAME */
    char admin[WORLD_PATH_SIZE];  /* the first daemon's admin socket; see world_admin_path() */
    pid_t first;                  /* the world's first process; 0: none */
    int lifeline;                 /* the world lives as long as this is open */
    unsigned level;
    char level1_forbidden[400]; /* in level 2, when level 1 was tried: one sentence */
    unsigned port;              /* the first reader's */
    uint64_t reached_us[WORLD_STEPS];
};

/* Positive results. */
enum {
    /* The world cannot be made here, or a process in it ended; see the reason. */
    WORLD_REFUSED = RESULTS_WORLD,
    WORLD_GIVEN_UP, /* request.give_up was readable or closed */
};

struct world_reason {
    /* The exit status of a daemon that refused its store or its settings (10 to 23); 0: the reason
     * is another. */
    int refused;
    char sentence[800];  /* what is missing, and what to do about it */
    char messages[1200]; /* the last lines that pcscd and daemon wrote; may be empty */
};

/* Chooses an unused folder name, for request.folder. A caller that starts a world in another
 * process names its folder, and removes it when that process was killed. */
MUST_CHECK int world_name_folder(char out_folder[WORLD_PATH_SIZE]);
/* Removes a world's folder with all it holds. Harmless when it is gone. */
void world_remove_folder(const char *folder);

/* Makes the world and waits until its cards answer. Sets PCSCLITE_CSOCK_NAME for this process.
 * WORLD_REFUSED and any fault fill the reason; nothing is left behind then. */
MUST_CHECK int world_start(const struct world_request *request, struct world *out,
                           struct world_reason *out_reason);
/* Fills the reason why the world ended by itself; wait_status is that of its first process, which
 * has just been waited for. */
void world_explain(const struct world *world, int wait_status, struct world_reason *out_reason);
/* Ends all processes of the world, removes its folder, and returns when nothing is left. Harmless
 * on an empty or ended world. */
void world_end(struct world *world);
