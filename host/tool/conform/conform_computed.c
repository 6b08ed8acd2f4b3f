/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: the table of computed conversations. */
#include "host/tool/conform/conform_computed.h"

#include "host/tool/conform/conform_certificates.h"

/* The order matters: the first two make what the others need. */
static const struct talk_row rows[] = {
    { "device (computed)", "6.2", 6, conform_device },
    { "keys (computed)", "4 3.1", 19, conform_keys },
    { "channel (computed)", "11.3", 25, conform_channel },
    { "channel, login (computed)", "11.3", 30, conform_channel_login },
    { "channel, forms (computed)", "11.3", 22, conform_channel_forms },
    { "channel, altered (computed)", "11.3", 79, conform_channel_altered },
    { "session PIN (computed)", "4 3.6", 10, conform_session_pin },
    { "custodians (computed)", "10.1", 33, conform_custodians },
    { "signatures (computed)", "10.3", 37, conform_signatures },
    { "registration (computed)", "10.1", 26, conform_registration },
    { "certificates (computed)", "11.1", 24, conform_certificates },
    { "custodians and PIN (computed)", "10.3", 23, conform_together },
    { "custodians alone (computed)", "10.3", 17, conform_no_pin },
    { "replacing (computed)", "10.1", 25, conform_replacing },
    { "memberships (computed)", "9.2", 22, conform_memberships },
    { "group (computed)", "9.2", 40, conform_group },
};

unsigned conform_computed_cases(void)
{
    unsigned cases = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cases += rows[i].cases;
    return cases;
}

int conform_play_computed(struct conform *p)
{
    SCOPED(talk_certificates_wipe) struct talk_certificates papers = { 0 };
    int result = 0;
    for (size_t i = 0; i < COUNT_OF(rows) && !result; i++)
        result = talk_run(p, &papers, &rows[i]);
    return result;
}
