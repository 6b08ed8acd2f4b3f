/* SPDX-License-Identifier: Apache-2.0 */
/* The admin requests about the log, as errands (daemon/admin.h); each runs in the card thread. */
#pragma once

#include "daemon/errand.h"

errand_run order_checkpoint, order_acknowledge, order_note, order_policy, order_record_cancel;
errand_run order_consistency, order_visit;
