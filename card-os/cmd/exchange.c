/* SPDX-License-Identifier: Apache-2.0 */
/* DECIPHER with algorithm 84: the agreement that gives a group's domain its secret (protocol.md
 * 9.2). */
#include "card-os/call.h"
#include "card-os/exchange.h"

#include "card-os/cmd/cmd.h"
#include "card-os/files.h"

static sw exchange(struct call *c, struct span request)
{
    SCOPED(domain_wipe) struct domain domain = { 0 };
    sw s = exchange_run(c, c->apdu.p1, request, &domain);
    domain_write_status(&domain, &c->out);
    return s;
}

sw cmd_exchange(struct call *c)
{
    return exchange(c, c->apdu.data);
}

/* The request is in the work file: hosts write there what is too long for a short command. */
sw cmd_exchange_work_file(struct call *c)
{
    int r = file_load(c, FILE_WORK, &c->scratch);
    if (r == STORE_ABSENT)
        return SW_FILE_NOT_FOUND;
    return r ? call_status(c, r) : exchange(c, written(&c->scratch));
}
