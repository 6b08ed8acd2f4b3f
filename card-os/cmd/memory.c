/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory is free: the query form of INITIALIZE DEVICE, and the query of a Python client
 * that was written for another emulation (protocol.md sections 4 and 12.1). */
#include "card-os/call.h"
#include "card-os/capacity.h"
#include "card-os/cmd/cmd.h"
#include "card-os/device.h"

/* Answers with free memory, platform and version. */
sw cmd_device_facts(struct call *c)
{
    struct usage usage;
    int r = capacity_usage(c, &usage);
    if (r)
        return call_status(c, r);
    write_u32(&c->out, capacity_free(c->card, &usage));
    write_span(&c->out, device_version);
    return SW_OK;
}

static uint32_t told(uint64_t size)
{
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

/* Answers with memory free, used and in total, the number of files, and the size of the medium,
 * which is told as the total. */
sw cmd_memory(struct call *c)
{
    struct usage usage;
    int r = capacity_usage(c, &usage);
    if (r)
        return call_status(c, r);
    uint32_t free = capacity_free(c->card, &usage);
    uint32_t total = told(usage.used + free);
    write_u32(&c->out, free);
    write_u32(&c->out, told(usage.used));
    write_u32(&c->out, total);
    write_u32(&c->out, usage.files);
    write_u32(&c->out, total);
    return SW_OK;
}
