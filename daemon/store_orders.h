/* SPDX-License-Identifier: Apache-2.0 */
/* The admin requests about the store, as errands (daemon/admin.h); each runs in the card thread. */
#pragma once

#include "daemon/errand.h"

errand_run order_snapshot;
