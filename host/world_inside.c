/* Process 1 of a private world. It is small on purpose: when it ends, the kernel ends all others.
 *
 * pcscd's socket and pid file have compiled-in names below /run/pcscd, and it must not touch the
 * machine's. So it gets its socket handed over (LISTEN_FDS, as from systemd), and a mount namespace
 * with an empty /run. The same namespace hides the drivers of USB readers: the private pcscd would
 * otherwise take real readers away from the machine's own. */
#include "host/world_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_HANDED_OVER = 3, /* where sd_listen_fds(3) expects it */ STOP_MILLISECONDS = 5000 };

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "world: %s: %s\n", what, strerror(errno));
    _exit(WORLD_END_SETUP);
}

static void loopback_up(void)
{
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        give_up("cannot bring up the loopback interface");
    close(fd);
}

/* --- The two programs --- */

static void unblock_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the private /run, because the private folder may lie where nothing can be executed. */
static void copy_library(unsigned number)
{
    char path[40];
    struct stat original;
    snprintf(path, sizeof path, VPCD_COPY_FORMAT, number);
    int from = open(PCSCD_DRIVERS "/" VPCD_LIBRARY, O_RDONLY | O_CLOEXEC);
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    if (from < 0 || to < 0 || fstat(from, &original) < 0 ||
        sendfile(to, from, NULL, (size_t)original.st_size) != original.st_size)
        give_up("cannot copy the driver of the virtual reader");
    close(from);
    close(to);
}

static void hide_the_machine(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        give_up("cannot make a mount namespace");
    if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") < 0)
        give_up("cannot mount a private /run");
    if (mount(VPCD_DRIVERS, PCSCD_DRIVERS, NULL, MS_BIND, NULL) < 0)
        give_up("cannot hide the drivers of real readers");
}

/* Handed over as descriptors: the socket, as systemd does it, and the readers' configuration, which
 * may lie below the /run that has just been hidden. */
_Noreturn static void become_pcscd(const struct world_plan *plan, unsigned number)
{
    (void)number;
    char readers[200], listener[32];
    if (dup2(plan->listening, FIRST_HANDED_OVER) < 0 || fcntl(FIRST_HANDED_OVER, F_SETFD, 0) < 0)
        give_up("cannot hand over the socket");
    snprintf(readers, sizeof readers, "%s/" WORLD_READERS, plan->folder);
    int configuration = open(readers, O_RDONLY);
    if (configuration < 0)
        give_up(readers);
    snprintf(readers, sizeof readers, "/proc/self/fd/%d", configuration);
    hide_the_machine();
    for (unsigned first = READERS_PER_LIBRARY; first < plan->request->tokens;
         first += READERS_PER_LIBRARY)
        copy_library(first / READERS_PER_LIBRARY);
    snprintf(listener, sizeof listener, "LISTEN_PID=%d", (int)getpid());
    char *arguments[] = { "pcscd", "--foreground", "--config", readers, NULL };
    char *environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LISTEN_FDS=1", listener, NULL };
    execve(plan->pcscd, arguments, environment);
    give_up(plan->pcscd);
}

_Noreturn static void become_daemon(const struct world_plan *plan, unsigned token)
{
    char port[40], path[WORLD_PATH_SIZE], admin[140], notices[140], passphrase[PATH_MAX];
    const char *store = plan->request->stores[token];
    snprintf(port, sizeof port, "--reader.port=%u", VPCD_PORT + token);
    world_admin_path(plan->folder, token, path);
    snprintf(admin, sizeof admin, "--admin.socket=%s", path);
    const char *kind = store ? "--store" : "--ephemeral";
    const char *arguments[] = { "glasshsmd", port, admin, kind, store, NULL, NULL };
    snprintf(passphrase, sizeof passphrase, "--store.passphrase-file=%s",
             plan->request->passphrase_file ? plan->request->passphrase_file : "");
    if (store && plan->request->passphrase_file)
        arguments[5] = passphrase;
    snprintf(notices, sizeof notices, "%s/" WORLD_NOTICES, plan->folder);
    setenv("NOTIFY_SOCKET", notices, true);
    execv(plan->request->daemon, (char *const *)arguments);
    give_up(plan->request->daemon);
}

static pid_t start(void (*become)(const struct world_plan *plan, unsigned number),
                   const struct world_plan *plan, unsigned number)
{
    pid_t pid = fork();
    if (pid < 0)
        give_up("cannot start a process");
    if (pid == 0) {
        unblock_signals();
        become(plan, number);
    }
    return pid;
}

void world_admin_path(const char *folder, unsigned token, char out_path[WORLD_PATH_SIZE])
{
    if (token == 0)
        snprintf(out_path, WORLD_PATH_SIZE, "%.70s/admin.sock", folder);
    else
        snprintf(out_path, WORLD_PATH_SIZE, "%.70s/admin-%u.sock", folder, token + 1);
}

struct programs {
    pid_t pcscd;
    pid_t daemons[WORLD_TOKENS_MAX];
    unsigned count; /* of daemons */
};

/* --- The end --- */

void world_remove_folder(const char *folder)
{
    DIR *listing = opendir(folder);
    if (!listing)
        return;
    for (struct dirent *entry; (entry = readdir(listing));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            unlinkat(dirfd(listing), entry->d_name, 0);
    closedir(listing);
    rmdir(folder);
}

static const char *cause_of(int status)
{
    return WIFSIGNALED(status) ? "signal" : "exit status";
}

static int number_of(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static bool is_daemon(const struct programs *programs, pid_t pid)
{
    for (unsigned i = 0; i < programs->count; i++)
        if (programs->daemons[i] == pid)
            return true;
    return false;
}

/* Collects the dead. If one of the programs is among them, there is no world any more. */
static void reap(const struct programs *programs)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        bool daemon = is_daemon(programs, pid);
        if (pid != programs->pcscd && !daemon)
            continue;
        fprintf(stderr, "world: %s ended: %s %d\n", daemon ? "glasshsmd" : "pcscd",
                cause_of(status), number_of(status));
        _exit(daemon ? WORLD_END_DAEMON : WORLD_END_PCSCD);
    }
}

/* The tokens get the chance to close their stores; pcscd has nothing to lose. */
_Noreturn static void end(const struct world_plan *plan, const struct programs *programs,
                          int signals)
{
    struct pollfd died = { .fd = signals, .events = POLLIN };
    struct signalfd_siginfo info;
    for (unsigned i = 0; i < programs->count; i++)
        kill(programs->daemons[i], SIGTERM);
    for (unsigned i = 0; i < programs->count; i++)
        while (waitpid(programs->daemons[i], NULL, WNOHANG) == 0 &&
               poll(&died, 1, STOP_MILLISECONDS) > 0)
            if (read(signals, &info, sizeof info) < 0)
                break;
    world_remove_folder(plan->folder);
    _exit(WORLD_END_ASKED);
}

static int watch_children(void)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
    int signals = signalfd(-1, &child, SFD_CLOEXEC);
    if (signals < 0)
        give_up("cannot watch the processes");
    return signals;
}

_Noreturn void world_inside(const struct world_plan *plan)
{
    char go;
    if (read(plan->lifeline, &go, 1) != 1)
        _exit(WORLD_END_ASKED);
    setsid(); /* neither the terminal's signals nor a kill of the caller's process group */
    int signals = watch_children();
    loopback_up();
    /* The daemons first: the sooner they are there, the sooner pcscd finds cards. */
    struct programs programs = { .count = plan->request->tokens };
    for (unsigned i = 0; i < programs.count; i++)
        programs.daemons[i] = start(become_daemon, plan, i);
    programs.pcscd = start(become_pcscd, plan, 0);
    close(plan->listening); /* when pcscd dies, its clients must notice */

    struct pollfd watched[] = { { .fd = plan->lifeline, .events = POLLIN },
                                { .fd = signals, .events = POLLIN } };
    struct signalfd_siginfo info;
    for (;;) {
        if (poll(watched, COUNT_OF(watched), -1) < 0)
            continue;
        if (watched[0].revents)
            end(plan, &programs, signals);
        if (watched[1].revents && read(signals, &info, sizeof info) > 0)
            reap(&programs);
    }
}
