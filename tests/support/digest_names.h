/* SPDX-License-Identifier: Apache-2.0 */
/* Digests as vectors name them. */
#pragma once

#include "crypto/hash.h"

/* DIGEST_NONE for a name that is none of ours. */
enum digest digest_named(const char *name);
