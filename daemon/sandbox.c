/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/sandbox.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"

int sandbox_early(void)
{
    const struct rlimit none = { 0, 0 };
    umask(077);
    if (prctl(PR_SET_DUMPABLE, 0) || setrlimit(RLIMIT_CORE, &none))
        return failure(FAULT_LIBRARY, "cannot forbid core dumps: %s", strerror(errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return failure(FAULT_LIBRARY, "cannot give up new privileges: %s", strerror(errno));
    return 0;
}

/* Whether the limit of locked memory binds this process. The user id does not tell: root of a user
 * namespace, as in a private world, is bound like the user it stands for. A locked mapping beyond
 * the limit does; without access rights it takes no memory. */
static bool is_bound_by(rlim_t limit)
{
    if (limit == RLIM_INFINITY)
        return false;
    size_t size = (size_t)limit + 1;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_LOCKED;
    void *probe = mmap(NULL, size, PROT_NONE, flags, -1, 0);
    if (probe == MAP_FAILED)
        return true;
    munmap(probe, size);
    return false;
}

bool sandbox_lock_memory(void)
{
    struct rlimit limit;
    /* A limit that suffices now would make a later allocation fail, so it is better to lock only
     * the secrets. */
    if (getrlimit(RLIMIT_MEMLOCK, &limit) || is_bound_by(limit.rlim_cur))
        return false;
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

/* --- The filter --- */

/* The allowed system calls, in groups by purpose. Threads, programs, other processes' memory,
 * modules, mounts, clocks and the like are in no group. */
static const int allowed[] = {
    /* bytes in and out; SQLite reads and writes at positions */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    /* sockets; which, and what is sent through them, is decided below. No recvmsg: nobody hands
     * descriptors in */
    SCMP_SYS(connect),
    SCMP_SYS(accept4),
    SCMP_SYS(recvfrom),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    /* the store's files */
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(stat),
    SCMP_SYS(fstat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(fcntl),
    SCMP_SYS(flock),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fchmod),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(readlink),
    SCMP_SYS(getcwd),
    /* memory; executable pages are refused below */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(mlock2),
    SCMP_SYS(munlock),
    /* threads that exist, time, chance, and the end */
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
    SCMP_SYS(tgkill),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Allowed only during the start: what the main thread needs when the token is there, for the admin
 * socket, the signals, and the second filter. */
static const int start_only[] = {
    SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(signalfd4), SCMP_SYS(seccomp), SCMP_SYS(prctl),
};

static int add_rules(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++)
        r = seccomp_rule_add(filter, action, calls[i], 0);
    return r;
}

/* The sockets that may be made. A type comes with flags. AF_UNIX, for the admin socket and the
 * service manager, ends with the start. */
static const struct {
    int family, type, protocol;
} sockets[] = {
    { AF_INET, SOCK_STREAM, 0 },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP },
    { AF_UNIX, SOCK_STREAM, 0 },
    { AF_UNIX, SOCK_DGRAM, 0 },
    { AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG }, /* for sock_diag(7) only, see reader_owner.c */
};

static int allow_sockets(scmp_filter_ctx filter)
{
    const scmp_datum_t type = ~(scmp_datum_t)(SOCK_CLOEXEC | SOCK_NONBLOCK);
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(sockets) && r == 0; i++)
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3,
                             SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)sockets[i].family),
                             SCMP_A1(SCMP_CMP_MASKED_EQ, type, (scmp_datum_t)sockets[i].type),
                             SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)sockets[i].protocol));
    return r;
}

/* Only where a socket is connected to already: connect(2) is the one call that takes an address,
 * and Landlock looks at it. The address of sendmsg lies in memory, but the sockets that are left do
 * not heed it. */
static int allow_sending(scmp_filter_ctx filter)
{
    int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 2,
                             SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0), SCMP_A4(SCMP_CMP_EQ, 0));
    if (r == 0)
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
    if (r == 0)
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
                             SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP), SCMP_A2(SCMP_CMP_EQ, TCP_QUICKACK));
    return r;
}

static int allow_memory(scmp_filter_ctx filter)
{
    const int mapping[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(mapping) && r == 0; i++)
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, mapping[i], 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return r;
}

static int allow_with_limits(scmp_filter_ctx filter)
{
    int r = allow_sockets(filter);
    if (r == 0)
        r = allow_sending(filter);
    return r ? r : allow_memory(filter);
}

static void release_filter(scmp_filter_ctx *filter)
{
    if (*filter)
        seccomp_release(*filter);
}

bool sandbox_filter_possible(void)
{
    return FILTER_POSSIBLE;
}

/* Sets the filter's options: it holds for all threads. */
static int prepare(scmp_filter_ctx filter)
{
    int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    return r ? r : seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, not a list */
}

int sandbox_filter(void)
{
    SCOPED(release_filter) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return failure(FAULT_MEMORY, "no memory for the system-call filter");
    int r = prepare(filter);
    if (r == 0)
        r = add_rules(filter, SCMP_ACT_ALLOW, allowed, COUNT_OF(allowed));
    if (r == 0)
        r = add_rules(filter, SCMP_ACT_ALLOW, start_only, COUNT_OF(start_only));
    if (r == 0)
        r = allow_with_limits(filter);
    if (r == 0)
        r = seccomp_load(filter);
    return r ? failure(FAULT_LIBRARY, "no system-call filter: %s", strerror(-r)) : 0;
}

int sandbox_filter_start(void)
{
    SCOPED(release_filter) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return failure(FAULT_MEMORY, "no memory for the system-call filter");
    int r = prepare(filter);
    if (r == 0)
        r = add_rules(filter, SCMP_ACT_ERRNO(EPERM), start_only, COUNT_OF(start_only));
    if (r == 0)
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                             SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    if (r == 0)
        r = seccomp_load(filter);
    return r ? failure(FAULT_LIBRARY, "no second system-call filter: %s", strerror(-r)) : 0;
}
