/* SPDX-License-Identifier: Apache-2.0 */
/* The first process of a world. It is small on purpose: when it ends, the kernel ends all others,
 * in level 1 with their namespace, in level 2 because each has asked for that (PR_SET_PDEATHSIG).
 *
 * pcscd gets its socket handed over (LISTEN_FDS, as from systemd): the name that is compiled into
 * it is the machine's. */
#include "host/world/world_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/world/environment.h"
#include "host/world/paths.h"
#include "host/world/pcscd_options.h"
#include "host/world/world_folder.h"
#include "host/world/world_readers.h"

enum {
    /* For the daemons to close their stores; if killed, they lose nothing. */
    STOP_MILLISECONDS = 1000,
    MESSAGES_MAX = 256 * 1024,
    DESCRIPTORS = 4096, /* for each program, if they are allowed */
};

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "world: %s: %s\n", what, strerror(errno));
    _exit(WORLD_END_SETUP);
}

/* --- The two programs --- */

static void unblock_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Passes the descriptor to the next program under this number. Numbers are assigned in ascending
 * order, so that none is overwritten that is still needed. */
static void hand_over(int fd, int number)
{
    if (fd < 0)
        give_up("cannot hand over a descriptor");
    if (fd != number && dup2(fd, number) < 0)
        give_up("cannot hand over a descriptor");
    if (fd != number)
        close(fd);
    fcntl(number, F_SETFD, 0);
}

/* Copies the library into memory: our folder may lie where nothing may be executed. */
static int copy_of(int library)
{
    struct stat original;
    off_t from = 0;
    int copy = memfd_create("vpcd", MFD_CLOEXEC);
    if (copy < 0 || fstat(library, &original) < 0 ||
        sendfile(copy, library, &from, (size_t)original.st_size) != original.st_size)
        give_up("cannot copy the driver of the virtual reader");
    return copy;
}

static void hand_over_libraries(unsigned tokens)
{
    hand_over(open(VPCD_LIBRARY, O_RDONLY | O_CLOEXEC), HANDED_LIBRARY);
    for (unsigned first = READERS_PER_LIBRARY; first < tokens; first += READERS_PER_LIBRARY)
        hand_over(copy_of(HANDED_LIBRARY), HANDED_LIBRARY + (int)(first / READERS_PER_LIBRARY));
}

/* pcscd from 2.0 on refuses users whom polkit does not let in, and a private world has no polkit to
 * ask. Access to this pcscd is limited by its socket, which lies in a private folder. */
#define NO_POLKIT "--disable-polkit"

/* The readers' configuration is passed as a descriptor, because its path may not exist for
 * pcscd. */
_Noreturn static void become_pcscd(const struct world_plan *plan, unsigned number)
{
    (void)number;
    char readers[40], listener[32];
    bool asks_polkit = pcscd_has_option(plan->pcscd, NO_POLKIT);
    hand_over(plan->listening, HANDED_SOCKET);
    hand_over(world_open_in(plan->folder, WORLD_READERS), HANDED_READERS);
    hand_over_libraries(plan->request->tokens);
    if (!plan->level->confine_pcscd())
        give_up("cannot keep pcscd from what is the machine's");
    snprintf(readers, sizeof readers, "/proc/self/fd/%d", HANDED_READERS);
    snprintf(listener, sizeof listener, "LISTEN_PID=%d", (int)getpid());
    char *arguments[] = {
        "pcscd", "--foreground", "--config", readers, asks_polkit ? NO_POLKIT : NULL, NULL
    };
    char *environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LISTEN_FDS=1", listener, NULL };
    execve(plan->pcscd, arguments, environment);
    give_up(plan->pcscd);
}

/* Whether a filter refuses landlock(7), as older containers' do. A service's daemon does not start
 * then; a token of a world, which ends with its command, does without. */
static bool confinement_is_forbidden(void)
{
    enum { VERSION = 1 }; /* LANDLOCK_CREATE_RULESET_VERSION: asks, and makes nothing */
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION);
    return version < 0 && errno != ENOSYS && errno != EOPNOTSUPP;
}

_Noreturn static void become_daemon(const struct world_plan *plan, unsigned token)
{
    const struct world_request *request = plan->request;
    char port[40], path[WORLD_PATH_SIZE], admin[140], passphrase[PATH_MAX], authority[PATH_MAX];
    char capacity[64];
    const char *store = request->stores[token];
    snprintf(port, sizeof port, "--reader.port=%u", plan->ports->number[token]);
    world_admin_path(plan->folder, token, path);
    snprintf(admin, sizeof admin, "--admin.socket=%s", path);
    /* these four, at most five more, NULL */
    const char *arguments[4 + 5 + 1] = { "glasshsmd", port, admin,
                                         store ? "--store" : "--ephemeral" };
    size_t count = 4;
    if (store)
        arguments[count++] = store;
    snprintf(passphrase, sizeof passphrase, "--store.passphrase-file=%s",
             request->passphrase_file ? request->passphrase_file : "");
    if (store && request->passphrase_file)
        arguments[count++] = passphrase;
    snprintf(authority, sizeof authority, "--ephemeral.ca=%s",
             request->authority ? request->authority : "");
    if (!store && request->authority)
        arguments[count++] = authority;
    snprintf(capacity, sizeof capacity, "--card.capacity=%s",
             request->capacity ? request->capacity : "");
    if (request->capacity)
        arguments[count++] = capacity;
    if (confinement_is_forbidden())
        arguments[count++] = "--sandbox.files=no";
    world_notices_path(plan->folder, path);
    environment_clean();
    setenv("NOTIFY_SOCKET", path, true);
    execv(plan->request->daemon, (char *const *)arguments);
    give_up(plan->request->daemon);
}

/* With too few descriptors pcscd accepts no client and fills its log. */
static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static pid_t start(void (*become)(const struct world_plan *plan, unsigned number),
                   const struct world_plan *plan, unsigned number, int messages)
{
    pid_t first = getpid();
    pid_t pid = fork();
    if (pid < 0)
        give_up("cannot start a process");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != first)
            _exit(WORLD_END_ASKED);
        unblock_signals();
        dup2(messages, STDOUT_FILENO);
        dup2(messages, STDERR_FILENO);
        become(plan, number);
    }
    return pid;
}

/* The processes of the world; 0 for one that has ended. */
struct programs {
    pid_t pcscd;
    pid_t daemons[WORLD_TOKENS_MAX];
    unsigned count; /* of daemons */
};

/* --- Their messages --- */

struct messages {
    int from;    /* end of the pipe to read from */
    size_t kept; /* bytes in the messages file, which is our standard output */
};

/* Copies what the programs wrote to the messages file, which stays small: when it is full it begins
 * again, since its end is what matters. */
static void keep_messages(struct messages *messages)
{
    char some[4096];
    for (ssize_t size; (size = read(messages->from, some, sizeof some)) > 0;) {
        if (messages->kept + (size_t)size > MESSAGES_MAX) {
            messages->kept = 0;
            if (ftruncate(STDOUT_FILENO, 0) < 0)
                return;
        }
        if (write(STDOUT_FILENO, some, (size_t)size) == size)
            messages->kept += (size_t)size;
        if (size < (ssize_t)sizeof some)
            return; /* nothing more just now: look at the other descriptors */
    }
}

/* Makes the pipe and returns the end that the programs write to. */
static int collect_messages(struct messages *out)
{
    int line[2];
    if (pipe2(line, O_CLOEXEC) < 0 || fcntl(line[0], F_SETFL, O_NONBLOCK) < 0)
        give_up("cannot collect messages");
    *out = (struct messages){ .from = line[0] };
    return line[1];
}

/* --- The end --- */

static const char *cause_of(int status)
{
    return WIFSIGNALED(status) ? "signal" : "exit status";
}

static int number_of(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* The entry of this process; NULL: it is none of the programs. */
static pid_t *program_of(struct programs *programs, pid_t pid)
{
    for (unsigned i = 0; i < programs->count; i++)
        if (programs->daemons[i] == pid)
            return &programs->daemons[i];
    return programs->pcscd == pid ? &programs->pcscd : NULL;
}

static void forget(struct programs *programs, pid_t pid)
{
    pid_t *program = program_of(programs, pid);
    if (program)
        *program = 0;
}

static void kill_program(pid_t *pid, int signal)
{
    if (*pid > 0)
        kill(*pid, signal);
}

/* Kills all processes left in the world, and exits. */
_Noreturn static void leave(struct programs *programs, enum world_end why)
{
    kill_program(&programs->pcscd, SIGKILL);
    for (unsigned i = 0; i < programs->count; i++)
        kill_program(&programs->daemons[i], SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    _exit(why);
}

static enum world_end end_by(bool daemon, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == WORLD_END_SETUP)
        return WORLD_END_SETUP;
    fprintf(stderr, "world: %s ended: %s %d\n", daemon ? "glasshsmd" : "pcscd", cause_of(status),
            number_of(status));
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    if (daemon && code >= WORLD_END_REFUSED_FIRST && code <= WORLD_END_REFUSED_LAST)
        return (enum world_end)code;
    return daemon ? WORLD_END_DAEMON : WORLD_END_PCSCD;
}

/* Waits for children that have ended. If one of the programs is among them, the world ends. */
static void reap(struct programs *programs, struct messages *messages)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        pid_t *program = program_of(programs, pid);
        if (!program)
            continue;
        *program = 0;
        keep_messages(messages);
        leave(programs, end_by(program != &programs->pcscd, status));
    }
}

static bool any_daemon(const struct programs *programs)
{
    for (unsigned i = 0; i < programs->count; i++)
        if (programs->daemons[i])
            return true;
    return false;
}

/* Ends the world: the daemons may close their stores first; pcscd has nothing to lose. */
_Noreturn static void end(const struct world_plan *plan, struct programs *programs, int signals)
{
    struct pollfd died = { .fd = signals, .events = POLLIN };
    struct signalfd_siginfo info;
    for (unsigned i = 0; i < programs->count; i++)
        kill_program(&programs->daemons[i], SIGTERM);
    while (any_daemon(programs) && poll(&died, 1, STOP_MILLISECONDS) > 0 &&
           read(signals, &info, sizeof info) > 0)
        for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
            forget(programs, pid);
    world_remove_folder(plan->folder);
    leave(programs, WORLD_END_ASKED);
}

/* Blocks all signals, so that only SIGKILL ends this process: in level 1 that holds already, since
 * it is process 1; in level 2 it shall hold, too. */
static int watch_children(void)
{
    sigset_t all, child;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int signals = signalfd(-1, &child, SFD_CLOEXEC);
    if (signals < 0)
        give_up("cannot watch the processes");
    return signals;
}

_Noreturn void world_inside(const struct world_plan *plan)
{
    char go;
    int signals = watch_children();
    /* Out of reach of the terminal's signals and of signals to the caller's process group. */
    setsid();
    if (read(plan->lifeline, &go, 1) != 1) {
        world_remove_folder(plan->folder);
        _exit(WORLD_END_ASKED);
    }
    if (!plan->level->enter())
        give_up("cannot enter the private world");
    struct messages messages;
    int to = collect_messages(&messages);
    raise_limit();
    /* The daemons start first: the sooner they are there, the sooner pcscd finds cards. */
    struct programs programs = { .count = plan->request->tokens };
    for (unsigned i = 0; i < programs.count; i++)
        programs.daemons[i] = start(become_daemon, plan, i, to);
    programs.pcscd = start(become_pcscd, plan, 0, to);
    close(to);
    close(plan->listening); /* kept only by pcscd, so that its clients notice when it dies */

    struct pollfd watched[] = { { .fd = plan->lifeline, .events = POLLIN },
                                { .fd = signals, .events = POLLIN },
                                { .fd = messages.from, .events = POLLIN } };
    struct signalfd_siginfo info;
    for (;;) {
        if (poll(watched, COUNT_OF(watched), -1) < 0)
            continue;
        if (watched[0].revents)
            end(plan, &programs, signals);
        if (watched[1].revents && read(signals, &info, sizeof info) > 0)
            reap(&programs, &messages);
        if (watched[2].revents)
            keep_messages(&messages);
    }
}
