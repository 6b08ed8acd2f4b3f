/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program as in a container or a sandbox that forbids what private worlds and daemons are
 * made of.
 *
 *     no_namespaces HOW PROGRAM [ARGUMENT...]
 *
 * HOW is a row of the table below, or the path of a file that names, one to a line, the only system
 * calls that are left: what the system does not know of them is passed over. clone3(2) is unknown
 * there, as under most such filters: its flags lie in memory, where a filter cannot see them, and
 * the C library falls back to clone(2). */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"

static const unsigned long new_namespace[] = { CLONE_NEWUSER,  CLONE_NEWPID, CLONE_NEWNET,
                                               CLONE_NEWNS,    CLONE_NEWUTS, CLONE_NEWIPC,
                                               CLONE_NEWCGROUP };

static const uint32_t refused = SCMP_ACT_ERRNO(EPERM);

static int no_new_ones(scmp_filter_ctx filter)
{
    int error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    for (size_t i = 0; i < COUNT_OF(new_namespace) && !error; i++)
        error = seccomp_rule_add(filter, refused, SCMP_SYS(clone), 1,
                                 SCMP_A0(SCMP_CMP_MASKED_EQ, new_namespace[i], new_namespace[i]));
    return error;
}

static int no_moves(scmp_filter_ctx filter)
{
    int error = seccomp_rule_add(filter, refused, SCMP_SYS(unshare), 0);
    return error ? error : seccomp_rule_add(filter, refused, SCMP_SYS(setns), 0);
}

/* As AppArmor does it: the namespaces can be made, but are worth nothing. */
static int no_mounts(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, refused, SCMP_SYS(mount), 0);
}

static int no_network(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, refused, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET));
}

static int each_landlock(scmp_filter_ctx filter, uint32_t action)
{
    int error = seccomp_rule_add(filter, action, SCMP_SYS(landlock_create_ruleset), 0);
    if (!error)
        error = seccomp_rule_add(filter, action, SCMP_SYS(landlock_add_rule), 0);
    return error ? error : seccomp_rule_add(filter, action, SCMP_SYS(landlock_restrict_self), 0);
}

static int landlock_forbidden(scmp_filter_ctx filter)
{
    return each_landlock(filter, refused);
}

static int landlock_rules_forbidden(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, refused, SCMP_SYS(landlock_add_rule), 0);
}

static int landlock_end_forbidden(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, refused, SCMP_SYS(landlock_restrict_self), 0);
}

/* As in a kernel without it. */
static int landlock_unknown(scmp_filter_ctx filter)
{
    return each_landlock(filter, SCMP_ACT_ERRNO(ENOSYS));
}

/* As in a kernel that was booted without it. */
static int landlock_off(scmp_filter_ctx filter)
{
    return each_landlock(filter, SCMP_ACT_ERRNO(EOPNOTSUPP));
}

typedef int forbid(scmp_filter_ctx filter);

static const struct {
    const char *name;
    forbid *forbids[3];
} ways[] = {
    { "container", { no_new_ones, no_moves, landlock_forbidden } },
    { "apparmor", { no_mounts } },
    { "nothing", { no_new_ones, no_moves, no_network } },
    { "landlock-forbidden", { landlock_forbidden } },
    { "landlock-rules-forbidden", { landlock_rules_forbidden } },
    { "landlock-end-forbidden", { landlock_end_forbidden } },
    { "landlock-unknown", { landlock_unknown } },
    { "landlock-off", { landlock_off } },
};

static int load(forbid *const forbids[3])
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int error = filter ? 0 : -ENOMEM;
    for (size_t i = 0; i < 3 && forbids[i] && !error; i++)
        error = forbids[i](filter);
    if (!error)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error;
}

static int load_named(FILE *names)
{
    char name[64];
    scmp_filter_ctx filter = seccomp_init(refused);
    int error = filter ? 0 : -ENOMEM;
    while (!error && fscanf(names, "%63s", name) == 1) {
        int call = seccomp_syscall_resolve_name(name);
        if (call != __NR_SCMP_ERROR)
            error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
    }
    if (!error)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error;
}

static int run(int error, char **arguments)
{
    if (!error)
        execvp(arguments[0], arguments);
    fprintf(stderr, "no_namespaces: %s\n", strerror(error ? -error : errno));
    return 1;
}

int main(int count, char **arguments)
{
    for (size_t i = 0; i < COUNT_OF(ways) && count > 2; i++) {
        if (strcmp(arguments[1], ways[i].name) == 0)
            return run(load(ways[i].forbids), arguments + 2);
    }
    FILE *names = count > 2 ? fopen(arguments[1], "re") : NULL;
    if (names)
        return run(load_named(names), arguments + 2);
    fputs("Usage: no_namespaces HOW PROGRAM [ARGUMENT...]\n", stderr);
    return 2;
}
