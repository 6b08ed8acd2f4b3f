/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/token.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "card-os/command.h"
#include "card-os/device.h"
#include "card-os/strict.h"
#include "daemon/admin_record.h"
#include "daemon/errand.h"
#include "daemon/log.h"
#include "daemon/reader_owner.h"

/* Room for what OpenSSL and SQLite put on the stack; the usual 8 MiB would be counted against the
 * limit of locked memory. */
#define STACK_SIZE ((size_t)1024 * 1024)

/* --- The page --- */

struct token_page token_page(struct token *token)
{
    pthread_mutex_lock(&token->lock);
    struct token_page page = token->page;
    const struct command *row = atomic_load(&token->row);
    page.command = row ? row->name : NULL;
    pthread_mutex_unlock(&token->lock);
    return page;
}

static void publish_start(struct token *token)
{
    pthread_mutex_lock(&token->lock);
    token->page.running = true;
    token->page.running_since_us = now_us();
    atomic_store(&token->cancelled, false);
    pthread_mutex_unlock(&token->lock);
}

/* Only a commit, or a sync that failed, changes what the page says of store and log. */
static void publish_end(struct token *token)
{
    struct store_facts facts = store_facts(token->power->store);
    pthread_mutex_lock(&token->lock);
    struct token_page *page = &token->page;
    bool changed = facts.generation != page->store.generation || facts.usable != page->store.usable;
    page->running = false;
    if (changed) {
        page->store = facts;
        page->log = audit_head(token->power->store);
    }
    pthread_mutex_unlock(&token->lock);
}

static int publish_dkek(struct token *token)
{
    struct dkek_facts facts;
    int r = domain_dkek_facts(token->power->store, &facts);
    if (r)
        return r;
    pthread_mutex_lock(&token->lock);
    token->page.dkek = facts;
    pthread_mutex_unlock(&token->lock);
    return 0;
}

/* Publishes what does not change until power-off. */
static int publish_identity(struct token *token)
{
    char text[sizeof token->page.serial] = "";
    struct writer out = writer_of(text, sizeof text - 1);
    int r = device_serial(token->power->store, &out);
    pthread_mutex_lock(&token->lock);
    memcpy(token->page.serial, text, sizeof text);
    token->page.strict = strict_is_on(&token->power->card);
    pthread_mutex_unlock(&token->lock);
    return r;
}

static void publish_attached(struct token *token, bool attached)
{
    pthread_mutex_lock(&token->lock);
    token->page.attached = attached;
    pthread_mutex_unlock(&token->lock);
}

/* The first final state is kept: later ones are its consequences. */
static void publish_state(struct token *token, enum token_state state)
{
    pthread_mutex_lock(&token->lock);
    if (token->page.state <= TOKEN_READY)
        token->page.state = state;
    pthread_mutex_unlock(&token->lock);
    jobs_wake(&token->jobs);
}

static void leave(struct token *token, enum token_state state)
{
    publish_state(token, state);
    loop_stop(&token->loop);
}

/* --- Commands, in the card thread --- */

static bool nobody_waits(void *context)
{
    struct token *token = context;
    return atomic_load(&token->cancelled) || atomic_load(&token->stopping) ||
           (token->page.running && vpcd_peer_left(&token->bridge));
}

static bool changes_dkek(enum audit_action action)
{
    enum audit_keys keys = audit_traits_of(action)->keys;
    return keys == AUDIT_DKEK || keys == AUDIT_ERASED;
}

static void note_row(void *context, const struct command *row)
{
    struct token *token = context;
    atomic_store(&token->row, row);
    token->dkek_changed |= row && changes_dkek(row->action);
}

static struct span run_command(void *context, struct span command)
{
    struct token *token = context;
    failure_clear();
    publish_start(token);
    int r = card_transmit(&token->power->card, command, &token->answer);
    publish_end(token);
    if (token->dkek_changed && publish_dkek(token))
        log_fault("fault", failure_last());
    token->dkek_changed = false;
    if (r == FAULT_STOPPED)
        log_event(LOG_INFO, "command_stopped");
    else if (r)
        log_fault("fault", failure_last());
    if (!token->page.store.usable)
        leave(token, TOKEN_UNUSABLE);
    return written(&token->answer);
}

static void answer_sent(void *context)
{
    struct token *token = context;
    write_trim(&token->answer, 0);
    token->answer.full = false;
}

static void end_session(void *context)
{
    struct token *token = context;
    card_reset(&token->power->card);
}

static uint64_t monotonic(void *context)
{
    (void)context;
    return now_us();
}

/* --- The reader --- */

static const struct {
    enum log_level level;
    const char *event;
    const char *advice;
} news_texts[] = {
    [VPCD_ATTACHED] = { LOG_INFO, "attached", "" },
    [VPCD_DETACHED] = { LOG_INFO, "detached", "" },
    [VPCD_ABSENT] = { LOG_WARNING, "no_reader",
                      "nobody listens there: start pcscd with the driver of vsmartcard-vpcd" },
    [VPCD_OCCUPIED] = { LOG_WARNING, "reader_occupied",
                        "another card is in this slot: end it, or choose another reader.port" },
    [VPCD_STALLED] = { LOG_WARNING, "reader_stalled", "a message stopped in the middle" },
    [VPCD_FOREIGN] = { LOG_WARNING, "reader_foreign",
                       "who listens there is neither root nor this user nor reader.user: he does "
                       "not get the card" },
    [VPCD_FAILED] = { LOG_WARNING, "reader_failed", NULL /* what the system says */ },
};

static void reader_news(void *context, enum vpcd_news news)
{
    struct token *token = context;
    const char *advice = news_texts[news].advice ? news_texts[news].advice : strerror(errno);
    struct log_field port = log_number("port", token->config->port);
    if (*advice)
        log_event(news_texts[news].level, news_texts[news].event, port, log_text("advice", advice));
    else
        log_event(news_texts[news].level, news_texts[news].event, port);

    publish_attached(token, token->bridge.attached);
    bool missing =
        news == VPCD_ABSENT || news == VPCD_OCCUPIED || news == VPCD_FAILED || news == VPCD_FOREIGN;
    if (missing && token->config->retry == RETRY_EXIT)
        leave(token, TOKEN_NO_READER);
}

static bool trusts_reader(void *context, int fd)
{
    const struct token *token = context;
    return reader_owner_trusted(fd, token->config->reader_uid);
}

static int bridge_start(struct token *token)
{
    const struct vpcd_owner owner = {
        .context = token,
        .clock = monotonic,
        .trusts = trusts_reader,
        .reset = end_session,
        .command = run_command,
        .sent = answer_sent,
        .news = reader_news,
    };
    return vpcd_init(&token->bridge, (uint16_t)token->config->port, card_atr, &owner);
}

/* --- The card thread's loop --- */

static struct loop_wish bridge_wish(void *context)
{
    const struct token *token = context;
    struct vpcd_watch watch = vpcd_watch(&token->bridge);
    return (struct loop_wish){ watch.fd, watch.events, watch.deadline };
}

static void bridge_ready(void *context, short events)
{
    struct token *token = context;
    vpcd_ready(&token->bridge, events);
    vpcd_tick(&token->bridge);
}

static struct loop_wish jobs_wish(void *context)
{
    const struct token *token = context;
    return (struct loop_wish){ jobs_submitted_fd(&token->jobs), POLLIN, LOOP_NEVER };
}

static void jobs_ready(void *context, short events)
{
    struct token *token = context;
    (void)events;
    jobs_work(&token->jobs);
}

static int join_loop(struct token *token)
{
    int r = loop_add(&token->loop, (struct loop_watcher){ token, bridge_wish, bridge_ready });
    return r ? r : loop_add(&token->loop, (struct loop_watcher){ token, jobs_wish, jobs_ready });
}

static int power_up(struct token *token)
{
    token->power->cancelled = nobody_waits;
    token->power->running = note_row;
    token->power->context = token;
    int r = power_on(token->power, token->config, &token->refusal);
    if (r == 0)
        r = publish_identity(token);
    if (r == 0)
        r = publish_dkek(token);
    if (r == 0)
        r = bridge_start(token);
    if (r == 0)
        r = join_loop(token);
    if (r == 0)
        publish_end(token);
    return r;
}

static void *card_thread(void *context)
{
    struct token *token = context;
    token->start_result = token->confine ? token->confine(token->config) : 0;
    if (!token->start_result)
        token->start_result = power_up(token);
    token->start_failure = *failure_last();
    publish_state(token, token->start_result ? TOKEN_REFUSED : TOKEN_READY);

    if (token->start_result == 0 && loop_run(&token->loop) < 0) {
        log_fault("fault", failure_last());
        leave(token, TOKEN_FAILED);
    }
    vpcd_deinit(&token->bridge);
    power_off(token->power);
    return NULL;
}

/* --- Start and stop, in the main thread --- */

static void stop_work(void *context)
{
    struct token *token = context;
    loop_stop(&token->loop);
}

static void stop_done(void *context)
{
    (void)context;
}

static int allocate(struct token *token)
{
    uint8_t *answer = secret_alloc(CARD_APDU_MAX);
    token->answer = writer_of(answer, CARD_APDU_MAX);
    token->power = secret_alloc(sizeof *token->power);
    if (!answer || !token->power)
        return failure(FAULT_MEMORY, "no memory for a card");
    return jobs_init(&token->jobs);
}

static void release(struct token *token)
{
    jobs_deinit(&token->jobs);
    secret_free(token->power);
    secret_free(token->answer.at);
    secret_stack_free(token->stack, STACK_SIZE);
    token->stack = NULL;
    token->power = NULL;
    token->answer = (struct writer){ 0 };
}

/* The main thread takes the signals, so the card thread blocks them; its stack is made for
 * secrets. */
static int start_thread(struct token *token)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    sigfillset(&all);
    token->stack = secret_stack(STACK_SIZE);
    if (!token->stack)
        return failure(FAULT_MEMORY, "no stack for the card's thread");
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, token->stack, STACK_SIZE);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&token->thread, &attributes, card_thread, token);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error)
        return failure(FAULT_LIBRARY, "no thread for the card: %s", strerror(error));
    token->running = true;
    return 0;
}

int token_start(struct token *token, const struct config *config, token_confine *confine)
{
    *token = (struct token){
        .config = config,
        .confine = confine,
        .stop = { stop_work, stop_done, token, NULL },
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    int r = allocate(token);
    if (r == 0)
        r = start_thread(token);
    if (r) {
        token->start_failure = *failure_last();
        release(token);
        return r;
    }
    struct pollfd started = { .fd = token_fd(token), .events = POLLIN };
    while (token_ready(token) == TOKEN_STARTING)
        poll(&started, 1, -1);
    return token->start_result;
}

void token_stop(struct token *token)
{
    if (!token->running)
        return;
    atomic_store(&token->stopping, true);
    jobs_submit(&token->jobs, &token->stop);
    pthread_join(token->thread, NULL);
    token->running = false;
    jobs_collect(&token->jobs);
    release(token);
}

/* --- What the main thread asks --- */

int token_fd(const struct token *token)
{
    return jobs_ended_fd(&token->jobs);
}

enum token_state token_ready(struct token *token)
{
    jobs_collect(&token->jobs);
    enum token_state state = token_page(token).state;
    if (state > TOKEN_READY)
        jobs_wake(&token->jobs);
    return state;
}

/* The lock is held so that a command which starts at this moment neither loses the request nor gets
 * the one meant for the command before. */
struct token_cancelled token_cancel(struct token *token)
{
    struct token_cancelled told = { 0 };
    pthread_mutex_lock(&token->lock);
    const struct command *row = atomic_load(&token->row);
    if (token->page.running) {
        atomic_store(&token->cancelled, true); /* only commands that can be stopped poll it */
        told.stopping = !row || row->traits & CAN_BE_STOPPED;
        told.command = row ? row->name : "a command that has just begun";
    }
    pthread_mutex_unlock(&token->lock);
    return told;
}

/* --- In the card thread, for the main thread --- */

/* Publishes what an errand may have changed in the store. */
static void publish_work(struct token *token)
{
    publish_end(token);
    if (!token->page.store.usable)
        leave(token, TOKEN_UNUSABLE);
}

static void errand_work(void *context)
{
    struct errand *errand = context;
    failure_clear();
    errand->answer = errand->run(errand->token->power, errand);
    publish_work(errand->token);
}

static void errand_done(void *context)
{
    struct errand *errand = context;
    bool stopping = atomic_load(&errand->token->stopping);
    if (errand->again && !stopping) {
        errand->again = false;
        jobs_submit(&errand->token->jobs, &errand->job);
        return;
    }
    if (errand->again)
        errand->error = "the daemon ends";
    errand->done(errand->context, errand);
}

void token_run(struct token *token, struct errand *errand)
{
    errand->job = (struct job){ errand_work, errand_done, errand, NULL };
    errand->token = token;
    jobs_submit(&token->jobs, &errand->job);
}

/* --- Reading the log --- */

static bool keep_line(void *context, uint64_t seq, struct span line)
{
    struct log_page *page = context;
    if (page->lines == page->count)
        return false;
    struct writer text =
        writer_of(page->text + (size_t)page->lines * AUDIT_LINE_MAX, AUDIT_LINE_MAX);
    write_span(&text, line);
    page->seq[page->lines] = seq;
    page->line[page->lines++] = written(&text);
    return true;
}

static void log_work(void *context)
{
    struct log_page *page = context;
    failure_clear();
    struct power *power = page->token->power;
    page->lines = 0;
    page->result = page->first ? admin_record_reading(power, page->uid) : 0;
    if (!page->result)
        page->result = audit_read(power->store, page->from, keep_line, page);
    if (page->result < 0)
        log_fault("log_unreadable", failure_last());
    publish_work(page->token);
}

static void log_done(void *context)
{
    struct log_page *page = context;
    page->done(page->context, page);
}

void token_read_log(struct token *token, struct log_page *page)
{
    page->job = (struct job){ log_work, log_done, page, NULL };
    page->token = token;
    jobs_submit(&token->jobs, &page->job);
}
