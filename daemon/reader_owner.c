#include "daemon/reader_owner.h"

#include <netinet/in.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"

/* The other end of ours: what it calls local and remote, as the kernel's tables print them (an
 * address is a number in the host's order of bytes). A socket of both protocols is in the table of
 * IPv6, with mapped addresses. */
static const struct {
    const char *path, *prefix;
} tables[] = {
    { "/proc/self/net/tcp", "" },
    { "/proc/self/net/tcp6", "0000000000000000FFFF0000" },
};

enum { ESTABLISHED = 1, END_SIZE = 48 };

static void print_end(const struct sockaddr_in *end, const char *prefix, char out[END_SIZE])
{
    snprintf(out, END_SIZE, "%s%08X:%04X", prefix, end->sin_addr.s_addr, ntohs(end->sin_port));
}

/* Without an inode it was not accepted yet, or is closed already: its user is not told then. */
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

static bool find_in(size_t table, const struct sockaddr_in *local, const struct sockaddr_in *remote,
                    uint32_t *out_user)
{
    char row[256], local_text[END_SIZE], remote_text[END_SIZE];
    bool found = false;
    FILE *rows = fopen(tables[table].path, "re");
    if (!rows)
        return false;
    print_end(local, tables[table].prefix, local_text);
    print_end(remote, tables[table].prefix, remote_text);
    while (!found && fgets(row, sizeof row, rows))
        found = read_row(row, local_text, remote_text, out_user);
    fclose(rows);
    return found;
}

static bool find_owner(int fd, uint32_t *out_user)
{
    struct sockaddr_in here, there;
    socklen_t size = sizeof here;
    if (getsockname(fd, (struct sockaddr *)&here, &size) < 0 || here.sin_family != AF_INET)
        return false;
    size = sizeof there;
    if (getpeername(fd, (struct sockaddr *)&there, &size) < 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (find_in(i, &there, &here, out_user))
            return true;
    return false;
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
