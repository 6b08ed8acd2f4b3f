/* SPDX-License-Identifier: Apache-2.0 */
#include "host/world/pcscd_options.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELP_MAX = 8192 };

_Noreturn static void become_help(const char *pcscd, int out)
{
    char *const arguments[] = { "pcscd", "--help", NULL };
    char *const environment[] = { NULL };
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execve(pcscd, arguments, environment);
    _exit(1);
}

/* Reads to the end, so that the writer never blocks; what exceeds the room is dropped. */
static void read_all(int from, char text[HELP_MAX])
{
    char rest[512];
    size_t size = 0;
    for (ssize_t got; (got = read(from, rest, sizeof rest)) > 0;) {
        size_t room = HELP_MAX - 1 - size;
        size_t kept = (size_t)got < room ? (size_t)got : room;
        memcpy(text + size, rest, kept);
        size += kept;
    }
    text[size] = '\0';
}

/* Whether text names the option as a whole word: --disable is not --disable-polkit. */
static bool names(const char *text, const char *option)
{
    size_t length = strlen(option);
    for (const char *at = text; (at = strstr(at, option)); at += length)
        if (strchr(" \t\n,", at[length]))
            return true;
    return false;
}

bool pcscd_has_option(const char *pcscd, const char *option)
{
    char help[HELP_MAX] = "";
    int line[2];
    if (pipe(line) < 0)
        return false;
    pid_t child = fork();
    if (child == 0)
        become_help(pcscd, line[1]);
    close(line[1]);
    if (child > 0)
        read_all(line[0], help);
    close(line[0]);
    if (child > 0)
        waitpid(child, NULL, 0);
    return names(help, option);
}
