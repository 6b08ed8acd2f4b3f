/* SPDX-License-Identifier: Apache-2.0 */
/* One token: the card thread and everything it owns.
 *
 * The card thread owns the store, the card and the connection to the reader; it reads a command,
 * runs it and sends the answer. The main thread owns the admin socket and the signals, and never
 * touches the store. They meet in three places only:
 *
 *   the page    what status may tell, published by the card thread around each command, so that a
 *               question is answered at once even while a key is generated for minutes
 *   jobs        what must be done in the card thread: reading the log, stopping
 *   a flag      which asks a long command to stop
 *
 * The connection belongs to the card thread because passing each command from one thread to the
 * other, and the answer back, costs two switches and four system calls, measured at 12 µs: more
 * than most commands take, and a third of the whole way through pcscd. It would gain nothing: the
 * driver sends nothing while a command runs, and the card thread can ask whether it is there. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/failure.h"
#include "card-os/domain.h"
#include "daemon/jobs.h"
#include "daemon/loop.h"
#include "daemon/power.h"
#include "formats/cvc.h"
#include "storage/audit.h"
#include "vpcd-bridge/vpcd.h"

enum token_state {
    TOKEN_STARTING,
    TOKEN_READY,
    /* In all states that follow, the card thread has ended or is about to: */
    TOKEN_REFUSED,   /* it did not start; token_start() says why */
    TOKEN_UNUSABLE,  /* the store can no longer be written; the answer that says so was sent */
    TOKEN_NO_READER, /* nobody listens, and reader.retry is exit */
    TOKEN_FAILED,    /* a fault of the machine; it is in the log */
};

/* What the main thread may know at any time. */
struct token_page {
    struct store_facts store;
    struct audit_head log;
    bool attached;
    bool running;
    const char *command;       /* name of its row; NULL before it was found */
    uint64_t running_since_us; /* now_us() */
    enum token_state state;
    char serial[CVC_NAME_MAX + 1]; /* as hosts show it */
    bool strict;                   /* the token has no extensions to the hardware's commands */
    struct dkek_facts dkek;
};

struct token {
    int (*confine)(const struct config *config);
    const struct config *config;
    struct jobs jobs;
    pthread_t thread;
    void *stack;  /* of the thread: locked and not dumped, because secrets pass over it */
    bool running; /* the thread was started */
    struct job stop;

    /* Used by the card thread only. */
    struct power *power; /* on the secret heap, because the card works on secrets in its scratch */
    struct vpcd bridge;
    struct loop loop;
    struct writer answer;
    bool dkek_changed; /* the command that runs may have changed the DKEK */

    /* Used by both threads. */
    pthread_mutex_t lock; /* guards the page */
    struct token_page page;
    const struct command *_Atomic row; /* of the command that runs; set without the lock */
    atomic_bool cancelled;             /* the command that runs shall stop */
    atomic_bool stopping;              /* the command that runs and all later ones shall stop */

    /* Written by the card thread while its state is TOKEN_STARTING. */
    int start_result;
    struct store_refusal refusal;
    struct failure start_failure;
};

/* Restricts the process before a store is read; called in the card thread. 0 or a fault. */
typedef int token_confine(const struct config *config);
/* Starts the card thread and waits until the card is ready. Positive: the store is refused
 * (storage/open.h), token->refusal tells; negative: a fault, token->start_failure tells. After
 * either, token_stop() cleans up. config must outlive the token; confine may be NULL. */
MUST_CHECK int token_start(struct token *token, const struct config *config,
                           token_confine *confine);
/* Stops long work, powers the card off, closes the store, ends the thread. Harmless twice, and on a
 * zeroed variable. */
void token_stop(struct token *token);

/* The page as it was published last. Never waits for the card thread's work. */
struct token_page token_page(struct token *token);
/* Asks the command that runs to stop. The host gets an answer to that command all the same. */
struct token_cancelled {
    const char *command; /* that runs; NULL: none */
    bool stopping;       /* it will stop; else it ends by itself */
};
struct token_cancelled token_cancel(struct token *token);

/* Readable when token_ready() has something to do: it calls `done` of jobs that the card thread has
 * ended, and gives the token's state, which may have changed. Once the token has ended it stays
 * readable: whoever begins to wait later hears of it. */
int token_fd(const struct token *token);
enum token_state token_ready(struct token *token);

/* Has the card thread run the errand (errand.h). Called from the main thread. */
struct errand;
void token_run(struct token *token, struct errand *errand);

/* --- Reading the log --- */

/* Few enough that reading a page holds the card up for a few milliseconds at most. */
#define LOG_PAGE_LINES 512

/* A page of the log. The caller sets the members from `from` to `context`, and keeps the page until
 * done is called. */
struct log_page {
    struct job job; /* ours */
    struct token *token;
    uint64_t from;
    unsigned count; /* of lines, at most LOG_PAGE_LINES */
    bool first;     /* the first page for this client: its reading of the log is recorded */
    uint32_t uid;   /* of the client's process */
    void (*done)(void *context, struct log_page *page);
    void *context;

    int result; /* 0, or the fault that kept us from reading */
    unsigned lines;
    uint64_t seq[LOG_PAGE_LINES];
    struct span line[LOG_PAGE_LINES]; /* into text */
    uint8_t text[LOG_PAGE_LINES * AUDIT_LINE_MAX];
};
void token_read_log(struct token *token, struct log_page *page);
