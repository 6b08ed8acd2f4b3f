/* What the admin orders of the log (daemon/admin.h); each runs in the card thread. */
#pragma once

#include "daemon/errand.h"

errand_run order_checkpoint, order_acknowledge, order_note, order_policy, order_record_cancel;
errand_run order_consistency, order_visit;

/* Records what an admin did; durable. digest: at most 32 bytes, for the record's. STORE_FULL. */
MUST_CHECK int order_record(struct power *power, enum audit_action action, uint32_t uid,
                            struct span digest);
/* The same for reading the log, which goes on though there be no space for the record. */
MUST_CHECK int order_record_reading(struct power *power, uint32_t uid);
