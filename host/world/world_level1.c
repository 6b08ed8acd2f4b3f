/* SPDX-License-Identifier: Apache-2.0 */
/* A world in user, PID and network namespaces; pcscd has a mount namespace too.
 *
 * pcscd's pid file has a compiled-in name below /run/pcscd, and it must not touch the machine's: so
 * it finds an empty /run. The same namespace hides the drivers of USB readers: the private pcscd
 * would otherwise take real readers away from the machine's own. */
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/world/namespaces.h"
#include "host/world/paths.h"
#include "host/world/world_level.h"

#define VPCD_PORT 35963

/* The network is the world's own: all ports are free. */
static bool choose_ports(unsigned tokens, struct world_ports *out)
{
    for (unsigned i = 0; i < tokens; i++)
        out->number[i] = (uint16_t)(VPCD_PORT + i);
    return true;
}

static bool loopback_up(void)
{
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return up;
}

static bool hide_the_machine(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") == 0 &&
           mount(VPCD_DRIVERS, PCSCD_DRIVERS, NULL, MS_BIND, NULL) == 0;
}

const struct world_level world_level1 = {
    .number = 1,
    .choose_ports = choose_ports,
    .fork_first = namespaces_fork,
    .settle = namespaces_settle,
    .enter = loopback_up,
    .confine_pcscd = hide_the_machine,
    .forbidden_by = namespaces_forbidden_by,
};
