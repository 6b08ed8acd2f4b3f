/* The device identity: device key, its card-verifiable certificate, and the chain to a root. */
#pragma once

#include "card-os/env.h"

/* Gives a new, empty store its identity: a root, an issuer (DICA) and the device key, the chain in
 * 2F02, the stand-in's label in 2F03, and the STORE_CREATED record; one transaction. The private
 * keys of root and issuer are wiped afterwards. */
MUST_CHECK int device_personalise(const struct env *env);
