/* SPDX-License-Identifier: Apache-2.0 */
/* host/world_level2: ports that are ours until pcscd listens on them, and nobody else's. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/world/world_level.h"
#include "tests/support/suite.h"

/* Whether a socket can be bound to the port, with SO_REUSEADDR as vpcd does it or without. */
static bool can_listen(uint16_t port, int reuse)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse), 0);
    bool can = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 0) == 0;
    close(fd);
    return can;
}

START_TEST(ports_come_in_pairs_and_all_are_different)
{
    struct world_ports ports = { 0 };
    ck_assert(world_level2.choose_ports(5, &ports));
    ck_assert_uint_eq(ports.holds, 6);
    for (unsigned i = 0; i < ports.holds; i += 2)
        ck_assert_uint_eq(ports.number[i] + 1U, ports.number[i + 1]);
    for (unsigned i = 0; i < ports.holds; i++)
        for (unsigned k = 0; k < i; k++)
            ck_assert_uint_ne(ports.number[i], ports.number[k]);
    world_release_ports(&ports);
}
END_TEST

START_TEST(held_port_is_for_vpcd_and_nobody_else)
{
    struct world_ports ports = { 0 };
    ck_assert(world_level2.choose_ports(2, &ports));
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(!can_listen(ports.number[i], 0));
        ck_assert(can_listen(ports.number[i], 1));
    }
    world_release_ports(&ports);
}
END_TEST

/* As many worlds as start at the same time: each holds its own while the others choose. */
START_TEST(no_two_worlds_choose_the_same)
{
    enum { WORLDS = 40 };
    struct world_ports worlds[WORLDS] = { 0 };
    for (unsigned i = 0; i < WORLDS; i++)
        ck_assert(world_level2.choose_ports(2, &worlds[i]));
    for (unsigned i = 0; i < WORLDS; i++)
        for (unsigned k = 0; k < i; k++) {
            int apart = worlds[i].number[0] - worlds[k].number[0];
            ck_assert_int_gt(apart < 0 ? -apart : apart, 1);
        }
    for (unsigned i = 0; i < WORLDS; i++)
        world_release_ports(&worlds[i]);
}
END_TEST

START_TEST(released_ports_are_free)
{
    struct world_ports ports = { 0 };
    ck_assert(world_level2.choose_ports(16, &ports));
    ck_assert_uint_eq(ports.holds, 16);
    world_release_ports(&ports);
    ck_assert_uint_eq(ports.holds, 0);
    world_release_ports(&ports);
}
END_TEST

int main(void)
{
    return RUN_TESTS("world_level", ports_come_in_pairs_and_all_are_different,
                     held_port_is_for_vpcd_and_nobody_else, no_two_worlds_choose_the_same,
                     released_ports_are_free);
}
