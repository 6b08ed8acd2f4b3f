/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsmd: one process is one token.
 *
 * Read main() and the steps of start() for the order in which things begin and end. Between them,
 * this thread sits in the loop and serves signals and the admin socket, while the card thread
 * (token.c) serves the reader. */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failure.h"
#include "crypto/crypto.h"
#include "daemon/admin.h"
#include "daemon/confine.h"
#include "daemon/log.h"
#include "daemon/log_orders.h"
#include "daemon/notify.h"
#include "daemon/reader_owner.h"
#include "daemon/sandbox.h"
#include "daemon/status.h"

/* Exit statuses beside those of refused stores, 10 to 19 (storage/open.h). */
enum {
    EXIT_USAGE = 2,
    EXIT_UNUSABLE = 20,
    EXIT_NO_READER = 21,
    EXIT_SELF_TEST = 22,
    EXIT_CONTRADICTED = 23
};

static const int exit_statuses[] = {
    [TOKEN_UNUSABLE] = EXIT_UNUSABLE,
    [TOKEN_NO_READER] = EXIT_NO_READER,
    [TOKEN_FAILED] = EXIT_FAILURE,
    [TOKEN_REFUSED] = EXIT_FAILURE,
};

struct daemon {
    struct config config;
    struct loop loop;
    struct token token;
    struct admin admin;
    struct status_sources status;
    int signals;
    int manager; /* the service manager's socket until it knows that we are ready; -1: none */
    int exit_status;
};

static void stop(struct daemon *d, int exit_status)
{
    d->exit_status = exit_status;
    loop_stop(&d->loop);
}

/* --- From the admin socket to the token --- */

static json_t *tell_status(void *context)
{
    struct daemon *d = context;
    return status_object(&d->status);
}

static void free_errand(void *context, struct errand *errand)
{
    (void)context;
    json_decref(errand->answer);
    free(errand);
}

/* Records the cancel. Nobody waits for this record: it may be made after the command has ended. */
static void record_cancel(struct daemon *d, uint32_t uid)
{
    struct errand *errand = malloc(sizeof *errand);
    if (!errand)
        return;
    *errand =
        (struct errand){ .run = order_record_cancel, .uid = uid, .done = free_errand, .file = -1 };
    token_run(&d->token, errand);
}

static struct token_cancelled cancel_command(void *context, uint32_t uid)
{
    struct daemon *d = context;
    struct token_cancelled told = token_cancel(&d->token);
    log_event(LOG_INFO, "cancel", log_text("running", told.command ? "yes" : "no"),
              log_text("stopping", told.stopping ? "yes" : "no"));
    if (told.stopping)
        record_cancel(d, uid);
    return told;
}

static void run_errand(void *context, struct errand *errand)
{
    struct daemon *d = context;
    token_run(&d->token, errand);
}

static void read_log(void *context, struct log_page *page)
{
    struct daemon *d = context;
    token_read_log(&d->token, page);
}

/* --- What the loop waits for --- */

static struct loop_wish token_wish(void *context)
{
    struct daemon *d = context;
    return (struct loop_wish){ token_fd(&d->token), POLLIN, LOOP_NEVER };
}

static void card_thread_ready(void *context, short events)
{
    struct daemon *d = context;
    (void)events;
    enum token_state state = token_ready(&d->token);
    if (state > TOKEN_READY)
        stop(d, exit_statuses[state]);
}

static struct loop_wish signals_wish(void *context)
{
    struct daemon *d = context;
    return (struct loop_wish){ d->signals, POLLIN, LOOP_NEVER };
}

static void asked_to_end(void *context, short events)
{
    (void)events;
    stop(context, EXIT_SUCCESS);
}

static int join_loop(struct daemon *d)
{
    int r = loop_add(&d->loop, (struct loop_watcher){ d, token_wish, card_thread_ready });
    if (r == 0)
        r = loop_add(&d->loop, (struct loop_watcher){ d, signals_wish, asked_to_end });
    return r ? r : admin_join(&d->admin, &d->loop);
}

/* --- Start, in order --- */

/* Returns 0 to go on; else the daemon ends with *out_exit_status. */
static int read_configuration(struct daemon *d, int count, char **arguments, int *out_exit_status)
{
    struct config_error error;
    int r = config_read(&d->config, count, arguments, &error);
    config_hide_secrets(count, arguments);
    *out_exit_status = EXIT_SUCCESS;
    if (r == CONFIG_WANTS_HELP)
        config_print_help(stdout);
    else if (r == CONFIG_WANTS_EXAMPLE)
        config_print_example(stdout);
    else if (r == CONFIG_WANTS_VERSION)
        puts("glasshsmd " VERSION);
    else if (r) {
        fprintf(stderr, "glasshsmd: %s\n", error.sentence);
        *out_exit_status = EXIT_USAGE;
    }
    return r;
}

static int prepare_process(struct daemon *d)
{
    mallopt(M_ARENA_MAX, 1); /* two threads that hardly ever allocate at once need one heap */
    int r = sandbox_early();
    if (r)
        return r;
    d->status.memory_locked = d->config.lock_memory && sandbox_lock_memory();
    return 0;
}

static int prepare_crypto(struct daemon *d)
{
    int r = crypto_init();
    if (r == 0)
        r = crypto_self_test();
    if (r)
        d->exit_status = EXIT_SELF_TEST;
    return r;
}

/* From here on the loop takes signals. Until the token has started they simply end the process: for
 * a store that is being opened this is as safe as a power cut. */
static int take_signals(struct daemon *d)
{
    d->signals = loop_signals();
    return d->signals < 0 ? d->signals : 0;
}

static int confine_calls(const struct config *config)
{
    return config->filter && sandbox_filter_possible() ? sandbox_filter() : 0;
}

/* Restricts the files that this process reaches before it reads a store, whose content is not
 * trusted. */
static int give_up_files(struct daemon *d)
{
    d->config.reader_uid = reader_owner_find(d->config.reader_user);
    return d->config.files ? confine_files(&d->config, &d->status.confined) : 0;
}

static int start_token(struct daemon *d)
{
    int r = token_start(&d->token, &d->config, confine_calls);
    if (r > 0) {
        fprintf(stderr, "glasshsmd: %s\n", d->token.refusal.sentence);
        d->exit_status = r == POWER_CONTRADICTED ? EXIT_CONTRADICTED : store_exit_status(r);
    } else if (r < 0) {
        log_fault("start_failed", &d->token.start_failure);
    }
    return r;
}

/* A path that was asked for must work; the customary one may be out of an ordinary user's reach. */
static int start_admin(struct daemon *d)
{
    const struct admin_owner owner = { d, tell_status, cancel_command, read_log, run_errand };
    char path[CONFIG_TEXT_MAX + 32];
    config_socket_path(&d->config, path, sizeof path);
    bool asked_for = *d->config.socket;
    admin_init(&d->admin, &owner);
    int r = admin_listen(&d->admin, path);
    if (r == 0 || asked_for)
        return r;
    log_event(LOG_WARNING, "no_admin_socket", log_text("cause", failure_last()->cause),
              log_text("advice", "give a path that can be made: --admin.socket=PATH"));
    failure_clear();
    return 0;
}

static void say_ready(struct daemon *d)
{
    d->status.since_ms = clock_us(CLOCK_REALTIME) / 1000;
    log_event(LOG_INFO, "ready", log_text("name", d->config.name),
              log_number("pid", (uint64_t)getpid()), log_number("port", d->config.port),
              log_text("memory_locked", d->status.memory_locked ? "yes" : "no"),
              log_text("files_confined", d->status.confined ? "yes" : "no"));
    if (secret_locking_failed())
        log_event(LOG_WARNING, "secrets_not_locked",
                  log_text("advice", "raise the limit of locked memory (ulimit -l)"));
    notify_last(d->manager, "READY=1");
}

static int reach_manager(struct daemon *d)
{
    d->manager = notify_open();
    return 0;
}

static int close_sandbox(struct daemon *d)
{
    d->status.filtered = d->config.filter && sandbox_filter_possible();
    return d->status.filtered ? sandbox_filter_start() : 0;
}

typedef int start_step(struct daemon *d);

static int start(struct daemon *d)
{
    static start_step *const steps[] = { prepare_process, prepare_crypto, give_up_files,
                                         start_token,     take_signals,   start_admin,
                                         join_loop,       reach_manager,  close_sandbox };
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(steps) && r == 0; i++)
        r = steps[i](d);
    return r;
}

static void end(struct daemon *d)
{
    token_stop(&d->token);
    admin_deinit(&d->admin);
    if (d->signals > 0)
        close(d->signals);
}

int main(int argc, char **argv)
{
    /* Must come before OpenSSL allocates anything, even inside another library. */
    int hooks = crypto_use_secret_heap();
    struct daemon d = { .exit_status = EXIT_FAILURE };
    d.status = (struct status_sources){ &d.config, &d.token, 0, false, false };
    int exit_status;
    if (read_configuration(&d, argc, argv, &exit_status))
        return exit_status;

    int r = hooks ? hooks : start(&d);
    if (r == 0) {
        say_ready(&d);
        r = loop_run(&d.loop);
    }
    if (r < 0 && failure_last()->kind)
        log_fault("fault", failure_last());
    end(&d);
    log_event(LOG_INFO, "ended", log_number("status", (uint64_t)d.exit_status));
    return d.exit_status;
}
