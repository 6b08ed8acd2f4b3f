/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/reader_owner.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"

/* A connection seen from its other end, whose address is `local`. */
struct connection {
    struct sockaddr_in local, remote;
};

enum { ESTABLISHED = 1 };

/* --- Asking the kernel about one connection: sock_diag(7) --- */

struct question {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
};

/* An entry without an inode is a connection that was not accepted yet or is closed already; its
 * user is not known then. */
static bool read_answer(const uint8_t *bytes, size_t size, uint32_t *out_user)
{
    struct nlmsghdr head;
    struct inet_diag_msg body;
    if (size < NLMSG_HDRLEN + sizeof body)
        return false;
    memcpy(&head, bytes, sizeof head);
    memcpy(&body, bytes + NLMSG_HDRLEN, sizeof body);
    *out_user = body.idiag_uid;
    return head.nlmsg_type == SOCK_DIAG_BY_FAMILY && body.idiag_state == ESTABLISHED &&
           body.idiag_inode;
}

enum answer { NOT_THERE, FOUND, NO_ANSWER /* the kernel, or a sandbox, does not let us ask */ };

static enum answer ask_kernel(int netlink, const struct connection *about, uint32_t *out_user)
{
    uint8_t answer[1024];
    struct question question = {
        .head = { .nlmsg_len = sizeof question,
                  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                  .nlmsg_flags = NLM_F_REQUEST },
        .body = { .sdiag_family = AF_INET,
                  .sdiag_protocol = IPPROTO_TCP,
                  .idiag_states = ~0U,
                  .id = { .idiag_sport = about->local.sin_port,
                          .idiag_dport = about->remote.sin_port,
                          .idiag_src = { about->local.sin_addr.s_addr },
                          .idiag_dst = { about->remote.sin_addr.s_addr },
                          .idiag_cookie = { ~0U, ~0U } } },
    };
    if (send(netlink, &question, sizeof question, 0) != sizeof question)
        return NO_ANSWER;
    ssize_t size = recv(netlink, answer, sizeof answer, MSG_DONTWAIT); /* answered already */
    struct nlmsghdr head;
    if (size < (ssize_t)sizeof(struct nlmsghdr))
        return NO_ANSWER;
    memcpy(&head, answer, sizeof head);
    if (head.nlmsg_type == NLMSG_ERROR)
        return NO_ANSWER;
    return read_answer(answer, (size_t)size, out_user) ? FOUND : NOT_THERE;
}

static enum answer find_by_question(const struct connection *about, uint32_t *out_user)
{
    int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0)
        return NO_ANSWER;
    enum answer answer = ask_kernel(netlink, about, out_user);
    close(netlink);
    return answer;
}

/* --- The tables of all connections: slower, for kernels without an answer --- */

/* How an address is written in these tables: as a number in the host's byte order. A socket for
 * both protocols is in the table of IPv6, with mapped addresses. */
static const struct {
    const char *path, *prefix;
} tables[] = {
    { "/proc/self/net/tcp", "" },
    { "/proc/self/net/tcp6", "0000000000000000FFFF0000" },
};

enum { END_SIZE = 48 };

static void print_end(const struct sockaddr_in *end, const char *prefix, char out[END_SIZE])
{
    snprintf(out, END_SIZE, "%s%08X:%04X", prefix, end->sin_addr.s_addr, ntohs(end->sin_port));
}

/* Takes the user from a row of the table; as in read_answer(), a row without an inode has none. */
static bool read_row(const char *row, const char *local, const char *remote, uint32_t *out_user)
{
    char its_local[END_SIZE], its_remote[END_SIZE];
    unsigned state, user;
    unsigned long inode;
    int got = sscanf(row, " %*u: %47s %47s %x %*s %*s %*s %u %*u %lu", its_local, its_remote,
                     &state, &user, &inode);
    *out_user = user;
    return got == 5 && state == ESTABLISHED && inode && strcmp(its_local, local) == 0 &&
           strcmp(its_remote, remote) == 0;
}

static bool find_in(size_t table, const struct connection *about, uint32_t *out_user)
{
    char row[256], local[END_SIZE], remote[END_SIZE];
    bool found = false;
    FILE *rows = fopen(tables[table].path, "re");
    if (!rows)
        return false;
    print_end(&about->local, tables[table].prefix, local);
    print_end(&about->remote, tables[table].prefix, remote);
    while (!found && fgets(row, sizeof row, rows))
        found = read_row(row, local, remote, out_user);
    fclose(rows);
    return found;
}

static bool find_in_tables(const struct connection *about, uint32_t *out_user)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (find_in(i, about, out_user))
            return true;
    return false;
}

/* --- Either --- */

static bool find_owner(int fd, uint32_t *out_user)
{
    struct connection about;
    socklen_t size = sizeof about.remote;
    if (getsockname(fd, (struct sockaddr *)&about.remote, &size) < 0 ||
        about.remote.sin_family != AF_INET)
        return false;
    size = sizeof about.local;
    if (getpeername(fd, (struct sockaddr *)&about.local, &size) < 0)
        return false;
    enum answer answer = find_by_question(&about, out_user);
    return answer == NO_ANSWER ? find_in_tables(&about, out_user) : answer == FOUND;
}

uint32_t reader_owner_find(const char *user)
{
    char *end;
    uint32_t found = UINT32_MAX;
    unsigned long number = strtoul(user, &end, 10);
    if (*user && !*end && number < UINT32_MAX)
        return (uint32_t)number;
    FILE *users = fopen("/etc/passwd", "re");
    for (struct passwd *row; users && found == UINT32_MAX && (row = fgetpwent(users));)
        if (strcmp(row->pw_name, user) == 0)
            found = row->pw_uid;
    if (users)
        fclose(users);
    return found;
}

bool reader_owner_trusted(int fd, uint32_t user)
{
    uint32_t owner;
    if (!find_owner(fd, &owner))
        return false;
    return owner == 0 || owner == geteuid() || (owner == user && user != UINT32_MAX);
}
