/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/card/card_wait.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "formats/sw.h"
#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/admin_sockets.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/value.h"

enum {
    PATIENCE_MS = 500,
    AGAIN_MS = 50,
};

static json_t *ask(const char *path, const char *request)
{
    SCOPED(admin_close) struct admin_client client = { .quiet = true };
    bool asked = admin_open(path, NULL, &client) &&
                 admin_ask(&client, json_pack("{s:s}", "request", request));
    return asked ? admin_answer(&client) : NULL;
}

/* Prints what a daemon's token is busy with; false: it is not. */
static bool say_busy(const json_t *status)
{
    const json_t *command = json_object_get(status, "command");
    if (!json_is_object(command))
        return false;
    tool_complain(0, "the token %s is busy: %s for %d s; `glasshsm cancel` stops a key generation",
                  value_text(status, "serial", "?"), value_text(command, "name", "?"),
                  (int)(value_number(command, "running_ms") / 1000));
    return true;
}

static void say_what_keeps_it(void)
{
    SCOPED(globfree) glob_t found = { 0 };
    bool said = false;
    admin_sockets_find(&found);
    for (size_t i = 0; i < found.gl_pathc && !said; i++) {
        json_t *status = ask(found.gl_pathv[i], "status");
        said = say_busy(status);
        json_decref(status);
    }
    if (!said)
        tool_complain(0, "another program holds the card; waiting for it");
}

/* Asks this daemon if it is the one of the token. What it says: NULL if it is not. */
static json_t *cancel_at(const char *path, const char *serial)
{
    json_t *status = ask(path, "status");
    bool same = strcmp(value_text(status, "serial", ""), serial) == 0;
    json_decref(status);
    return same ? ask(path, "cancel") : NULL;
}

enum cancelled { NO_DAEMON, NOT_YET, STOPPING };

/* Not yet: between two commands, or before one that can be stopped. */
static enum cancelled cancel(const char *serial)
{
    SCOPED(globfree) glob_t found = { 0 };
    enum cancelled cancelled = NO_DAEMON;
    admin_sockets_find(&found);
    for (size_t i = 0; *serial && i < found.gl_pathc && cancelled == NO_DAEMON; i++) {
        json_t *answer = cancel_at(found.gl_pathv[i], serial);
        if (answer)
            cancelled = value_flag(answer, "cancelled") ? STOPPING : NOT_YET;
        json_decref(answer);
    }
    return cancelled;
}

static void die_by_interrupt(void)
{
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, NULL);
    kill(getpid(), SIGINT);
}

/* The first Ctrl-C with the card in hand asks the token's daemon, until it has stopped a command
 * or the verb is done, so that nothing is half done. Without a daemon of ours, and at the
 * second, the process ends at once. */
static void interrupted(struct card_wait *wait)
{
    struct signalfd_siginfo info;
    if (read(wait->signals, &info, sizeof info) != sizeof info)
        return;
    enum cancelled cancelled = wait->taken && !wait->asked ? cancel(wait->serial) : NO_DAEMON;
    if (cancelled == NO_DAEMON)
        die_by_interrupt();
    wait->asked = true;
    wait->stopping = cancelled == STOPPING;
}

static void *watch(void *context)
{
    struct card_wait *wait = context;
    struct pollfd watched[] = { { .fd = wait->signals, .events = POLLIN },
                                { .fd = wait->end, .events = POLLIN } };
    bool waited = false;
    while (!watched[1].revents) {
        bool again = wait->asked && !wait->stopping;
        int patience = again ? AGAIN_MS : waited ? -1 : PATIENCE_MS;
        int ready = poll(watched, COUNT_OF(watched), patience);
        if (ready == 0 && wait->asked)
            wait->stopping = cancel(wait->serial) == STOPPING;
        else if (ready == 0 && !wait->taken)
            say_what_keeps_it();
        waited |= ready == 0;
        if (ready > 0 && watched[0].revents)
            interrupted(wait);
    }
    return NULL;
}

static void close_both(struct card_wait *wait)
{
    if (wait->signals >= 0)
        close(wait->signals);
    if (wait->end >= 0)
        close(wait->end);
}

void card_wait_begin(struct card_wait *wait)
{
    sigset_t interrupt;
    struct sigaction now;
    sigemptyset(&interrupt);
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        sigaddset(&interrupt, SIGINT); /* a job in the background ignores it */
    wait->signals = signalfd(-1, &interrupt, SFD_CLOEXEC);
    wait->end = eventfd(0, EFD_CLOEXEC);
    pthread_sigmask(SIG_BLOCK, &interrupt, &wait->before);
    wait->running = wait->signals >= 0 && wait->end >= 0 &&
                    pthread_create(&wait->thread, NULL, watch, wait) == 0;
    if (wait->running)
        return;
    close_both(wait);
    pthread_sigmask(SIG_SETMASK, &wait->before, NULL);
}

void card_wait_taken(struct card_wait *wait, struct span serial)
{
    if (serial.size && serial.size < sizeof wait->serial)
        memcpy(wait->serial, serial.at, serial.size);
    wait->taken = true;
}

void card_wait_answered(struct card_wait *wait, uint16_t answer)
{
    wait->answer = answer;
}

void card_wait_end(struct card_wait *wait)
{
    if (!wait->running)
        return;
    wait->running = false;
    eventfd_write(wait->end, 1);
    pthread_join(wait->thread, NULL);
    close_both(wait);
    pthread_sigmask(SIG_SETMASK, &wait->before, NULL);
    if (!wait->asked)
        return;
    if (wait->answer != STATUS_STOPPED) {
        tool_complain(0, "too late to cancel: the command had ended");
        return;
    }
    tool_complain(0, "cancelled: the token has stopped the command, which changed nothing");
    die_by_interrupt();
}
