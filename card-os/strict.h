/* The setting `strict`, kept sealed in the store: the card does without what no hardware of the
 * family has (protocol.md 17). It narrows what a host can ask for, and never what an owner has
 * asked for: with a forced audit it does not go together. */
#pragma once

#include "card-os/state.h"

enum { STRICT_FORCED = 170 }; /* positive result: the audit policy is forced */

MUST_CHECK int strict_load(struct store *store, bool *out);
/* Sets and records it, in a transaction of its own; nothing where it is so already. uid: who asks.
 * STRICT_FORCED, STORE_FULL. */
MUST_CHECK int strict_set(const struct env *env, bool on, uint32_t uid);
/* Whether it could be switched on. */
bool strict_possible(const struct store *store);

/* Whether the card does without keys of this kind: strict, and on an Edwards or Montgomery curve or
 * longer than the hardware's. */
bool strict_forbids_key(const struct card *card, const struct key_spec *spec);
