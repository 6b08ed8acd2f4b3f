/* SPDX-License-Identifier: Apache-2.0 */
/* The records of what an admin did: a client of the admin socket, told by its process's user. Used
 * in the card thread. */
#pragma once

#include "daemon/power.h"
#include "storage/audit.h"

/* Appends a record of what the admin `uid` did, durably. digest: at most 32 bytes, for the record's
 * digest. STORE_FULL. */
MUST_CHECK int admin_record(struct power *power, enum audit_action action, uint32_t uid,
                            struct span digest);
/* Records that the admin `uid` reads the log. A full store gives 0: the log may be read without the
 * record then. */
MUST_CHECK int admin_record_reading(struct power *power, uint32_t uid);

/* The same in parts, for what is recorded in the transaction that does it. admin_event() makes the
 * record; admin_conclude() ends the transaction: commits it if r is 0, else rolls it back. */
MUST_CHECK int admin_event(const struct power *power, enum audit_action action, uint32_t uid,
                           struct audit_record *out);
MUST_CHECK int admin_conclude(struct power *power, int r);
