/* One token: the card thread with everything it owns, and the desk in front of it.
 *
 * The main thread talks to the desk only. Store and card live in the card thread; what the main
 * thread may know of them at any time stands on a page that the card thread publishes after each
 * job. So a question about the token is answered at once while a key is generated for minutes. */
#pragma once

#include <pthread.h>

#include "base/failure.h"
#include "daemon/jobs.h"
#include "daemon/power.h"
#include "storage/audit.h"

/* Called in the main thread. */
struct token_owner {
    void *context;
    /* The command is answered. The bytes are borrowed until token_release(). */
    void (*answered)(void *context, struct span answer);
    /* The store can no longer be written; the daemon must end. The answer has been given. */
    void (*unusable)(void *context);
};

struct token_page {
    struct store_facts store;
    struct audit_head log;
};

struct exchange; /* one command and its answer */

struct token {
    struct token_owner owner;
    const struct config *config;
    struct jobs jobs;
    pthread_t thread;

    /* The card thread's; on the secret heap, because the card works on secrets in its scratch. */
    struct power *power;

    /* Both threads', guarded by page_lock. */
    pthread_mutex_t page_lock;
    struct token_page page;

    /* The main thread's. */
    struct exchange *current;  /* with the card thread, and its answer is wanted */
    struct exchange *answered; /* its answer is being sent */
    struct exchange *spare;
    struct job start, end, reset;
    bool reset_out;   /* the reset job is on its way */
    bool reset_again; /* and another reset was asked for since */
    bool reset_due;   /* the next command must find a fresh session */
    bool running; /* the card thread is */
    bool started; /* the start job has ended */

    /* Written by the card thread before the start job ends, read by the main thread after it. */
    int start_result;
    struct store_refusal refusal;
    struct failure start_failure;
};

/* Starts the card thread and waits until the card is ready. Positive: the store is refused
 * (storage/open.h), token->refusal tells; negative: a fault, token->start_failure tells. After
 * either, token_stop() cleans up. config must outlive the token. */
MUST_CHECK int token_start(struct token *token, const struct config *config,
                           const struct token_owner *owner);
/* Stops long work, powers the card off, closes the store, ends the thread. Harmless twice. */
void token_stop(struct token *token);

/* Hands a command to the card; it is copied. The owner hears of the answer, often before this
 * returns. One at a time: the one before must be answered or abandoned. FAULT_MEMORY. */
MUST_CHECK int token_command(struct token *token, struct span command);
/* The answer has been sent; it is wiped. */
void token_release(struct token *token);
/* Nobody waits for the answer any more: the command is stopped as soon as it allows. */
void token_abandon(struct token *token);
/* The session ends; commands given later find a fresh one. */
void token_reset(struct token *token);
/* Asks the command that runs to stop; false when none does. It answers all the same. */
bool token_cancel(struct token *token);

/* Becomes readable when token_ready() has something to do. */
int token_fd(const struct token *token);
void token_ready(struct token *token);

struct token_status {
    struct token_page page;
    bool running;
    uint8_t command[4]; /* CLA INS P1 P2 of what runs */
    uint64_t running_us;
};
/* At once, whatever the card thread does. */
struct token_status token_status(struct token *token);

/* --- Reading the log --- */

#define LOG_PAGE_LINES 64

/* A page of the log. The caller sets from, count and done, and keeps it until done is called. */
struct log_page {
    struct job job; /* ours */
    struct token *token;
    uint64_t from;
    unsigned count; /* at most so many lines, and LOG_PAGE_LINES */
    void (*done)(void *context, struct log_page *page);
    void *context;

    int result; /* 0, or the fault that kept us from reading */
    unsigned lines;
    uint64_t seq[LOG_PAGE_LINES];
    struct span line[LOG_PAGE_LINES]; /* into text */
    uint8_t text[LOG_PAGE_LINES * AUDIT_LINE_MAX];
};
void token_read_log(struct token *token, struct log_page *page);
