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

#define WORLD_PATH_SIZE  100 /* a Unix socket's address holds 108 */
#define WORLD_TOKENS_MAX 16  /* pcscd's limit of readers */

struct world_request {
    const char *folder;                   /* its private folder, which it makes; NULL: any */
    const char *daemon;                   /* path of glasshsmd */
    unsigned tokens;                      /* how many, in this order of readers */
    const char *stores[WORLD_TOKENS_MAX]; /* folder of each token; NULL: a new one in memory */
    const char *passphrase_file;          /* unlocks them; NULL: the key file of each */
    const char *authority;                /* folder of who certifies new tokens in memory; NULL:
                                             each has a root of its own */
    int (*furnish)(const char *folder); /* puts what tokens need into the world's folder, each time
                                             that it is begun; 0 or a fault; NULL: nothing */
    const char *capacity;               /* of each token: card.capacity; NULL: its default */
    unsigned level;                     /* 1 or 2; 0: 2 when 1 is forbidden */
    int give_up; /* a descriptor; the start is abandoned when it has something to read, or
                           its other end is gone */
};

/* What has been reached, and when, in microseconds since world_start() was called. */
enum world_step {
    WORLD_FOLDER,  /* private folder and socket */
    WORLD_FIRST,   /* its first process; in level 1 namespaces made, user ids mapped */
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

enum {                    /* positive results */
       WORLD_REFUSED = 1, /* it cannot be made here, or something in it ended; see the reason */
       WORLD_GIVEN_UP,    /* request.give_up said so */
};

struct world_reason {
    char sentence[800];  /* what is missing, and what to do about it */
    char messages[1200]; /* the last lines that pcscd and daemon wrote; may be empty */
};

/* Chooses a name that nobody has, for request.folder. Who starts a world in another process names
 * its folder, and removes it when that process was killed. */
MUST_CHECK int world_name_folder(char out_folder[WORLD_PATH_SIZE]);
/* Removes it with all it holds. Harmless when it is gone. */
void world_remove_folder(const char *folder);

/* Makes the world and waits until its cards answer. Sets PCSCLITE_CSOCK_NAME for this process.
 * WORLD_REFUSED and any fault fill the reason; nothing is left behind then. */
MUST_CHECK int world_start(const struct world_request *request, struct world *out,
                           struct world_reason *out_reason);
/* Why the world ended by itself: its first process has just been waited for, with this status. */
void world_explain(const struct world *world, int wait_status, struct world_reason *out_reason);
/* Ends all of it and returns when nothing is left. Harmless on an empty or ended world. */
void world_end(struct world *world);
