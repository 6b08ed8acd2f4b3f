/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/private_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/bench.h"

void private_world_start(const char *daemon, const char *store, struct world *out)
{
    private_world_start_level(daemon, store, 0, out);
}

void private_world_start_level(const char *daemon, const char *store, unsigned level,
                               struct world *out)
{
    int never[2]; /* nobody gives up */
    struct world_reason reason;
    bench_require(pipe2(never, O_CLOEXEC) == 0, "pipe");
    const struct world_request request = {
        .daemon = daemon, .tokens = 1, .stores = { store }, .level = level, .give_up = never[0]
    };
    if (world_start(&request, out, &reason) != 0) {
        fputs(reason.messages, stderr);
        bench_skip(reason.sentence);
    }
    setenv("PCSCLITE_CSOCK_NAME", out->socket, true);
    close(never[0]);
    close(never[1]);
}
