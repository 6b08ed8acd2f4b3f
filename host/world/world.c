/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a private world from outside: its folder, its first process, and the wait for its cards. */
#include "host/world/world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/failure.h"
#include "host/world/paths.h"
#include "host/world/world_folder.h"
#include "host/world/world_inside.h"
#include "host/world/world_level.h"
#include "host/world/world_readers.h"
#include "host/world/world_visit.h"

enum {
    /* For the daemons, and again for the cards, on a very busy machine. */
    START_MICROSECONDS = 15 * 1000 * 1000,
    DESCRIPTORS = 40,         /* with fewer, pcscd fills its log with complaints ... */
    DESCRIPTORS_OF_TOKEN = 8, /* ... and so many more for each token's reader */
    END_MILLISECONDS = 200,   /* for the world to end when something in it has failed */
};

/* Positive results within this file. */
enum {
    WORLD_FORBIDDEN = RESULTS_WORLD_ATTEMPT, /* this level is not allowed here */
    WORLD_DENIED,                            /* pcscd serves, but hung up on us */
};

/* --- What must be there --- */

static const struct {
    const char *path, *sentence;
} needed[] = {
    { PCSCD, "pcscd is not at " PCSCD "; install it with: apt-get install pcscd" },
    { VPCD_LIBRARY, "the driver of the virtual reader is not at " VPCD_LIBRARY
                    "; install it with: apt-get install vsmartcard-vpcd" },
};

static int refuse(struct world_reason *out_reason, const char *format, ...) PRINTF_LIKE(2, 3);
static int refuse(struct world_reason *out_reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out_reason->sentence, sizeof out_reason->sentence, format, arguments);
    va_end(arguments);
    return WORLD_REFUSED;
}

static int check_needs(const struct world_request *request, struct world_reason *out_reason)
{
    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if (access(needed[i].path, F_OK) < 0)
            return refuse(out_reason, "%s", needed[i].sentence);
    struct rlimit descriptors;
    rlim_t wanted = DESCRIPTORS + DESCRIPTORS_OF_TOKEN * (rlim_t)request->tokens;
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_max < wanted)
        return refuse(out_reason,
                      "at most %lu open files are allowed here, and a private world needs %lu; "
                      "raise the limit (ulimit -Hn)",
                      (unsigned long)descriptors.rlim_max, (unsigned long)wanted);
    if (access(request->daemon, X_OK) < 0)
        return refuse(out_reason, "cannot run %s: %s", request->daemon, strerror(errno));
    return 0;
}

/* --- The first process --- */

/* Redirects the standard streams to the messages and closes all other descriptors but two. */
static void detach(int messages, int one, int other)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(messages, STDOUT_FILENO);
    dup2(messages, STDERR_FILENO);
    unsigned low = (unsigned)(one < other ? one : other),
             high = (unsigned)(one < other ? other : one);
    close_range(STDERR_FILENO + 1, low - 1, 0);
    if (low + 1 < high)
        close_range(low + 1, high - 1, 0);
    close_range(high + 1, ~0U, 0);
}

/* Makes the first process, with its standard streams going to the messages. WORLD_FORBIDDEN. */
static int make_first(struct world_plan *plan, struct world *world)
{
    int line[2];
    int messages = world_open_in(plan->folder, WORLD_LOG);
    if (messages < 0 || pipe2(line, O_CLOEXEC) < 0)
        return failure(FAULT_LIBRARY, "%s: %s", plan->folder, strerror(errno));
    pid_t pid = plan->level->fork_first();
    if (pid == 0) {
        plan->lifeline = line[0];
        detach(messages, plan->listening, plan->lifeline);
        world_inside(plan);
    }
    close(messages);
    close(line[0]);
    if (pid < 0) {
        close(line[1]);
        return WORLD_FORBIDDEN;
    }
    world->first = pid;
    world->lifeline = line[1];
    return plan->level->settle(pid) && write(line[1], "", 1) == 1 ? 0 : WORLD_FORBIDDEN;
}

/* --- Waiting for the card --- */

static void reached(struct world *world, uint64_t began, enum world_step step)
{
    world->reached_us[step] = now_us() - began;
}

/* Receives a notice; true if it is a daemon's that it is ready. */
static bool says_ready(int notices)
{
    static const char ready[] = "READY=1";
    char text[sizeof ready - 1];
    ssize_t size = recv(notices, text, sizeof text, MSG_DONTWAIT);
    return size == (ssize_t)sizeof text && memcmp(text, ready, sizeof text) == 0;
}

/* What every wait of a start watches at once, with a deadline. */
struct waiting {
    const struct world_request *request;
    int first; /* descriptor of the world's first process */
    uint64_t deadline;
};

/* Waits until fd is readable. WORLD_GIVEN_UP; WORLD_REFUSED when the world or its time ended. */
static int await(const struct waiting *waiting, int fd)
{
    struct pollfd watched[] = { { .fd = fd, .events = POLLIN },
                                { .fd = waiting->request->give_up, .events = POLLIN },
                                { .fd = waiting->first, .events = POLLIN } };
    int ready;
    do
        ready = poll(watched, COUNT_OF(watched), left_ms(waiting->deadline));
    while (ready < 0 && errno == EINTR);
    if (ready > 0 && watched[1].revents)
        return WORLD_GIVEN_UP;
    return ready > 0 && watched[0].revents ? 0 : WORLD_REFUSED;
}

/* Waits for each daemon's notice that it is ready: by then it is connecting to its reader. */
static int await_daemons(const struct waiting *waiting, int notices)
{
    for (unsigned serving = 0; serving < waiting->request->tokens;) {
        int result = await(waiting, notices);
        if (result)
            return result;
        serving += says_ready(notices);
    }
    return 0;
}

static void end_child(pid_t *child)
{
    if (*child <= 0)
        return;
    kill(*child, SIGKILL);
    waitpid(*child, NULL, 0);
}

/* Waits until the visitor has reached every card. WORLD_REFUSED, WORLD_DENIED, WORLD_GIVEN_UP. */
static int await_cards(const struct waiting *waiting, struct world *world, uint64_t began)
{
    int line[2];
    if (pipe2(line, O_CLOEXEC) < 0)
        return failure(FAULT_LIBRARY, "pipe: %s", strerror(errno));
    SCOPED(end_child)
    pid_t visitor = world_send_visitor(waiting->request, world->first, world->socket, line[1]);
    SCOPED(close_fd) int told = line[0];
    uint8_t step = 0;
    close(line[1]);
    while (step != WORLD_ANSWER) {
        int result = await(waiting, told);
        if (result)
            return result;
        if (visitor < 0 || read(told, &step, 1) != 1)
            return WORLD_REFUSED;
        if (step >= WORLD_STEPS)
            return WORLD_DENIED;
        reached(world, began, step);
    }
    return 0;
}

static int await_answer(const struct world_request *request, struct world *world, int notices,
                        uint64_t began)
{
    SCOPED(close_fd) int first = (int)syscall(SYS_pidfd_open, world->first, 0);
    struct waiting waiting = { request, first, now_us() + START_MICROSECONDS };
    int result = await_daemons(&waiting, notices);
    if (result)
        return result;
    reached(world, began, WORLD_DAEMON);
    waiting.deadline = now_us() + START_MICROSECONDS;
    return await_cards(&waiting, world, began);
}

/* --- Why it did not work --- */

static void read_messages(const struct world *world, struct world_reason *out_reason)
{
    int fd = world_open_in(world->folder, WORLD_LOG);
    if (fd < 0)
        return;
    off_t size = lseek(fd, 0, SEEK_END);
    off_t kept = sizeof out_reason->messages - 1;
    ssize_t got = pread(fd, out_reason->messages, (size_t)kept, size > kept ? size - kept : 0);
    out_reason->messages[got > 0 ? got : 0] = '\0';
    close(fd);
}

static const char *const ends[] = {
    [WORLD_END_ASKED] = "the private world ended",
    [WORLD_END_PCSCD] = "the private pcscd ended",
    [WORLD_END_DAEMON] = "glasshsmd ended",
};

static const struct world_level *const levels[] = { &world_level1, &world_level2 };

static int forbidden(const struct world_level *level, struct world_reason *out_reason)
{
    refuse(out_reason, "%s", level->forbidden_by());
    return WORLD_FORBIDDEN;
}

/* How a program of the world ended, in the words that world_inside.c writes last; NULL: it wrote
 * none. */
static const char *find_how_it_ended(char *messages)
{
    static const char mark[] = "world: ";
    char *last = NULL;
    for (char *at = messages; (at = strstr(at, mark)); at += sizeof mark - 1)
        if (at == messages || at[-1] == '\n')
            last = at + sizeof mark - 1;
    return last;
}

static int say_end(unsigned code, struct world_reason *out_reason)
{
    const char *how = find_how_it_ended(out_reason->messages);
    bool refused = code >= WORLD_END_REFUSED_FIRST && code <= WORLD_END_REFUSED_LAST;
    out_reason->refused = refused ? (int)code : 0;
    if (how && code != WORLD_END_ASKED)
        return refuse(out_reason, "%.*s", (int)strcspn(how, "\n"), how);
    return refuse(out_reason, "%s",
                  code < COUNT_OF(ends) && ends[code] ? ends[code]
                                                      : "the private world was killed");
}

/* Explains why the first process ended. WORLD_FORBIDDEN when the level's own step failed, else
 * WORLD_REFUSED. */
static int explain_end(const struct world *world, int wait_status, struct world_reason *out_reason)
{
    unsigned code = WIFEXITED(wait_status) ? (unsigned)WEXITSTATUS(wait_status) : ~0U;
    read_messages(world, out_reason);
    if (code == WORLD_END_SETUP)
        return forbidden(levels[world->level - 1], out_reason);
    return say_end(code, out_reason);
}

void world_explain(const struct world *world, int wait_status, struct world_reason *out_reason)
{
    (void)explain_end(world, wait_status, out_reason);
}

static bool world_has_ended(struct world *world, int *out_wait_status)
{
    SCOPED(close_fd) int first = (int)syscall(SYS_pidfd_open, world->first, 0);
    struct pollfd watched = { .fd = first, .events = POLLIN };
    poll(&watched, 1, END_MILLISECONDS);
    if (waitpid(world->first, out_wait_status, WNOHANG) <= 0)
        return false;
    world->first = 0;
    return true;
}

/* The start failed on our side of the socket; the cause is most likely in the world. */
static int explain_start(struct world *world, int result, struct world_reason *out_reason)
{
    int status;
    if (world_has_ended(world, &status))
        return explain_end(world, status, out_reason);
    static const char denied[] =
        "pcscd serves, and refuses us: it asks polkit, and has no option --disable-polkit";
    read_messages(world, out_reason);
    return refuse(out_reason, "no card answers in the private reader: %s",
                  world->reached_us[WORLD_CARD]      ? "it is there, but does not take a command"
                  : world->reached_us[WORLD_SERVICE] ? "glasshsmd has not reached the reader's port"
                  : result == WORLD_DENIED           ? denied
                  : world->reached_us[WORLD_DAEMON]  ? "pcscd does not serve"
                                                     : "glasshsmd does not get ready");
}

/* --- Life --- */

/* Attempts to build the world at this level. WORLD_FORBIDDEN, WORLD_REFUSED, WORLD_GIVEN_UP. */
static int build(const struct world_request *request, const struct world_level *level,
                 struct world *world, uint64_t began, struct world_reason *out_reason)
{
    SCOPED(world_close_sockets) struct world_sockets sockets = { -1, -1 };
    SCOPED(world_release_ports) struct world_ports ports = { 0 };
    world->level = level->number;
    if (!level->choose_ports(request->tokens, &ports))
        return forbidden(level, out_reason);
    int result = world_write_readers(world->folder, request->tokens, &ports);
    if (!result && request->kept_log)
        result = world_link_log(world->folder, request->kept_log);
    if (!result && request->furnish)
        result = request->furnish(world->folder);
    if (!result)
        result = world_open_sockets(world->folder, &sockets);
    if (result)
        return result;
    world->port = ports.number[0];
    reached(world, began, WORLD_FOLDER);
    result = make_first(&(struct world_plan){ .level = level,
                                              .folder = world->folder,
                                              .pcscd = PCSCD,
                                              .request = request,
                                              .ports = &ports,
                                              .listening = sockets.listening },
                        world);
    close_fd(&sockets.listening); /* kept only by pcscd, so that its clients notice when it dies */
    if (result)
        return result == WORLD_FORBIDDEN ? forbidden(level, out_reason) : result;
    reached(world, began, WORLD_FIRST);
    result = await_answer(request, world, sockets.notices, began);
    bool failed = result == WORLD_REFUSED || result == WORLD_DENIED;
    return failed ? explain_start(world, result, out_reason) : result;
}

/* Cleans up after a level that is forbidden; the folder is used again for the next. */
static void dismiss(struct world *world)
{
    if (world->first > 0) {
        kill(world->first, SIGKILL);
        waitpid(world->first, NULL, 0);
    }
    world->first = 0;
    close_fd(&world->lifeline);
    world_empty_folder(world->folder);
    memset(world->reached_us, 0, sizeof world->reached_us);
}

static int build_in_some_level(const struct world_request *request, struct world *world,
                               uint64_t began, struct world_reason *out_reason)
{
    int result = WORLD_FORBIDDEN;
    for (size_t i = 0; i < COUNT_OF(levels) && result == WORLD_FORBIDDEN; i++) {
        if (request->level && request->level != levels[i]->number)
            continue;
        if (world->level) {
            dismiss(world);
            snprintf(world->level1_forbidden, sizeof world->level1_forbidden, "%.*s",
                     (int)sizeof world->level1_forbidden - 1, out_reason->sentence);
        }
        result = build(request, levels[i], world, began, out_reason);
    }
    return result == WORLD_FORBIDDEN ? WORLD_REFUSED : result;
}

/* Makes the file that keeps the messages, empty, and its folder. */
static int prepare_kept_log(const char *folder, const char *kept_log,
                            struct world_reason *out_reason)
{
    int fd = -1;
    if (mkdir(folder, 0700) == 0 || errno == EEXIST)
        fd = open(kept_log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse(out_reason, "cannot keep messages in %s: %s", kept_log, strerror(errno));
    close(fd);
    return 0;
}

static int make_folder(const struct world_request *request, struct world *world,
                       struct world_reason *out_reason)
{
    char folder[WORLD_PATH_SIZE];
    int result = 0;
    if (request->folder)
        snprintf(folder, sizeof folder, "%.70s", request->folder);
    else
        result = world_name_folder(folder);
    if (result)
        return result;
    if (mkdir(folder, 0700) < 0)
        return refuse(out_reason, "cannot make the folder %s: %s", folder, strerror(errno));
    memcpy(world->folder, folder, sizeof folder);
    world_socket_path(folder, world->socket);
    world_admin_path(folder, 0, world->admin);
    return 0;
}

static int begin(const struct world_request *request, struct world *world,
                 struct world_reason *out_reason)
{
    uint64_t began = now_us();
    int result = check_needs(request, out_reason);
    if (!result && request->log_folder)
        result = prepare_kept_log(request->log_folder, request->kept_log, out_reason);
    if (!result)
        result = make_folder(request, world, out_reason);
    return result ? result : build_in_some_level(request, world, began, out_reason);
}

int world_start(const struct world_request *request, struct world *out,
                struct world_reason *out_reason)
{
    struct world world = { .lifeline = -1 };
    *out_reason = (struct world_reason){ 0 };
    int result = begin(request, &world, out_reason);
    if (!result) {
        *out = world;
        return 0;
    }
    if (result < 0)
        refuse(out_reason, "the private world: %s", failure_last()->cause);
    if (world.level1_forbidden[0]) {
        struct world_reason second = *out_reason;
        refuse(out_reason, "%s; without namespaces: %s", world.level1_forbidden, second.sentence);
    }
    world_end(&world);
    return result;
}

void world_end(struct world *world)
{
    close_fd(&world->lifeline);
    if (world->first > 0)
        waitpid(world->first, NULL, 0);
    world->first = 0;
    if (world->folder[0])
        world_remove_folder(world->folder);
    world->folder[0] = '\0';
}
