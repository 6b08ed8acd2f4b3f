/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/failure.h"
#include "base/path.h"

/* Constants of landlock(7); the kernel header of an older system lacks some. */
enum {
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REMOVE_FILE = 1 << 5,
    MAKE_REG = 1 << 8,
    MAKE_SOCK = 1 << 9,
    TRUNCATE = 1 << 14,
    BIND_TCP = 1 << 0,
    CONNECT_TCP = 1 << 1,
    SCOPE_SIGNAL = 1 << 1,
    RULE_NET_PORT = 2,
};

/* The rights that each version of the Landlock interface adds to those of the version before. */
static const struct {
    uint64_t files, network, scopes;
} versions[] = {
    { (1 << 13) - 1, 0, 0 }, /* 1: execute, write, read, list, remove, make files of any kind */
    { 1 << 13, 0, 0 },       /* 2: move between folders */
    { TRUNCATE, 0, 0 },      /* 3 */
    { 0, BIND_TCP | CONNECT_TCP, 0 }, /* 4 */
    { 1 << 15, 0, 0 },                /* 5: ioctl(2) on devices */
    { 0, 0, SCOPE_SIGNAL },           /* 6: signals to processes outside the sandbox */
};

struct ruleset_attr {
    uint64_t files, network, scopes;
};

struct net_port_attr {
    uint64_t allowed, port;
};

enum {
    LOOK = READ_FILE | READ_DIR,
    KEEP = LOOK | WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE, /* a store */
    SERVE = READ_DIR | MAKE_SOCK | REMOVE_FILE,                   /* an admin socket */
};

/* Anything else than these is no word of the kernel's: somebody forbids the calls. */
static bool is_not_there(int error)
{
    return error == ENOSYS || error == EOPNOTSUPP; /* built without it; switched off at boot */
}

/* Makes a ruleset of the newest version that both the kernel and we know: the size of the structure
 * tells it which version is meant. -1: errno tells why there is none. */
static int make_ruleset(struct ruleset_attr *out)
{
    static const size_t sizes[] = { 8, 8, 8, 16, 16, 24 };
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    *out = (struct ruleset_attr){ 0 };
    if (version < 1)
        return -1; /* never 0 */
    size_t known = (size_t)version < COUNT_OF(versions) ? (size_t)version : COUNT_OF(versions);
    for (size_t i = 0; i < known; i++) {
        out->files |= versions[i].files;
        out->network |= versions[i].network;
        out->scopes |= versions[i].scopes;
    }
    return (int)syscall(SYS_landlock_create_ruleset, out, sizes[known - 1], 0);
}

/* --- Rules --- */

struct rules {
    int set;
    struct ruleset_attr handled;
    int error; /* the first one */
};

static void add_rule(struct rules *rules, int kind, const void *rule)
{
    if (syscall(SYS_landlock_add_rule, rules->set, kind, rule, 0) < 0 && !rules->error)
        rules->error = errno;
}

/* Allows rights on path. A path that does not exist needs no rule; a file gets none of the rights
 * that only a folder has. */
static void allow(struct rules *rules, const char *path, uint64_t rights)
{
    struct stat facts;
    SCOPED(close_fd) int fd = *path ? open(path, O_PATH | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &facts) < 0)
        return;
    if (!S_ISDIR(facts.st_mode))
        rights &= READ_FILE | WRITE_FILE | TRUNCATE;
    struct landlock_path_beneath_attr rule = { .allowed_access = rights & rules->handled.files,
                                               .parent_fd = fd };
    add_rule(rules, LANDLOCK_RULE_PATH_BENEATH, &rule);
}

static void allow_folder_of(struct rules *rules, const char *path, uint64_t rights)
{
    char folder[PATH_MAX];
    if (*path && path_folder(path, folder, sizeof folder))
        allow(rules, folder, rights);
}

static void allow_credential(struct rules *rules, const struct config *config)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (*config->credential && folder)
        allow(rules, folder, LOOK);
}

static void allow_port(struct rules *rules, uint32_t port)
{
    struct net_port_attr rule = { CONNECT_TCP, port };
    if (rules->handled.network)
        add_rule(rules, RULE_NET_PORT, &rule);
}

static void allow_what_is_named(struct rules *rules, const struct config *config)
{
    char socket[CONFIG_TEXT_MAX + 32];
    config_socket_path(config, socket, sizeof socket);
    allow(rules, config->folder, KEEP);
    allow(rules, config->key_file, READ_FILE);
    allow(rules, config->passphrase_file, READ_FILE);
    allow_credential(rules, config);
    allow_folder_of(rules, config->anchor, KEEP);
    allow(rules, config->authority, LOOK);
    allow_folder_of(rules, socket, SERVE);
    allow(rules, "/proc", LOOK); /* reader_owner.c reads who owns a connection there */
    allow_port(rules, config->port);
}

static int refused(const char *call, int error)
{
    return failure(FAULT_LIBRARY,
                   "cannot give up files: %s: %s; allow landlock_*, or set sandbox.files = no",
                   call, strerror(error));
}

int confine_files(const struct config *config, bool *out_confined)
{
    struct rules rules = { 0 };
    *out_confined = false;
    if (!FILES_CONFINABLE)
        return 0;
    SCOPED(close_fd) int set = make_ruleset(&rules.handled);
    if (set < 0)
        return is_not_there(errno) ? 0 : refused("landlock_create_ruleset", errno);
    rules.set = set;
    allow_what_is_named(&rules, config);
    if (rules.error)
        return refused("landlock_add_rule", rules.error);
    if (syscall(SYS_landlock_restrict_self, set, 0) < 0)
        return refused("landlock_restrict_self", errno);
    *out_confined = true;
    return 0;
}
