/* SPDX-License-Identifier: Apache-2.0 */
/* A token that was taken over, as far as files and connections go: what its process may still reach
 * after confine_files(). Each trial is a process of its own; what is refused is tried before, too,
 * so that the refusal is the sandbox's. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/confine.h"
#include "daemon/sandbox.h"
#include "tests/support/require.h"
#include "tests/support/suite.h"

enum { NOT_POSSIBLE = 77 };

static long version; /* of Landlock in this kernel */
static char top[] = "/tmp/glasshsm-confined-XXXXXX";

static const char *below(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

/* Each is 0, or an error number. Names are below the folder of the test. */

static int result_of(int result)
{
    return result < 0 ? errno : 0;
}

static int read_it(const char *name)
{
    char byte;
    int fd = open(below(name), O_RDONLY);
    int result = fd < 0 ? errno : result_of((int)read(fd, &byte, 1));
    if (fd >= 0)
        close(fd);
    return result;
}

static int list_it(const char *name)
{
    return result_of(open(below(name), O_RDONLY | O_DIRECTORY));
}

static int write_it(const char *name)
{
    return result_of(open(below(name), O_WRONLY | O_APPEND));
}

static int empty_it(const char *name)
{
    return result_of(truncate(below(name), 0));
}

static int make_it(const char *name)
{
    int result = result_of(open(below(name), O_WRONLY | O_CREAT | O_EXCL, 0600));
    unlink(below(name));
    return result;
}

static int remove_it(const char *name)
{
    return result_of(unlink(below(name)));
}

static int run_it(const char *name)
{
    char *arguments[] = { "true", NULL };
    (void)name;
    execve("/bin/true", arguments, NULL);
    return errno;
}

static int connect_to(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)atoi(port)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = result_of(connect(fd, (struct sockaddr *)&address, sizeof address));
    return result == ECONNREFUSED ? 0 : result; /* nobody is there: it was asked */
}

static int listen_at(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)atoi(port)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return result_of(bind(fd, (struct sockaddr *)&address, sizeof address));
}

static const struct trial {
    int (*act)(const char *what);
    const char *what;
    bool may;
    int since; /* the version of the kernel's interface that can forbid it; 0: the first */
} trials[] = {
    { read_it, "store/token.db", true },
    { write_it, "store/token.db", true },
    { empty_it, "store/token.db", true },
    { make_it, "store/token.db-wal", true },
    { remove_it, "store/token.db", true },
    { list_it, "store", true },
    { read_it, "keys/own.key", true },
    { write_it, "keys/own.key", false },
    { read_it, "keys/other.key", false },
    { list_it, "keys", false },
    { read_it, "anchors/anchor", true },
    { make_it, "anchors/anchor.new", true },
    { read_it, "ca/root.cvc", true },
    { write_it, "ca/root.cvc", false },
    { read_it, "other/token.db", false },
    { write_it, "other/token.db", false },
    { empty_it, "other/token.db", false, 3 },
    { remove_it, "other/token.db", false },
    { make_it, "other/new", false },
    { list_it, "other", false },
    { list_it, "", false },
    { read_it, "sockets/file", false },
    { make_it, "sockets/new", false },
    { run_it, "", false },
    { connect_to, "35963", true },
    { connect_to, "22", false, 4 },
    { listen_at, "35999", false, 4 },
};

static void make(const char *name)
{
    int fd = open(below(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    require(fd >= 0, "a folder, a file or a process");
    require(write(fd, "x", 1) == 1, "a folder, a file or a process");
    close(fd);
}

static void make_all(void)
{
    static const char *const folders[] = { "store", "keys", "anchors", "ca", "other", "sockets" };
    static const char *const files[] = { "store/token.db", "keys/own.key", "keys/other.key",
                                         "anchors/anchor", "ca/root.cvc",  "other/token.db",
                                         "sockets/file" };
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        mkdir(below(folders[i]), 0700);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        make(files[i]);
}

static struct config settings(void)
{
    struct config config = { .port = 35963, .name = "confined" };
    snprintf(config.folder, sizeof config.folder, "%s", below("store"));
    snprintf(config.key_file, sizeof config.key_file, "%s", below("keys/own.key"));
    snprintf(config.anchor, sizeof config.anchor, "%s", below("anchors/anchor"));
    snprintf(config.authority, sizeof config.authority, "%s", below("ca"));
    snprintf(config.socket, sizeof config.socket, "%s", below("sockets/admin.sock"));
    return config;
}

static int try_in_child(const struct trial *trial, bool confined)
{
    int status;
    pid_t child = fork();
    require(child >= 0, "a folder, a file or a process");
    if (child == 0) {
        const struct config config = settings();
        bool done = !confined;
        if (confined && (sandbox_early() < 0 || confine_files(&config, &done) < 0))
            _exit(99);
        _exit(done ? trial->act(trial->what) : NOT_POSSIBLE);
    }
    require(waitpid(child, &status, 0) == child, "a folder, a file or a process");
    require(WIFEXITED(status), "a folder, a file or a process");
    return WEXITSTATUS(status);
}

START_TEST(only_what_is_named_is_reached)
{
    const struct trial *trial = &trials[_i];
    make_all();
    ck_assert_msg(try_in_child(trial, false) == 0, "trial %d is no trial", _i);
    make_all();
    if (version < trial->since)
        return;
    int result = try_in_child(trial, true);
    ck_assert_msg(trial->may ? result == 0 : result == EACCES || result == EPERM,
                  "trial %d, %s: %d", _i, trial->what, result);
}
END_TEST

/* --- Routes out: every family, type and protocol, with every call that takes an address --- */

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static const int families[] = { AF_UNIX,  AF_INET, AF_INET6,     AF_NETLINK,      AF_PACKET, AF_ALG,
                                AF_VSOCK, AF_TIPC, AF_BLUETOOTH, 43 /* AF_SMC */, AF_KEY };
static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_RDM };
static const int flags[] = { 0, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC };
/* Of IP, and of netlink: 0, 2, 4 (of connections), 9, 15, 16. */
static const int protocols[] = {
    0, 1, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_UDPLITE, IPPROTO_RAW, IPPROTO_MPTCP,
    2, 4, 9,           15,          16,           256 /* SMC */,
};

/* What a daemon that serves may make: a socket to the reader, and one to ask whose it is. */
static bool may_be_made(int family, int type, int protocol)
{
    return (family == AF_INET && type == SOCK_STREAM &&
            (protocol == 0 || protocol == IPPROTO_TCP)) ||
           (family == AF_NETLINK && type == SOCK_DGRAM && protocol == NETLINK_SOCK_DIAG);
}

/* In the daemon's order: an ordinary user may confine himself once nothing that he starts gains
 * privileges. */
static void give_up_all(void)
{
    const struct config config = settings();
    bool done;
    require(sandbox_early() == 0, "a confined process");
    require(confine_files(&config, &done) == 0 && done, "a confined process");
    require(sandbox_filter() == 0 && sandbox_filter_start() == 0, "a confined process");
}

/* 0, or the number of the first combination that was answered otherwise, from 1. */
static int make_sockets(void)
{
    int number = 0;
    for (size_t f = 0; f < COUNT_OF(families); f++)
        for (size_t t = 0; t < COUNT_OF(types); t++)
            for (size_t p = 0; p < COUNT_OF(protocols); p++)
                for (size_t g = 0; g < COUNT_OF(flags); g++, number++) {
                    int fd = socket(families[f], types[t] | flags[g], protocols[p]);
                    bool refused = fd < 0 && errno == EPERM;
                    if (refused == may_be_made(families[f], types[t], protocols[p]))
                        return number + 1;
                    if (fd >= 0)
                        close(fd);
                }
    return 0;
}

/* The child tells through a pipe: an exit status is too small. */
static int answer_of_confined(int (*ask)(void))
{
    int answer = -1, ends[2], status;
    require(pipe(ends) == 0, "a folder, a file or a process");
    pid_t child = fork();
    require(child >= 0, "a folder, a file or a process");
    if (child == 0) {
        give_up_all();
        answer = ask();
        _exit(write(ends[1], &answer, sizeof answer) != sizeof answer);
    }
    close(ends[1]);
    require(read(ends[0], &answer, sizeof answer) == sizeof answer, "an answer");
    close(ends[0]);
    require(waitpid(child, &status, 0) == child && status == 0, "a folder, a file or a process");
    return answer;
}

START_TEST(only_two_kinds_of_socket_are_made)
{
    make_all();
    ck_assert_int_eq(answer_of_confined(make_sockets), 0);
}
END_TEST

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
};

static socklen_t fill_address(int family, int type, uint16_t port, union address *out)
{
    *out = (union address){ .any.sa_family = (sa_family_t)family };
    if (family == AF_UNIX) {
        snprintf(out->un.sun_path, sizeof out->un.sun_path, "%s/other/%d.sock", top, type);
        return sizeof out->un;
    }
    if (family == AF_INET6) {
        out->in6.sin6_port = htons(port);
        out->in6.sin6_addr = in6addr_loopback;
        return sizeof out->in6;
    }
    out->in.sin_port = htons(port);
    out->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof out->in;
}

static long send_message(int fd, union address *to, socklen_t size, int how)
{
    struct iovec bytes = { "x", 1 };
    struct msghdr message = {
        .msg_name = to, .msg_namelen = size, .msg_iov = &bytes, .msg_iovlen = 1
    };
    return sendmsg(fd, &message, how | MSG_NOSIGNAL);
}

static long call_connect(int fd, union address *to, socklen_t size)
{
    return connect(fd, &to->any, size);
}

static long call_sendto(int fd, union address *to, socklen_t size)
{
    return sendto(fd, "x", 1, MSG_NOSIGNAL, &to->any, size);
}

static long call_sendto_fast(int fd, union address *to, socklen_t size)
{
    return sendto(fd, "x", 1, MSG_NOSIGNAL | MSG_FASTOPEN, &to->any, size);
}

static long call_sendmsg(int fd, union address *to, socklen_t size)
{
    return send_message(fd, to, size, 0);
}

static long call_sendmsg_fast(int fd, union address *to, socklen_t size)
{
    return send_message(fd, to, size, MSG_FASTOPEN);
}

static long call_sendmmsg(int fd, union address *to, socklen_t size)
{
    struct iovec bytes = { "x", 1 };
    struct mmsghdr one = {
        .msg_hdr = { .msg_name = to, .msg_namelen = size, .msg_iov = &bytes, .msg_iovlen = 1 },
    };
    return sendmmsg(fd, &one, 1, MSG_NOSIGNAL);
}

typedef long route(int fd, union address *to, socklen_t size);

static route *const calls[] = { call_connect, call_sendto,       call_sendto_fast,
                                call_sendmsg, call_sendmsg_fast, call_sendmmsg };
static const int route_families[] = { AF_UNIX, AF_INET, AF_INET6 };

static bool takes_route(int family, int type, int protocol, route *call)
{
    union address to;
    int fd = socket(family, type | SOCK_NONBLOCK, protocol);
    socklen_t size = fill_address(family, type, 35999, &to);
    /* On its way, or refused by nobody's being there: it was asked. */
    bool taken = fd >= 0 && (call(fd, &to, size) >= 0 || errno == ECONNREFUSED ||
                             errno == EINPROGRESS || errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return taken;
}

static int count_routes(void)
{
    int count = 0;
    for (size_t f = 0; f < COUNT_OF(route_families); f++)
        for (size_t t = 0; t < COUNT_OF(types); t++)
            for (size_t p = 0; p < COUNT_OF(protocols); p++)
                for (size_t c = 0; c < COUNT_OF(calls); c++)
                    count += takes_route(route_families[f], types[t], protocols[p], calls[c]);
    return count;
}

static void listen_as_other_token(int type)
{
    union address at;
    socklen_t size = fill_address(AF_UNIX, type, 0, &at);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    unlink(at.un.sun_path);
    require(fd >= 0 && bind(fd, &at.any, size) == 0, "a socket");
    require(type == SOCK_DGRAM || listen(fd, 64) == 0, "a socket");
}

START_TEST(no_route_leads_elsewhere)
{
    make_all();
    listen_as_other_token(SOCK_STREAM);
    listen_as_other_token(SOCK_DGRAM);
    listen_as_other_token(SOCK_SEQPACKET);
    ck_assert(takes_route(AF_UNIX, SOCK_STREAM, 0, call_connect));
    ck_assert(takes_route(AF_INET, SOCK_STREAM, 0, call_connect));
    ck_assert(takes_route(AF_INET, SOCK_STREAM, 0, call_sendto_fast));
    ck_assert(takes_route(AF_INET, SOCK_DGRAM, 0, call_sendmsg));
    ck_assert_int_ge(count_routes(), 20);
    ck_assert_int_eq(answer_of_confined(count_routes), 0);
}
END_TEST

int main(void)
{
    const struct trial nothing = { list_it, "store", true };
    require(mkdtemp(top) != NULL, "a folder, a file or a process");
    make_all();
    if (try_in_child(&nothing, true) == NOT_POSSIBLE) {
        puts("skipped: no Landlock in this kernel, or none for this build");
        return NOT_POSSIBLE;
    }
    version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    Suite *suite = suite_create("confined");
    TCase *all = tcase_create("trials");
    tcase_add_loop_test(all, only_what_is_named_is_reached, 0, (int)COUNT_OF(trials));
    if (sandbox_filter_possible())
        tcase_add_test(all, only_two_kinds_of_socket_are_made);
    if (sandbox_filter_possible() && version >= 4)
        tcase_add_test(all, no_route_leads_elsewhere);
    suite_add_tcase(suite, all);
    int failed = run_suite(suite);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", top);
    return system(command) != 0 || failed;
}
