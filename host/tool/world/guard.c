/* SPDX-License-Identifier: Apache-2.0 */
/* Front, keeper and guard of a command. Front and guard talk over a socket pair, one byte a
 * message: the front sends the numbers of signals and COMMAND_GO, the guard sends the other two;
 * each sees by its end that the other is gone. */
#include "host/tool/world/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/tool/cli/complain.h"

static const int forwarded[] = { SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGUSR1,
                                 SIGUSR2, SIGALRM, SIGWINCH, SIGTSTP, SIGCONT };

enum {
    COMMAND_STOPPED = 0xFF, /* from the guard: the command was stopped, and the front stops, too */
    /* From the guard: the command's process is in our process group, and waits. */
    COMMAND_READY = 0xFE,
    COMMAND_GO = 0xFD, /* from the front: no signal has ended the command so far, let it begin */
};

enum {
    GIVE_UP_MILLISECONDS = 1500, /* for the guard to abandon its start after a signal */
    END_MILLISECONDS = 1000,     /* for a command to end by itself after its world has ended */
    OWN_DESCRIPTORS = 256,       /* for our own processes; the command has the caller's limit */
};

struct run {
    const struct guarded *guarded;
    pid_t group;
    sigset_t mask;
    struct rlimit descriptors;
    /* The kernel's list of this process's children; kept open, because there may be no free
     * descriptor when it is needed; -1: none. */
    int children;
};

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
    ssize_t got;
    do
        got = recv(link, &byte, 1, 0);
    while (got < 0 && errno == EINTR);
    return got == 1 ? byte : -1;
}

/* --- Descendants --- */

static void become_reaper(struct run *run)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (run->children >= 0)
        close(run->children);
    run->children = open(path, O_RDONLY | O_CLOEXEC);
}

static bool any_child(void)
{
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
        ;
    return ended == 0;
}

enum which { ALL, DAEMONS };

static bool concerns(enum which which, pid_t child)
{
    return which == ALL || getsid(child) != getsid(0);
}

/* Sends a signal to our children. Their own children come to us as they end (all three of us are
 * subreapers), so that this reaches all descendants in a few rounds. */
static void signal_children(const struct run *run, int signal, enum which which)
{
    char list[4096];
    ssize_t size = pread(run->children, list, sizeof list - 1, 0);
    list[size > 0 ? size : 0] = '\0';
    char *end = strrchr(list, ' '); /* a number that may be cut off is left for the next round */
    if (end)
        *end = '\0';
    for (char *rest = list, *number; (number = strtok_r(rest, " \n", &rest));) {
        pid_t child = (pid_t)atoi(number);
        if (child > 0 && concerns(which, child))
            kill(child, signal);
    }
}

/* Kills all descendants. One that cannot be killed would be waited for: the kernel ends it some
 * time. */
static void kill_descendants(const struct run *run)
{
    if (run->children < 0)
        return;
    do
        signal_children(run, SIGKILL, ALL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

static void nap(void)
{
    const struct timespec some = { .tv_nsec = 2 * 1000 * 1000 };
    nanosleep(&some, NULL);
}

static bool wait_for_children(int milliseconds)
{
    uint64_t deadline = now_us() + (uint64_t)milliseconds * 1000;
    while (any_child()) {
        if (now_us() >= deadline)
            return false;
        nap();
    }
    return true;
}

/* The steps by which processes that the command left running are asked to end, before they are
 * killed. */
static const struct {
    int signal;
    enum which which;
    int milliseconds;
} gentle[] = {
    /* Daemons, such as agents; a `tee` at the command's end has time to finish. */
    { SIGTERM, DAEMONS, 500 },
    { SIGTERM, ALL, 500 }, /* the rest */
};

static void end_leftovers(const struct run *run)
{
    for (size_t i = 0; i < COUNT_OF(gentle) && any_child(); i++) {
        signal_children(run, gentle[i].signal, gentle[i].which);
        if (wait_for_children(gentle[i].milliseconds))
            return;
    }
    kill_descendants(run);
}

/* Another of the three was killed, and we have inherited its children. */
static void clean_up_after(const struct run *run)
{
    kill_descendants(run);
    run->guarded->abandoned(run->guarded->context);
}

/* --- Front --- */

struct front {
    pid_t keeper;
    int link, signals;
    bool running;      /* the command runs */
    int gave_up;       /* the signal that ended the command before it began; 0: none */
    uint64_t deadline; /* for giving up; CLOCK_NEVER: none */
    int wait_status;   /* of the keeper */
};

/* Whether the terminal sent the signal: then the command has it already, because the terminal sends
 * to its whole foreground process group. */
static bool came_from_terminal(const struct signalfd_siginfo *info)
{
    return info->ssi_code == SI_KERNEL;
}

static bool is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Handles a signal before the command has begun: nothing but our own process can decide what it
 * means, so it has its default meaning. */
static void take_early(struct front *front, int signal)
{
    if (signal == SIGWINCH || signal == SIGCONT || is_ignored(signal))
        return;
    if (signal == SIGTSTP) {
        raise(SIGSTOP);
        return;
    }
    if (front->gave_up)
        return;
    front->gave_up = signal;
    front->deadline = now_us() + GIVE_UP_MILLISECONDS * 1000;
    send_byte(front->link, (uint8_t)signal);
}

static bool keeper_ended(struct front *front, int options)
{
    pid_t ended;
    do
        ended = waitpid(front->keeper, &front->wait_status, options);
    while (ended < 0 && errno == EINTR);
    return ended == front->keeper;
}

static void take_signal(struct front *front)
{
    struct signalfd_siginfo info;
    if (read(front->signals, &info, sizeof info) != sizeof info || info.ssi_signo == SIGCHLD)
        return;
    if (!front->running)
        take_early(front, (int)info.ssi_signo);
    else if (!came_from_terminal(&info))
        send_byte(front->link, (uint8_t)info.ssi_signo);
}

/* Receives a message of the guard; false when the guard is gone. */
static bool take_message(struct front *front)
{
    int message = receive_byte(front->link);
    if (message == COMMAND_READY && !front->gave_up)
        front->running = send_byte(front->link, COMMAND_GO);
    if (message == COMMAND_STOPPED)
        raise(SIGSTOP); /* so that the shell sees us stopped when the command is */
    return message >= 0;
}

/* Forwards signals and messages until the keeper has ended. */
static void watch_keeper(struct front *front)
{
    struct pollfd watched[] = { { .fd = front->link, .events = POLLIN },
                                { .fd = front->signals, .events = POLLIN } };
    while (!keeper_ended(front, WNOHANG)) {
        int ready = poll(watched, COUNT_OF(watched), left_ms(front->deadline));
        if (ready == 0) {
            kill(front->keeper, SIGKILL); /* its children become ours */
            front->deadline = CLOCK_NEVER;
        }
        if (ready <= 0)
            continue;
        if (watched[1].revents)
            take_signal(front);
        if (watched[0].revents && !take_message(front))
            watched[0].fd = -1; /* the guard is gone; the keeper ends next */
    }
}

static int front(const struct run *run, pid_t keeper, int link, int signals)
{
    struct front front = {
        .keeper = keeper, .link = link, .signals = signals, .deadline = CLOCK_NEVER
    };
    watch_keeper(&front);
    if (WIFSIGNALED(front.wait_status))
        clean_up_after(run);
    return front.gave_up ? 128 + front.gave_up : exit_status(front.wait_status);
}

/* --- Guard: the command --- */

static void wait_until_released(int released)
{
    char go;
    ssize_t got;
    do
        got = read(released, &go, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1)
        _exit(TOOL_NO_WORLD);
}

/* Whether a file of this name is in a folder of PATH. */
static bool is_in_path(const char *name)
{
    char file[PATH_MAX];
    const char *path = getenv("PATH");
    for (const char *at = path ? path : "/bin:/usr/bin"; *at; at += strspn(at, ":")) {
        int length = (int)strcspn(at, ":");
        snprintf(file, sizeof file, "%.*s/%s", length, at, name);
        if (access(file, F_OK) == 0)
            return true;
        at += length;
    }
    return false;
}

/* Whether execvp(3) failed with this error because the command does not exist. It takes a folder of
 * PATH that this user may not search as if the command were there. */
static bool is_absent(const char *name, int error)
{
    bool looked_up = !strchr(name, '/');
    return error == ENOENT || error == ENOTDIR ||
           (error == EACCES && looked_up && !is_in_path(name));
}

_Noreturn static void become_command(const struct run *run, pid_t guard, int released)
{
    const struct guarded *guarded = run->guarded;
    setpgid(0, run->group);
    int refused = guarded->enter ? guarded->enter(guarded->context) : 0;
    if (refused)
        _exit(refused);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != guard)
        _exit(TOOL_NO_WORLD);
    wait_until_released(released);
    setrlimit(RLIMIT_NOFILE, &run->descriptors);
    sigprocmask(SIG_SETMASK, &run->mask, NULL);
    execvp(guarded->command[0], guarded->command);
    int error = errno;
    bool absent = is_absent(guarded->command[0], error);
    tool_complain(0, "%s: %s", guarded->command[0], strerror(absent ? ENOENT : error));
    _exit(absent ? TOOL_NOT_FOUND : TOOL_NOT_RUNNABLE);
}

struct watch {
    const struct run *run;
    pid_t command;
    int link, signals;
    bool front_lives;
    uint64_t deadline; /* for a command whose world has ended; CLOCK_NEVER: the world lives */
    int status;        /* of the command, once it has ended */
};

static void ask_to_end(struct watch *watch)
{
    watch->deadline = now_us() + END_MILLISECONDS * 1000;
    watch->status = TOOL_NO_WORLD;
    kill(watch->command, SIGTERM);
    kill(watch->command, SIGCONT);
}

static bool is_lost(const struct watch *watch)
{
    return watch->deadline != CLOCK_NEVER;
}

/* Collects children; true when the command has ended. */
static bool command_ended(struct watch *watch)
{
    const struct guarded *guarded = watch->run->guarded;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0;) {
        if (WIFSTOPPED(status)) {
            if (pid == watch->command && !is_lost(watch))
                send_byte(watch->link, COMMAND_STOPPED);
        } else if (pid == watch->command) {
            if (!is_lost(watch))
                watch->status = exit_status(status);
            return true;
        } else if (guarded->child_ended(guarded->context, pid, status) && !is_lost(watch)) {
            ask_to_end(watch);
        }
    }
    return false;
}

/* Waits until the command has ended, or must be ended. */
static void watch_command(struct watch *watch)
{
    struct pollfd watched[] = { { .fd = watch->link, .events = POLLIN },
                                { .fd = watch->signals, .events = POLLIN } };
    struct signalfd_siginfo info;
    while (!command_ended(watch)) {
        int ready = poll(watched, COUNT_OF(watched), left_ms(watch->deadline));
        if (ready == 0)
            return;
        if (ready < 0)
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

/* Makes the command's process, in the caller's process group, where it waits for a byte from
 * *out_release. Returns 0, or the exit status when it cannot be made. */
static int make_command(struct watch *watch, int *out_release)
{
    int line[2];
    pid_t self = getpid();
    if (pipe2(line, O_CLOEXEC) < 0)
        return tool_complain(TOOL_NO_WORLD, "cannot start: %s", strerror(errno));
    watch->command = fork();
    if (watch->command == 0) {
        close(line[1]);
        become_command(watch->run, self, line[0]);
    }
    close(line[0]);
    *out_release = line[1];
    if (watch->command < 0)
        return tool_complain(TOOL_NO_WORLD, "cannot start a process: %s", strerror(errno));
    setpgid(watch->command, watch->run->group);
    return 0;
}

/* Asks the front whether the command is still wanted; a signal that it forwarded before its answer
 * means no. From here on the command gets the terminal's signals itself. */
static bool is_wanted(struct watch *watch)
{
    int message = send_byte(watch->link, COMMAND_READY) ? receive_byte(watch->link) : -1;
    watch->front_lives = message >= 0;
    return message == COMMAND_GO;
}

static void run_command(struct watch *watch)
{
    int release = -1;
    watch->status = make_command(watch, &release);
    if (!watch->status && is_wanted(watch) && write(release, "", 1) == 1)
        watch_command(watch);
    else if (!watch->status)
        watch->status = TOOL_NO_WORLD;
    if (release >= 0)
        close(release); /* without a byte written, the command's process ends by this */
}

/* Runs the guard. It blocks the signals that are meant for the command: the front forwards them. */
static int guard(struct run *run, int link)
{
    const struct guarded *guarded = run->guarded;
    struct watch watch = { .run = run, .link = link, .front_lives = true, .deadline = CLOCK_NEVER };
    setpgid(0, 0);
    become_reaper(run);
    watch.signals = watch_children();
    int refused = guarded->prepare(guarded->context, link);
    if (refused)
        return refused;
    run_command(&watch);
    if (!watch.front_lives || is_lost(&watch))
        kill_descendants(run);
    guarded->finish(guarded->context);
    end_leftovers(run);
    return watch.status;
}

/* --- Keeper --- */

static int keeper(struct run *run, int link)
{
    sigset_t all;
    int status;
    sigfillset(&all);
    prctl(PR_SET_NAME, "glasshsm-keeper"); /* so that `killall glasshsm` does not kill the keeper */
    setpgid(0, 0);
    become_reaper(run);
    pid_t pid = fork();
    if (pid < 0)
        return tool_complain(TOOL_NO_WORLD, "cannot start a process: %s", strerror(errno));
    if (pid == 0) {
        prctl(PR_SET_NAME, "glasshsm");
        _exit(guard(run, link));
    }
    close(link);
    sigprocmask(SIG_SETMASK, &all, NULL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        clean_up_after(run);
    return exit_status(status);
}

/* --- All three --- */

static void raise_limit(struct run *run)
{
    getrlimit(RLIMIT_NOFILE, &run->descriptors);
    struct rlimit own = run->descriptors;
    if (own.rlim_cur < OWN_DESCRIPTORS)
        own.rlim_cur = own.rlim_max < OWN_DESCRIPTORS ? own.rlim_max : OWN_DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &own);
}

/* Makes a descriptor that reports the signals to forward, and ended children. */
static int take_signals(sigset_t *out_before)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    for (size_t i = 0; i < COUNT_OF(forwarded); i++)
        sigaddset(&blocked, forwarded[i]);
    sigaddset(&blocked, SIGCHLD);
    int signals = signalfd(-1, &blocked, SFD_CLOEXEC);
    sigaddset(&blocked, SIGTTOU); /* messages from the background must not stop us */
    sigprocmask(SIG_BLOCK, &blocked, out_before);
    return signals;
}

int guard_run(const struct guarded *guarded)
{
    int link[2];
    struct run run = { .guarded = guarded, .group = getpgrp(), .children = -1 };
    raise_limit(&run);
    int signals = take_signals(&run.mask);
    become_reaper(&run);
    if (signals < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) < 0)
        return tool_complain(TOOL_NO_WORLD, "cannot start: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        return tool_complain(TOOL_NO_WORLD, "cannot start a process: %s", strerror(errno));
    if (pid == 0) {
        close(link[0]);
        close(signals);
        _exit(keeper(&run, link[1]));
    }
    close(link[1]);
    return front(&run, pid, link[0], signals);
}
