/* Front and guard of a command. They talk over a socket pair, one byte a message: the front sends
 * the numbers of signals, the guard sends COMMAND_STOPPED; each sees by its end that the other is
 * gone. */
#include "host/tool/guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/tool/tool.h"

static const int forwarded[] = { SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGUSR1,
                                 SIGUSR2, SIGALRM, SIGWINCH, SIGTSTP, SIGCONT };

enum { COMMAND_STOPPED = 0xFF };

static int exit_status(int wait_status)
{
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static bool send_byte(int link, uint8_t byte)
{
    return send(link, &byte, 1, MSG_NOSIGNAL) == 1;
}

static int receive_byte(int link)
{
    uint8_t byte;
    return recv(link, &byte, 1, 0) == 1 ? byte : -1;
}

/* --- What the command left running --- */

static bool reap_one(void)
{
    return waitpid(-1, NULL, WNOHANG) > 0;
}

static bool any_child(void)
{
    while (reap_one())
        ;
    return waitpid(-1, NULL, WNOHANG) == 0;
}

enum which { ALL, IN_OUR_SESSION, DAEMONS };

static bool concerns(enum which which, pid_t child)
{
    return which == ALL || (getsid(child) == getsid(0)) == (which == IN_OUR_SESSION);
}

/* Sends a signal to our children. Their own children come to us as they end (both of us are
 * subreapers), so that this reaches all descendants in a few rounds. */
static void signal_children(int signal, enum which which)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "re");
    if (!children)
        return;
    for (int child; fscanf(children, "%d", &child) == 1;)
        if (concerns(which, child))
            kill(child, signal);
    fclose(children);
}

static bool wait_for_children(int signals, int milliseconds)
{
    struct pollfd died = { .fd = signals, .events = POLLIN };
    struct signalfd_siginfo info;
    while (any_child()) {
        if (poll(&died, 1, milliseconds) <= 0)
            return false;
        if (read(signals, &info, sizeof info) < 0)
            return false;
    }
    return true;
}

/* How what the command left running is asked to end, before it is killed. */
static const struct {
    int signal;
    enum which which;
    int milliseconds;
} gentle[] = {
    { SIGTERM, DAEMONS, 500 }, /* agents; a `tee` at the command's end has time to finish */
    { SIGTERM, ALL, 1000 },    /* the rest */
};

static void kill_children(int signals)
{
    while (any_child()) {
        signal_children(SIGKILL, ALL);
        wait_for_children(signals, 100);
    }
}

static void end_leftovers(int signals)
{
    for (size_t i = 0; i < COUNT_OF(gentle) && any_child(); i++) {
        signal_children(gentle[i].signal, gentle[i].which);
        if (wait_for_children(signals, gentle[i].milliseconds))
            return;
    }
    kill_children(signals);
}

/* --- Front --- */

/* What the terminal sends goes to its whole foreground process group: the command has it already.
 */
static bool came_from_terminal(const struct signalfd_siginfo *info)
{
    return info->ssi_code == SI_KERNEL;
}

static void pass_on(int link, int signals)
{
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) == sizeof info && !came_from_terminal(&info))
        send_byte(link, (uint8_t)info.ssi_signo);
}

/* The guard was killed, and we have inherited its children. What prepare() started is a session of
 * its own, and ends by itself when the guard is gone. */
static void end_orphans(void)
{
    do {
        signal_children(SIGKILL, IN_OUR_SESSION);
        signal_children(SIGTERM, DAEMONS);
    } while (waitpid(-1, NULL, 0) > 0);
}

static int front(pid_t guard, int link, int signals)
{
    struct pollfd watched[] = { { .fd = link, .events = POLLIN },
                                { .fd = signals, .events = POLLIN } };
    for (;;) {
        if (poll(watched, COUNT_OF(watched), -1) < 0)
            continue;
        if (watched[1].revents)
            pass_on(link, signals);
        if (!watched[0].revents)
            continue;
        if (receive_byte(link) != COMMAND_STOPPED)
            break;
        raise(SIGSTOP); /* so that the shell sees us stopped when the command is */
    }
    int status = 0;
    while (waitpid(guard, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        end_orphans();
    return exit_status(status);
}

/* --- Guard: the command --- */

_Noreturn static void become_command(const struct guarded *guarded, pid_t guard, pid_t group,
                                     const sigset_t *mask)
{
    setpgid(0, group);
    int refused = guarded->enter ? guarded->enter(guarded->context) : 0;
    if (refused)
        _exit(refused);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != guard)
        _exit(TOOL_NO_WORLD);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(guarded->command[0], guarded->command);
    tool_complain(0, "%s: %s", guarded->command[0], strerror(errno));
    _exit(errno == ENOENT ? TOOL_NOT_FOUND : TOOL_NOT_RUNNABLE);
}

struct watch {
    const struct guarded *guarded;
    pid_t command;
    int link, signals;
    bool front_lives;
    int status; /* of the command, once it has ended */
};

/* Collects children; true when the command has ended. */
static bool command_ended(struct watch *watch)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0;) {
        if (WIFSTOPPED(status)) {
            if (pid == watch->command)
                send_byte(watch->link, COMMAND_STOPPED);
        } else if (pid == watch->command) {
            watch->status = exit_status(status);
            return true;
        } else {
            watch->guarded->child_ended(watch->guarded->context, pid, status);
        }
    }
    return false;
}

static void watch_command(struct watch *watch)
{
    struct pollfd watched[] = { { .fd = watch->link, .events = POLLIN },
                                { .fd = watch->signals, .events = POLLIN } };
    struct signalfd_siginfo info;
    while (!command_ended(watch)) {
        if (poll(watched, COUNT_OF(watched), -1) < 0)
            continue;
        if (watched[1].revents && read(watch->signals, &info, sizeof info) < 0)
            continue;
        if (!watched[0].revents)
            continue;
        int signal = receive_byte(watch->link);
        watch->front_lives = signal >= 0;
        if (!watch->front_lives)
            return;
        kill(watch->command, signal);
    }
}

static int watch_children(void)
{
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The guard's life. Its signals are blocked: what the caller means for the command, the front
 * sends on. */
static int guard(const struct guarded *guarded, int link, pid_t group, const sigset_t *mask)
{
    struct watch watch = { .guarded = guarded, .link = link, .front_lives = true };
    pid_t self = getpid();
    setpgid(0, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    watch.signals = watch_children();
    int refused = guarded->prepare(guarded->context, link);
    if (refused)
        return refused;
    watch.command = fork();
    if (watch.command == 0)
        become_command(guarded, self, group, mask);
    if (watch.command < 0)
        watch.status = tool_complain(TOOL_NO_WORLD, "cannot start a process: %s", strerror(errno));
    else
        watch_command(&watch);
    if (!watch.front_lives)
        kill_children(watch.signals);
    guarded->finish(guarded->context);
    end_leftovers(watch.signals);
    return watch.status;
}

int guard_run(const struct guarded *guarded)
{
    int link[2];
    sigset_t blocked, before;
    sigemptyset(&blocked);
    for (size_t i = 0; i < COUNT_OF(forwarded); i++)
        sigaddset(&blocked, forwarded[i]);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGTTOU); /* messages from the background must not stop us */
    sigprocmask(SIG_BLOCK, &blocked, &before);
    sigdelset(&blocked, SIGCHLD);
    sigdelset(&blocked, SIGTTOU);
    int signals = signalfd(-1, &blocked, SFD_CLOEXEC);
    pid_t group = getpgrp();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (signals < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) < 0)
        return tool_complain(TOOL_NO_WORLD, "cannot start: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        return tool_complain(TOOL_NO_WORLD, "cannot start a process: %s", strerror(errno));
    if (pid == 0) {
        close(link[0]);
        close(signals);
        _exit(guard(guarded, link[1], group, &before));
    }
    close(link[1]);
    return front(pid, link[0], signals);
}
