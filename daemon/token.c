#include "daemon/token.h"

#include <string.h>

#include "daemon/clock.h"
#include "daemon/log.h"

/* Commands that end sooner are answered without a detour through poll(). */
#define SHORT_COMMAND_US 1000

/* Room for what OpenSSL and SQLite put on the stack; the usual 8 MiB would count against the limit
 * of locked memory. */
#define STACK_SIZE ((size_t)1024 * 1024)

struct exchange {
    struct job job;
    struct token *token;
    atomic_bool cancelled;
    bool reset_first; /* the session must be fresh */
    uint64_t since_us;
    size_t command_size;
    struct writer answer;
    int result;
    struct failure failure;
    uint8_t command[CARD_APDU_MAX];
    uint8_t answer_bytes[CARD_APDU_MAX];
};

/* --- In the card thread --- */

/* Only a commit can change what stands on the page, or a sync that failed. */
static void publish(struct token *token)
{
    struct store_facts facts = store_facts(token->power->store);
    if (facts.generation == token->page.store.generation &&
        facts.usable == token->page.store.usable)
        return;
    struct audit_head head = audit_head(token->power->store);
    pthread_mutex_lock(&token->page_lock);
    token->page = (struct token_page){ facts, head };
    pthread_mutex_unlock(&token->page_lock);
}

static void start_work(void *context)
{
    struct token *token = context;
    failure_clear();
    token->start_result = power_on(token->power, token->config, &token->refusal);
    token->start_failure = *failure_last();
    if (token->start_result == 0)
        publish(token);
}

static void end_work(void *context)
{
    struct token *token = context;
    power_off(token->power);
}

static void reset_work(void *context)
{
    struct token *token = context;
    card_reset(&token->power->card);
}

static void command_work(void *context)
{
    struct exchange *exchange = context;
    struct power *power = exchange->token->power;
    failure_clear();
    if (exchange->reset_first)
        card_reset(&power->card);
    power->cancelled = &exchange->cancelled;
    exchange->result = card_transmit(
        &power->card, span_of(exchange->command, exchange->command_size), &exchange->answer);
    power->cancelled = NULL;
    exchange->failure = *failure_last();
    publish(exchange->token);
}

static bool keep_line(void *context, uint64_t seq, struct span line)
{
    struct log_page *page = context;
    if (page->lines == page->count)
        return false;
    struct writer text = writer_of(page->text + (size_t)page->lines * AUDIT_LINE_MAX,
                                   AUDIT_LINE_MAX);
    write_span(&text, line);
    page->seq[page->lines] = seq;
    page->line[page->lines++] = written(&text);
    return true;
}

static void log_work(void *context)
{
    struct log_page *page = context;
    failure_clear();
    page->lines = 0;
    page->result = audit_read(page->token->power->store, page->from, keep_line, page);
}

static void *card_thread(void *context)
{
    jobs_work(context);
    return NULL;
}

/* --- Start and end --- */

static void start_done(void *context)
{
    struct token *token = context;
    token->started = true;
}

static void nothing_done(void *context)
{
    (void)context;
}

static void reset_done(void *context);

static int start_thread(struct token *token)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    int error = pthread_create(&token->thread, &attributes, card_thread, &token->jobs);
    pthread_attr_destroy(&attributes);
    return error ? failure(FAULT_LIBRARY, "no thread for the card: %s", strerror(error)) : 0;
}

static int allocate(struct token *token)
{
    token->power = secret_alloc(sizeof *token->power);
    if (!token->power)
        return failure(FAULT_MEMORY, "no memory for a card");
    memset(token->power, 0, sizeof *token->power);
    return jobs_init(&token->jobs);
}

static void release(struct token *token)
{
    jobs_deinit(&token->jobs);
    secret_free(token->spare);
    secret_free(token->power);
    token->spare = NULL;
    token->power = NULL;
}

int token_start(struct token *token, const struct config *config, const struct token_owner *owner)
{
    *token = (struct token){
        .owner = *owner,
        .config = config,
        .start = { start_work, start_done, token, NULL },
        .end = { end_work, nothing_done, token, NULL },
        .reset = { reset_work, reset_done, token, NULL },
        .page_lock = PTHREAD_MUTEX_INITIALIZER,
    };
    int r = allocate(token);
    if (r == 0)
        r = start_thread(token);
    if (r) {
        token->start_failure = *failure_last();
        release(token);
        return r;
    }
    token->running = true;
    jobs_submit(&token->jobs, &token->start);
    while (!token->started) {
        jobs_await(&token->jobs, 1000 * 1000);
        jobs_finish(&token->jobs);
    }
    return token->start_result;
}

void token_stop(struct token *token)
{
    if (!token->running)
        return;
    token_abandon(token);
    jobs_submit(&token->jobs, &token->end);
    jobs_stop(&token->jobs);
    pthread_join(token->thread, NULL);
    jobs_finish(&token->jobs);
    token_release(token);
    release(token);
    token->running = false;
}

/* --- Commands --- */

static void forget(struct token *token, struct exchange *exchange)
{
    secret_wipe(exchange->command, exchange->command_size);
    write_trim(&exchange->answer, 0);
    if (token->spare)
        secret_free(exchange); /* an abandoned one that ended late */
    else
        token->spare = exchange;
}

static void report(struct token *token, const struct exchange *exchange)
{
    if (exchange->result == 0)
        return;
    log_fault("fault", &exchange->failure);
    if (!token_status(token).page.store.usable)
        token->owner.unusable(token->owner.context);
}

static void command_done(void *context)
{
    struct exchange *exchange = context;
    struct token *token = exchange->token;
    report(token, exchange);
    if (exchange != token->current) {
        forget(token, exchange);
        return;
    }
    token->current = NULL;
    token->answered = exchange;
    token->owner.answered(token->owner.context, written(&exchange->answer));
}

static struct exchange *take_exchange(struct token *token)
{
    struct exchange *exchange = token->spare;
    token->spare = NULL;
    return exchange ? exchange : secret_alloc(sizeof *exchange);
}

int token_command(struct token *token, struct span command)
{
    struct exchange *exchange = take_exchange(token);
    if (!exchange)
        return failure(FAULT_MEMORY, "no memory for a command");
    exchange->job = (struct job){ command_work, command_done, exchange, NULL };
    exchange->token = token;
    atomic_init(&exchange->cancelled, false);
    exchange->reset_first = token->reset_due;
    exchange->since_us = now_us();
    exchange->answer = writer_of(exchange->answer_bytes, sizeof exchange->answer_bytes);
    struct writer copy = writer_of(exchange->command, sizeof exchange->command);
    write_span(&copy, command);
    exchange->command_size = copy.size;

    token->reset_due = false;
    token->current = exchange;
    jobs_submit(&token->jobs, &exchange->job);
    jobs_await(&token->jobs, SHORT_COMMAND_US);
    jobs_finish(&token->jobs);
    return 0;
}

void token_release(struct token *token)
{
    if (token->answered)
        forget(token, token->answered);
    token->answered = NULL;
}

bool token_cancel(struct token *token)
{
    if (!token->current)
        return false;
    atomic_store_explicit(&token->current->cancelled, true, memory_order_relaxed);
    return true;
}

void token_abandon(struct token *token)
{
    token_cancel(token);
    token->current = NULL;
}

/* The job ends the session soon, the mark makes sure of it before the next command: so a reset job
 * that is still on its way needs no second one beside it. */
void token_reset(struct token *token)
{
    token->reset_due = true;
    token->reset_again = token->reset_out;
    if (token->reset_out)
        return;
    token->reset_out = true;
    jobs_submit(&token->jobs, &token->reset);
}

static void reset_done(void *context)
{
    struct token *token = context;
    token->reset_out = false;
    if (token->reset_again)
        token_reset(token);
}

/* --- What others ask --- */

int token_fd(const struct token *token)
{
    return jobs_fd(&token->jobs);
}

void token_ready(struct token *token)
{
    jobs_collect(&token->jobs);
}

struct token_status token_status(struct token *token)
{
    struct token_status status = { 0 };
    pthread_mutex_lock(&token->page_lock);
    status.page = token->page;
    pthread_mutex_unlock(&token->page_lock);

    const struct exchange *exchange = token->current;
    if (!exchange)
        return status;
    status.running = true;
    struct writer copy = WRITER_OF(status.command);
    write_span(&copy, span_part(SPAN_OF(exchange->command), 0, sizeof status.command));
    status.running_us = now_us() - exchange->since_us;
    return status;
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
    if (page->count > LOG_PAGE_LINES)
        page->count = LOG_PAGE_LINES;
    jobs_submit(&token->jobs, &page->job);
}
