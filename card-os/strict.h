/* SPDX-License-Identifier: Apache-2.0 */
/* The setting `strict`, kept sealed in the store: the card does without its extensions, which are
 * what no hardware of the family has (protocol.md 17). The setting narrows what a host can ask for,
 * and never what an owner has asked for: a token is not strict while its audit is forced.
 *
 * Everything that a strict card refuses or leaves out asks strict_forbids() or
 * strict_forbids_key(); the setting itself is read in strict.c alone (tests/layers.toml). */
#pragma once

#include "base/results.h"
#include "card-os/state.h"

enum { STRICT_FORCED = RESULTS_STRICT }; /* positive result: the audit policy is forced */

/* Whether the setting is on in this store. Any fault of the store. */
MUST_CHECK int strict_load(struct store *store, bool *out);
/* Sets and records it, in a transaction of its own; nothing where it is so already. uid: who asks.
 * STRICT_FORCED, STORE_FULL. */
MUST_CHECK int strict_set(const struct env *env, bool on, uint32_t uid);
/* Whether the setting could be switched on: the audit is not forced. */
bool strict_possible(const struct store *store);

/* Power-on: the card takes the setting over from the store. Any fault of the store. */
MUST_CHECK int strict_power_on(struct card *card, struct store *store);
/* Whether this card was powered on strict. */
bool strict_is_on(const struct card *card);

/* What a card has beyond the hardware. strict.c says of each what it is. */
enum extension {
    EXTENSION_COMMANDS, /* rows of commands.c with the trait EXTENSION */
    EXTENSION_CLEARED_PIN,
    EXTENSION_LOG_FILES,
    EXTENSION_LONG_RSA,
    EXTENSION_RAW_CURVES,
    EXTENSION_SIGN_AGAIN,
    EXTENSIONS
};
/* Whether this card does without the extension. */
bool strict_forbids(const struct card *card, enum extension extension);
/* Whether this card does without keys of this kind and size. */
bool strict_forbids_key(const struct card *card, const struct key_spec *spec);
/* One line for the documentation. */
const char *strict_extension_text(enum extension extension);
