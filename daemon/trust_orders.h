/* SPDX-License-Identifier: Apache-2.0 */
/* The admin requests about root certificates, as errands (daemon/admin.h); each runs in the card
 * thread. */
#pragma once

#include "daemon/errand.h"

errand_run order_roots, order_trust, order_distrust;
