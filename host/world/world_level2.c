/* SPDX-License-Identifier: Apache-2.0 */
/* A world without namespaces.
 *
 * vpcd can only listen on all addresses. Its ports are chosen among the free ones, and bound by us
 * until it listens: it sets SO_REUSEADDR, so that it may bind them as well, and nobody else who
 * asks for a free port is given them, nor another world.
 *
 * pcscd would make /run/pcscd and write its pid file there, which may be the machine's; as a
 * superuser it would succeed. And it would take real readers, whose drivers it looks for in a
 * compiled-in folder. A system-call filter keeps it from both: it may not make, change or remove
 * any file, and it finds every folder empty. Its socket was made for it. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/world/world_readers.h"
#include "host/world/world_level.h"

enum { PORT_TRIES = 100 };

/* --- Ports --- */

/* Binds a port that nobody else has; 0 chooses any free one. -1 when there is none. */
static int hold_port(uint16_t port, uint16_t *out_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    /* SO_REUSEADDR is set only after bind(): before, we would share a port that another world
     * holds. */
    if (bind(fd, (struct sockaddr *)&address, size) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) == 0) {
        *out_port = ntohs(address.sin_port);
        return fd;
    }
    close(fd);
    return -1;
}

/* Holds two ports in a row: vpcd uses for its second reader the port after the one it is told. */
static bool hold_pair(struct world_ports *ports)
{
    uint16_t first, second;
    int one = hold_port(0, &first);
    int other = one < 0 || first == UINT16_MAX ? -1 : hold_port((uint16_t)(first + 1), &second);
    if (other < 0) {
        if (one >= 0)
            close(one);
        return false;
    }
    ports->number[ports->holds] = first;
    ports->held[ports->holds++] = one;
    ports->number[ports->holds] = second;
    ports->held[ports->holds++] = other;
    return true;
}

static bool choose_ports(unsigned tokens, struct world_ports *out)
{
    for (unsigned tries = 0; out->holds < tokens; tries += !hold_pair(out))
        if (tries == PORT_TRIES)
            return false;
    return true;
}

void world_release_ports(struct world_ports *ports)
{
    while (ports->holds)
        close(ports->held[--ports->holds]);
}

/* --- pcscd --- */

/* These calls do nothing and report success: pcscd would not start without its folder. */
static const int pretended[] = {
    SCMP_SYS(mkdir),  SCMP_SYS(mkdirat),  SCMP_SYS(chmod), SCMP_SYS(fchmod),   SCMP_SYS(fchmodat),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rmdir), SCMP_SYS(getdents), SCMP_SYS(getdents64),
};

static bool fill(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp makes_a_file = SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT);
    const struct scmp_arg_cmp makes_one_too = SCMP_A1(SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT);
    const uint32_t refused = SCMP_ACT_ERRNO(EACCES);
    int error = seccomp_rule_add(filter, refused, SCMP_SYS(openat), 1, makes_a_file);
    if (!error)
        error = seccomp_rule_add(filter, refused, SCMP_SYS(open), 1, makes_one_too);
    for (size_t i = 0; i < COUNT_OF(pretended) && !error; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(0), pretended[i], 0);
    errno = -error;
    return error == 0;
}

static bool confine_pcscd(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter || !fill(filter))
        return false;
    int error = seccomp_load(filter); /* sets no_new_privs, too */
    seccomp_release(filter);
    errno = -error;
    return error == 0;
}

/* --- Settling and entering: nothing to do without namespaces --- */

static bool settle(pid_t first)
{
    (void)first;
    return true;
}

static bool enter(void)
{
    return true;
}

static const char *forbidden_by(void)
{
    return "a world without namespaces needs TCP ports of its own and a system-call filter for "
           "pcscd; allow socket(2), bind(2) and seccomp(2)";
}

const struct world_level world_level2 = {
    .number = 2,
    .choose_ports = choose_ports,
    .fork_first = fork,
    .settle = settle,
    .enter = enter,
    .confine_pcscd = confine_pcscd,
    .forbidden_by = forbidden_by,
};
