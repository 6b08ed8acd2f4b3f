/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/world/probe.h"

#include "host/tool/cli/complain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_in(const char *folder, int length, const char *below, char out_path[PATH_MAX])
{
    int size = snprintf(out_path, PATH_MAX, "%.*s%s/glasshsmd", length, folder, below);
    return size < PATH_MAX && access(out_path, X_OK) == 0;
}

/* Looks where both are built, or where they are installed: in bin and sbin of one folder. */
static bool is_near_us(char out_path[PATH_MAX])
{
    char own[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    if (size <= 0)
        return false;
    own[size] = '\0';
    int length = (int)(strrchr(own, '/') - own);
    return is_in(own, length, "", out_path) || is_in(own, length, "/../sbin", out_path);
}

/* Looks in PATH. That alone would not do: in Debian an ordinary user's PATH names no sbin. */
static bool is_in_path(char out_path[PATH_MAX])
{
    const char *path = getenv("PATH");
    for (const char *at = path ? path : ""; *at; at += strspn(at, ":")) {
        int length = (int)strcspn(at, ":");
        if (is_in(at, length, "", out_path))
            return true;
        at += length;
    }
    return false;
}

bool tool_find_daemon(char out_path[PATH_MAX])
{
    return is_near_us(out_path) ||
           is_in(GLASSHSM_SBINDIR, sizeof GLASSHSM_SBINDIR - 1, "", out_path) ||
           is_in_path(out_path);
}

const char tool_no_daemon[] =
    "glasshsmd is neither beside glasshsm nor in ../sbin, " GLASSHSM_SBINDIR " or PATH";

/* --- Trying --- */

/* Runs in a process of its own, because the PC/SC library looks only once in a process for its
 * service. */
_Noreturn static void try_in_child(unsigned level, int told)
{
    char daemon[PATH_MAX];
    struct world world;
    struct world_reason why = { 0 };
    struct world_request request = { .daemon = daemon, .tokens = 1, .level = level, .give_up = -1 };
    snprintf(why.sentence, sizeof why.sentence, "%s", tool_no_daemon);
    int result = tool_find_daemon(daemon) ? world_start(&request, &world, &why) : WORLD_REFUSED;
    if (!result)
        world_end(&world);
    else if (write(told, &why, sizeof why) < 0)
        tool_complain(0, "%s", strerror(errno));
    _exit(result ? EXIT_FAILURE : EXIT_SUCCESS);
}

bool probe_world(unsigned level, struct world_reason *out_why)
{
    int line[2], status = -1;
    *out_why = (struct world_reason){ .sentence = "no process can be started" };
    if (pipe(line) < 0)
        return false;
    pid_t child = fork();
    if (child == 0)
        try_in_child(level, line[1]);
    close(line[1]);
    if (child > 0 && read(line[0], out_why, sizeof *out_why) < 0)
        out_why->sentence[0] = '\0';
    close(line[0]);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}
