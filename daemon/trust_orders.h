/* What the admin orders of trusted roots (daemon/admin.h); each runs in the card thread. */
#pragma once

#include "daemon/errand.h"

errand_run order_roots, order_trust, order_distrust;
