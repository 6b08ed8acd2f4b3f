/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

void program_run(void *context)
{
    const struct program *program = context;
    char *const *arguments = program->arguments;
    pid_t pid;
    int status;
    posix_spawn_file_actions_t silence;
    posix_spawn_file_actions_init(&silence);
    posix_spawn_file_actions_addopen(&silence, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&silence, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    bench_require(posix_spawnp(&pid, arguments[0], &silence, NULL, arguments, environ) == 0,
                  arguments[0]);
    posix_spawn_file_actions_destroy(&silence);
    bench_require(waitpid(pid, &status, 0) == pid && (status == 0 || program->may_fail),
                  arguments[0]);
}
