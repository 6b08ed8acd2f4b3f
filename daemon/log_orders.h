/* The admin requests about the log, as errands (daemon/admin.h); each runs in the card thread. */
#pragma once

#include "daemon/errand.h"

errand_run order_checkpoint, order_acknowledge, order_note, order_policy, order_record_cancel;
errand_run order_consistency, order_visit;

/* Appends a record of what the admin `uid` did, durably. digest: at most 32 bytes, for the record's
 * digest. STORE_FULL. */
MUST_CHECK int order_record(struct power *power, enum audit_action action, uint32_t uid,
                            struct span digest);
/* Records that the admin `uid` reads the log. A full store gives 0: the log may be read without the
 * record then. */
MUST_CHECK int order_record_reading(struct power *power, uint32_t uid);
