/* Making a private world from outside: folder, namespaces, and the wait for its card. */
#include "host/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
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
#include "host/client.h"
#include "host/world_inside.h"

#define PCSCD       "/usr/sbin/pcscd"
#define READER_NAME "Glass HSM"

enum {
    CARD_SECONDS = 15,     /* from nothing to an answer, on a machine that is very busy */
    FIRST_LOOK_MS = 3,     /* see world_wake_poller() */
    PATIENT_LOOK_MS = 100, /* between looks at give_up and at the clock */
    EAGER_LOOKS = 60,
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

/* What forbids namespaces, and the value that does. */
static const struct {
    const char *path, *value, *sentence;
} forbidden[] = {
    { "/proc/sys/kernel/unprivileged_userns_clone", "0",
      "user namespaces are forbidden here; allow them with: "
      "sysctl kernel.unprivileged_userns_clone=1" },
    { "/proc/sys/user/max_user_namespaces", "0",
      "user namespaces are forbidden here; allow them with: "
      "sysctl user.max_user_namespaces=10000" },
    { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
      "AppArmor restricts user namespaces here; allow them with: "
      "sysctl kernel.apparmor_restrict_unprivileged_userns=0" },
};

static bool file_says(const char *path, const char *value)
{
    char text[16] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    return size > 0 && strcmp(strtok(text, "\n"), value) == 0;
}

static const char *what_forbids_namespaces(void)
{
    for (size_t i = 0; i < COUNT_OF(forbidden); i++)
        if (file_says(forbidden[i].path, forbidden[i].value))
            return forbidden[i].sentence;
    return "the kernel or this container forbids user, mount, PID or network namespaces";
}

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
    /* Room for the names of the sockets in it. */
    if (!parent || *parent != '/' || strlen(parent) > WORLD_PATH_SIZE - 40)
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
    snprintf(world->admin, sizeof world->admin, "%.70s/" WORLD_ADMIN, world->folder);
    return 0;
}

static int open_in(const struct world *world, const char *name)
{
    char path[WORLD_PATH_SIZE + 20];
    snprintf(path, sizeof path, "%s/%s", world->folder, name);
    return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The reader, as pcscd's configuration has it. The library is named where hide_the_machine() in
 * world_inside.c puts it. */
static int write_readers(const struct world *world)
{
    int fd = open_in(world, WORLD_READERS);
    if (fd < 0)
        return failure(FAULT_DISK, "%s: %s", world->folder, strerror(errno));
    int written = dprintf(fd,
                          "FRIENDLYNAME \"" READER_NAME
                          "\"\n"
                          "DEVICENAME /dev/null:0x%X\n"
                          "LIBPATH " PCSCD_DRIVERS "/" VPCD_LIBRARY
                          "\n"
                          "CHANNELID 0x%X\n",
                          VPCD_PORT, VPCD_PORT);
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

static void close_sockets(struct sockets *sockets)
{
    if (sockets->listening >= 0)
        close(sockets->listening);
    if (sockets->notices >= 0)
        close(sockets->notices);
    *sockets = (struct sockets){ -1, -1 };
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

/* --- Namespaces --- */

static bool write_proc(pid_t pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = write(fd, text, strlen(text));
    close(fd);
    return size == (ssize_t)strlen(text);
}

/* Every id stands for itself: a superuser's daemon may open stores of other users. The ids that
 * exist here can be fewer than all, in a container. */
static bool map_all(pid_t pid, const char *name)
{
    char path[32], map[512] = "";
    size_t size = 0;
    unsigned long first, outside, count;
    snprintf(path, sizeof path, "/proc/self/%s", name);
    FILE *own = fopen(path, "re");
    if (!own)
        return false;
    while (fscanf(own, "%lu %lu %lu", &first, &outside, &count) == 3 && size < sizeof map - 64)
        size +=
            (size_t)snprintf(map + size, sizeof map - size, "%lu %lu %lu\n", first, first, count);
    fclose(own);
    return size && write_proc(pid, name, map);
}

/* Our own id becomes 0, all others do not exist: what an ordinary user may ask for. */
static bool map_one(pid_t pid, const char *name, unsigned id)
{
    char map[40];
    snprintf(map, sizeof map, "0 %u 1\n", id);
    return write_proc(pid, name, map);
}

static bool map_ids(pid_t pid)
{
    if (geteuid() == 0 && map_all(pid, "uid_map"))
        return map_all(pid, "gid_map");
    return map_one(pid, "uid_map", geteuid()) && write_proc(pid, "setgroups", "deny") &&
           map_one(pid, "gid_map", getegid());
}

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
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | SIGCHLD,
                               NULL, NULL, NULL, NULL);
    if (pid == 0) {
        detach(messages, listening, line[0]);
        world_inside(&(struct world_plan){ .folder = world->folder,
                                           .pcscd = PCSCD,
                                           .daemon = request->daemon,
                                           .store = request->store,
                                           .admin = world->admin,
                                           .listening = listening,
                                           .lifeline = line[0] });
    }
    close(messages);
    close(line[0]);
    if (pid < 0) {
        close(line[1]);
        return refuse(out_reason, "%s", what_forbids_namespaces());
    }
    world->first = pid;
    world->lifeline = line[1];
    if (!map_ids(pid) || write(line[1], "", 1) != 1)
        return refuse(out_reason, "%s", what_forbids_namespaces());
    return 0;
}

/* --- Waiting for the card --- */

static bool sleeps(pid_t pid, const char *thread)
{
    char path[64], text[32] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%.10s/syscall", (int)pid, thread);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    return size > 0 && atol(text) == SYS_clock_nanosleep;
}

static void wake_sleepers(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    if (!threads)
        return;
    for (struct dirent *entry; (entry = readdir(threads));)
        if (entry->d_name[0] != '.' && sleeps(pid, entry->d_name))
            syscall(SYS_tgkill, pid, (pid_t)atoi(entry->d_name), SIGUSR1);
    closedir(threads);
}

/* pcscd looks for a card when it starts and then every 400 ms. SIGUSR1 is its order to look at its
 * readers again; sent to a thread that is asleep between two looks, it also ends that sleep. Only
 * when pcscd serves already, which is after it has installed the signal's handler. Without /proc
 * nothing is lost but those 400 ms. */
static void wake_poller(pid_t first)
{
    char path[80], name[8];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)first, (int)first);
    FILE *children = fopen(path, "re");
    if (!children)
        return;
    for (int child; fscanf(children, "%d", &child) == 1;) {
        snprintf(path, sizeof path, "/proc/%d/comm", child);
        FILE *comm = fopen(path, "re");
        if (comm && fgets(name, sizeof name, comm) && strcmp(strtok(name, "\n"), "pcscd") == 0)
            wake_sleepers(child);
        if (comm)
            fclose(comm);
    }
    fclose(children);
}

static bool asked_to_give_up(const struct world_request *request)
{
    struct pollfd asked = { .fd = request->give_up, .events = POLLIN };
    return poll(&asked, 1, 0) > 0;
}

static int await_card(const struct world_request *request, struct world *world,
                      const struct reader_service *service, const char *name)
{
    uint64_t limit = now_us() + (uint64_t)CARD_SECONDS * 1000000;
    for (unsigned looks = 0; now_us() < limit; looks++) {
        if (asked_to_give_up(request))
            return WORLD_GIVEN_UP;
        bool eager = looks < EAGER_LOOKS;
        if (eager)
            wake_poller(world->first);
        int result = reader_await_card(service, name, eager ? FIRST_LOOK_MS : PATIENT_LOOK_MS);
        if (result != READER_TIMEOUT)
            return result ? WORLD_REFUSED : 0;
    }
    return WORLD_REFUSED;
}

static void reached(struct world *world, uint64_t began, enum world_step step)
{
    world->reached_us[step] = now_us() - began;
}

static int await_daemon(const struct world_request *request, int notices)
{
    struct pollfd watched[] = { { .fd = notices, .events = POLLIN },
                                { .fd = request->give_up, .events = POLLIN } };
    if (poll(watched, COUNT_OF(watched), CARD_SECONDS * 1000) <= 0)
        return WORLD_REFUSED;
    return watched[1].revents ? WORLD_GIVEN_UP : 0;
}

static int await_answer(const struct world_request *request, struct world *world, uint64_t began)
{
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    SCOPED(reader_disconnect) struct reader_card card = { 0 };
    char name[READER_NAME_SIZE];
    uint16_t sw;
    setenv("PCSCLITE_CSOCK_NAME", world->socket, true);
    if (reader_service_open(&service) || reader_find(&service, READER_NAME, name))
        return WORLD_REFUSED;
    reached(world, began, WORLD_SERVICE);
    int result = await_card(request, world, &service, name);
    if (result)
        return result;
    reached(world, began, WORLD_CARD);
    if (reader_connect(&service, name, &card) || client_select(&card, &sw))
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
    const char *forbids = code == WORLD_END_SETUP ? what_forbids_namespaces() : NULL;
    refuse(out_reason, "%s%s%s", what, forbids ? ": " : "", forbids ? forbids : "");
    read_messages(world, out_reason);
}

/* The start failed on our side of the socket; the cause is most likely on the other. Dying takes
 * pcscd and daemon a moment. */
static void explain_start(struct world *world, struct world_reason *out_reason)
{
    int status;
    for (int tries = 0; tries < 20; tries++) {
        if (waitpid(world->first, &status, WNOHANG) > 0) {
            world->first = 0;
            world_explain(world, status, out_reason);
            return;
        }
        poll(NULL, 0, 5);
    }
    refuse(out_reason,
           "no card appeared in the reader within %d seconds; glasshsmd may not have "
           "reached port %d",
           CARD_SECONDS, VPCD_PORT);
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
        result = write_readers(world);
    if (!result)
        result = open_sockets(world, &sockets);
    if (result)
        return result;
    reached(world, began, WORLD_FOLDER);
    result = make_namespaces(request, world, sockets.listening, out_reason);
    close(sockets.listening);
    sockets.listening = -1;
    if (result)
        return result;
    reached(world, began, WORLD_NAMESPACES);
    result = await_answer(request, world, began);
    if (!result)
        result = await_daemon(request, sockets.notices);
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
