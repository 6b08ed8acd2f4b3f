/* SPDX-License-Identifier: Apache-2.0 */
/* The request snapshot: a copy of the store, made beside it, because the sandbox lets this process
 * write nowhere else. The client gets an open descriptor of a file without a name, so that it has
 * no path to trust. */
#include "daemon/store_orders.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "card-os/device.h"
#include "daemon/log.h"
#include "storage/snapshot.h"

static int may_be_copied(const struct power *power, bool *out)
{
    *out = power->config->allow_clone;
    return *out ? 0 : device_exportable(power->store, out);
}

static int begin(struct power *power, const char *path)
{
    int r = destroy_leftovers(power->config->folder);
    return r ? r : snapshot_begin(power->store, path, &power->snapshot);
}

static int finish(const struct power *power, uint32_t uid)
{
    const struct audit_record event = { .role = AUDIT_ADMIN,
                                        .admin_uid = uid,
                                        .ticks_us = power->env.ticks_us(power->env.context) };
    return snapshot_finish(power->snapshot, &event);
}

static json_t *refuse_snapshot(struct errand *errand, int r, const char *sentence)
{
    errand->error = sentence;
    if (r < 0)
        log_fault("no_snapshot", failure_last());
    return NULL;
}

/* Opens the snapshot and removes its name. */
static int hand_over(const char *path, int *out)
{
    *out = open(path, O_RDONLY | O_CLOEXEC);
    unlink(path);
    return *out < 0 ? failure(FAULT_DISK, "the snapshot has gone") : 0;
}

static json_t *snapshot_failed(struct power *power, struct errand *errand, int r)
{
    snapshot_drop(&power->snapshot);
    return refuse_snapshot(errand, r,
                           r == STORE_FULL ? "no space is left for the snapshot"
                                           : "it failed; the daemon's own log tells why");
}

/* Why a snapshot cannot be made now, as a sentence; NULL: it can. */
static const char *reason_against(const struct power *power, int *out_result)
{
    bool allowed = true;
    *out_result = 0;
    if (power->config->ephemeral)
        return "a token in memory ends with its daemon: no snapshots";
    if (power->snapshot)
        return "another snapshot is being made; try again";
    *out_result = may_be_copied(power, &allowed);
    if (*out_result)
        return "it failed; the daemon's own log tells why";
    return allowed ? NULL
                   : "this token was set up so that its keys never leave it; a daemon "
                     "started with --allow-clone copies it all the same";
}

static bool snapshot_path(const struct power *power, char out[PATH_MAX + 16])
{
    char folder[PATH_MAX];
    bool reached = realpath(power->config->folder, folder);
    if (reached)
        snprintf(out, PATH_MAX + 16, "%s/" SNAPSHOT_NAME, folder);
    return reached;
}

/* Is run again for each step (errand.h). */
json_t *order_snapshot(struct power *power, struct errand *errand)
{
    char path[PATH_MAX + 16];
    bool begun = power->snapshot && power->snapshot_of == errand;
    int r = 0;
    const char *reason = begun ? NULL : reason_against(power, &r);
    if (!reason && !snapshot_path(power, path))
        reason = "the store's folder is out of reach";
    if (reason)
        return refuse_snapshot(errand, r, reason);
    if (!begun) {
        power->snapshot_of = errand;
        errand->begun_us = now_us();
        r = begin(power, path);
    }
    if (!r)
        r = snapshot_step(power->snapshot);
    errand->again = r == SNAPSHOT_MORE;
    if (errand->again)
        return NULL;
    if (!r)
        r = finish(power, errand->uid);
    if (!r)
        r = hand_over(path, &errand->file);
    if (r)
        return snapshot_failed(power, errand, r);
    snapshot_drop(&power->snapshot);
    return json_pack("{s:b,s:I,s:I}", "snapshot", 1, "records",
                     (json_int_t)store_facts(power->store).log_size, "us",
                     (json_int_t)(now_us() - errand->begun_us));
}
