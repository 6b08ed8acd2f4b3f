/* A snapshot is made beside the store, where this process may write whatever else the sandbox
 * forbids. The asker gets its open descriptor, and no name: a path would be his to believe. */
#include "daemon/store_orders.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/failure.h"
#include "card-os/device.h"
#include "base/clock.h"
#include "daemon/log.h"
#include "storage/snapshot.h"

static int may_be_copied(const struct power *power, bool *out)
{
    *out = power->config->allow_clone;
    return *out ? 0 : device_exportable(power->store, out);
}

static int make(const struct power *power, uint32_t uid, const char *path)
{
    const struct audit_record event = { .role = AUDIT_ADMIN,
                                        .admin_uid = uid,
                                        .ticks_us = power->env.ticks_us(power->env.context) };
    char part[PATH_MAX + 32];
    snprintf(part, sizeof part, "%s" SNAPSHOT_PART, path);
    unlink(part); /* of a daemon that was killed */
    unlink(path); /* of an order whose giver went away */
    return snapshot_make(power->store, &event, path);
}

static json_t *refuse_snapshot(struct errand *errand, int r, const char *sentence)
{
    errand->error = sentence;
    if (r < 0)
        log_fault("no_snapshot", failure_last());
    return NULL;
}

/* As a descriptor without a name. */
static int hand_over(const char *path, int *out)
{
    *out = open(path, O_RDONLY | O_CLOEXEC);
    unlink(path);
    return *out < 0 ? failure(FAULT_DISK, "the snapshot has gone") : 0;
}

json_t *order_snapshot(struct power *power, struct errand *errand)
{
    char folder[PATH_MAX], path[PATH_MAX + 16];
    bool allowed;
    uint64_t begin = now_us();
    if (power->config->ephemeral)
        return refuse_snapshot(errand, 0, "a token in memory ends with its daemon: no snapshots");
    if (!realpath(power->config->folder, folder))
        return refuse_snapshot(errand, 0, "the store's folder is out of reach");
    snprintf(path, sizeof path, "%s/" SNAPSHOT_NAME, folder);
    int r = may_be_copied(power, &allowed);
    if (!r && !allowed)
        return refuse_snapshot(errand, 0,
                               "this token was set up so that its keys never leave it; a daemon "
                               "started with --allow-clone copies it all the same");
    if (!r)
        r = make(power, errand->uid, path);
    if (!r)
        r = hand_over(path, &errand->file);
    if (r)
        return refuse_snapshot(errand, r,
                               r == STORE_FULL ? "no space is left for the snapshot"
                                               : "it failed; the daemon's own log tells why");
    return json_pack("{s:b,s:I,s:I}", "snapshot", 1, "records",
                     (json_int_t)store_facts(power->store).log_size, "us",
                     (json_int_t)(now_us() - begin));
}
