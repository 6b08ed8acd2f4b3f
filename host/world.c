/* Making a private world from outside: folder, namespaces, and the wait for its card. */
#include "host/world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/failure.h"
#include "host/namespaces.h"
#include "host/world_card.h"
#include "host/world_inside.h"

#define PCSCD "/usr/sbin/pcscd"

enum {
    START_MILLISECONDS = 15000, /* for the daemon, on a machine that is very busy */
    END_MILLISECONDS = 200,     /* for the world to end when something in it has failed */
    PARENT_MAX = 50,            /* a socket's path must fit WORLD_PATH_SIZE */
};

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* --- What must be there --- */

static const struct {
    const char *path, *sentence;
} needed[] = {
    { PCSCD, "pcscd is not installed; install it with: apt-get install pcscd" },
    { VPCD_DRIVERS "/" VPCD_LIBRARY,
      "the virtual reader is not installed; install it with: apt-get install vsmartcard-vpcd" },
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
    if (access(request->daemon, X_OK) < 0)
        return refuse(out_reason, "cannot run %s: %s", request->daemon, strerror(errno));
    return 0;
}

/* --- The private folder --- */

static bool make_folder_in(const char *parent, struct world *world)
{
    if (!parent || *parent != '/' || strlen(parent) > PARENT_MAX)
        return false;
    snprintf(world->folder, sizeof world->folder, "%s/glasshsm-XXXXXX", parent);
    return mkdtemp(world->folder) != NULL;
}

static int make_folder(struct world *world, struct world_reason *out_reason)
{
    if (!make_folder_in(getenv("XDG_RUNTIME_DIR"), world) &&
        !make_folder_in(getenv("TMPDIR"), world) && !make_folder_in("/tmp", world)) {
        world->folder[0] = '\0';
        return refuse(out_reason, "cannot make a folder in /tmp: %s", strerror(errno));
    }
    snprintf(world->socket, sizeof world->socket, "%.70s/" WORLD_SOCKET, world->folder);
    world_admin_path(world->folder, 0, world->admin);
    return 0;
}

static int open_in(const struct world *world, const char *name)
{
    char path[WORLD_PATH_SIZE + 20];
    snprintf(path, sizeof path, "%s/%s", world->folder, name);
    return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The readers of one library, as pcscd's configuration has them. Libraries are named where
 * become_pcscd() in world_inside.c puts them. */
static int write_library(int fd, unsigned tokens, unsigned library)
{
    char name[READER_NAME_SIZE], path[64];
    unsigned port = VPCD_PORT + library * READERS_PER_LIBRARY;
    world_name_readers(tokens, library, name);
    snprintf(path, sizeof path, library ? VPCD_COPY_FORMAT : PCSCD_DRIVERS "/" VPCD_LIBRARY,
             library);
    return dprintf(fd,
                   "FRIENDLYNAME \"%s\"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n",
                   name, port, path, port);
}

static int write_readers(const struct world_request *request, const struct world *world)
{
    int fd = open_in(world, WORLD_READERS);
    if (fd < 0)
        return failure(FAULT_DISK, "%s: %s", world->folder, strerror(errno));
    int written = 1;
    for (unsigned first = 0; first < request->tokens && written > 0; first += READERS_PER_LIBRARY)
        written = write_library(fd, request->tokens, first / READERS_PER_LIBRARY);
    close(fd);
    return written > 0 ? 0 : failure(FAULT_DISK, "%s: %s", world->folder, strerror(errno));
}

static int bind_socket(const char *path, int type, int *out)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return failure(FAULT_LIBRARY, "socket: %s", strerror(errno));
    *out = fd;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return failure(FAULT_LIBRARY, "%s: %s", path, strerror(errno));
    return 0;
}

/* listening: where pcscd will serve. notices: where the daemon will say that it is ready, as it
 * would to systemd (sd_notify(3)). */
struct sockets {
    int listening, notices;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_sockets(struct sockets *sockets)
{
    close_fd(&sockets->listening);
    close_fd(&sockets->notices);
}

static int open_sockets(const struct world *world, struct sockets *out)
{
    char notices[WORLD_PATH_SIZE];
    snprintf(notices, sizeof notices, "%.70s/" WORLD_NOTICES, world->folder);
    int result = bind_socket(world->socket, SOCK_STREAM, &out->listening);
    if (!result)
        result = bind_socket(notices, SOCK_DGRAM, &out->notices);
    if (!result && listen(out->listening, SOMAXCONN) < 0)
        result = failure(FAULT_LIBRARY, "%s: %s", world->socket, strerror(errno));
    return result;
}

/* --- The first process --- */

/* Standard streams away from the caller's, all other descriptors but two closed. */
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

/* Like fork(), into new namespaces; the child becomes the world's first process. */
static int make_namespaces(const struct world_request *request, struct world *world, int listening,
                           struct world_reason *out_reason)
{
    int line[2];
    int messages = open_in(world, WORLD_LOG);
    if (messages < 0 || pipe2(line, O_CLOEXEC) < 0)
        return failure(FAULT_LIBRARY, "%s: %s", world->folder, strerror(errno));
    pid_t pid = namespaces_fork();
    if (pid == 0) {
        detach(messages, listening, line[0]);
        world_inside(&(struct world_plan){ .folder = world->folder,
                                           .pcscd = PCSCD,
                                           .request = request,
                                           .listening = listening,
                                           .lifeline = line[0] });
    }
    close(messages);
    close(line[0]);
    if (pid < 0) {
        close(line[1]);
        return refuse(out_reason, "%s", namespaces_forbidden_by());
    }
    world->first = pid;
    world->lifeline = line[1];
    if (!namespaces_settle(pid) || write(line[1], "", 1) != 1)
        return refuse(out_reason, "%s", namespaces_forbidden_by());
    return 0;
}

/* --- Waiting for the card --- */

static void reached(struct world *world, uint64_t began, enum world_step step)
{
    world->reached_us[step] = now_us() - began;
}

/* Takes a notice; whether it is of a daemon that serves. */
static bool says_ready(int notices)
{
    static const char ready[] = "READY=1";
    char text[sizeof ready - 1];
    ssize_t size = recv(notices, text, sizeof text, MSG_DONTWAIT);
    return size == (ssize_t)sizeof text && memcmp(text, ready, sizeof text) == 0;
}

/* Waits for each daemon's notice that it serves: by then it is on its way to the reader. */
static int await_daemons(const struct world_request *request, const struct world *world,
                         int notices)
{
    SCOPED(close_fd) int first = (int)syscall(SYS_pidfd_open, world->first, 0);
    struct pollfd watched[] = { { .fd = notices, .events = POLLIN },
                                { .fd = request->give_up, .events = POLLIN },
                                { .fd = first, .events = POLLIN } };
    for (unsigned serving = 0; serving < request->tokens;) {
        int ready = poll(watched, COUNT_OF(watched), START_MILLISECONDS);
        if (ready > 0 && watched[1].revents)
            return WORLD_GIVEN_UP;
        if (ready <= 0 || !watched[0].revents)
            return WORLD_REFUSED;
        serving += says_ready(notices);
    }
    return 0;
}

static int await_answer(const struct world_request *request, struct world *world, int notices,
                        uint64_t began)
{
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    int result = await_daemons(request, world, notices);
    if (result)
        return result;
    reached(world, began, WORLD_DAEMON);
    setenv("PCSCLITE_CSOCK_NAME", world->socket, true);
    if (reader_service_open(&service))
        return WORLD_REFUSED;
    reached(world, began, WORLD_SERVICE);
    result = world_await_cards(request, world->first, &service);
    if (result)
        return result;
    reached(world, began, WORLD_CARD);
    if (!world_cards_answer(request, &service))
        return WORLD_REFUSED;
    reached(world, began, WORLD_ANSWER);
    return 0;
}

/* --- Why it did not work --- */

static void read_messages(const struct world *world, struct world_reason *out_reason)
{
    int fd = open_in(world, WORLD_LOG);
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
    [WORLD_END_SETUP] = "the private world could not be set up",
    [WORLD_END_PCSCD] = "the private pcscd ended",
    [WORLD_END_DAEMON] = "glasshsmd ended",
};

void world_explain(const struct world *world, int wait_status, struct world_reason *out_reason)
{
    unsigned code = WIFEXITED(wait_status) ? (unsigned)WEXITSTATUS(wait_status) : ~0U;
    const char *what = code < COUNT_OF(ends) ? ends[code] : "the private world was killed";
    const char *forbids = code == WORLD_END_SETUP ? namespaces_forbidden_by() : NULL;
    refuse(out_reason, "%s%s%s", what, forbids ? ": " : "", forbids ? forbids : "");
    read_messages(world, out_reason);
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

/* The start failed on our side of the socket; the cause is most likely on the other. */
static void explain_start(struct world *world, struct world_reason *out_reason)
{
    int status;
    if (world_has_ended(world, &status)) {
        world_explain(world, status, out_reason);
        return;
    }
    refuse(out_reason, "no card answers in the private reader: %s",
           world->reached_us[WORLD_CARD]      ? "it is there, but does not take a command"
           : world->reached_us[WORLD_SERVICE] ? "glasshsmd has not reached the reader's port"
           : world->reached_us[WORLD_DAEMON]  ? "pcscd does not serve"
                                              : "glasshsmd does not get ready");
    read_messages(world, out_reason);
}

/* --- Life --- */

static int build(const struct world_request *request, struct world *world, uint64_t began,
                 struct world_reason *out_reason)
{
    SCOPED(close_sockets) struct sockets sockets = { -1, -1 };
    int result = check_needs(request, out_reason);
    if (!result)
        result = make_folder(world, out_reason);
    if (!result)
        result = write_readers(request, world);
    if (!result)
        result = open_sockets(world, &sockets);
    if (result)
        return result;
    reached(world, began, WORLD_FOLDER);
    result = make_namespaces(request, world, sockets.listening, out_reason);
    close_fd(&sockets.listening); /* when pcscd dies, its clients must notice */
    if (result)
        return result;
    reached(world, began, WORLD_NAMESPACES);
    result = await_answer(request, world, sockets.notices, began);
    if (result == WORLD_REFUSED)
        explain_start(world, out_reason);
    return result;
}

int world_start(const struct world_request *request, struct world *out,
                struct world_reason *out_reason)
{
    uint64_t began = now_us();
    struct world world = { .lifeline = -1 };
    *out_reason = (struct world_reason){ 0 };
    int result = build(request, &world, began, out_reason);
    if (result) {
        if (result < 0)
            refuse(out_reason, "the private world: %s", failure_last()->cause);
        world_end(&world);
        return result;
    }
    *out = world;
    return 0;
}

void world_end(struct world *world)
{
    if (world->lifeline >= 0)
        close(world->lifeline);
    world->lifeline = -1;
    if (world->first > 0)
        waitpid(world->first, NULL, 0);
    world->first = 0;
    if (world->folder[0])
        world_remove_folder(world->folder);
    world->folder[0] = '\0';
}
