/* PIN-bound keys. A device that was initialised so (env.pin_bound) has a random binding key, under
 * which the material of every key is sealed once more. It is stored only wrapped: once under the
 * user PIN, once under the SO-PIN (so that a new user PIN can be set), both stretched
 * (store_stretch_pin). Whoever has the store and what unlocks it has no key without a PIN.
 *
 * The card holds the binding key while the user's PIN is verified, and no longer; with it go the keys that it made live. A login without
 * the PIN, by custodians alone, gives no use of such keys. */
#pragma once

#include "base/results.h"
#include "card-os/state.h"

struct call;

/* Stages that the binding key which the command came to know is kept for the session; nothing where
 * keys are not bound. FAULT_MEMORY. */
MUST_CHECK int binding_keep(struct call *c);
/* Whether the session, as the command sees it, holds the binding key. */
bool binding_held(const struct call *c);

/* Seals the material of a key; only while the binding key is held. */
void binding_seal(const struct call *c, uint8_t id, struct span material, struct writer *out);
/* BINDING_ABSENT: the binding key is not held. FAULT_BROKEN: sealed under another, or for another
 * key. */
enum { BINDING_ABSENT = RESULTS_BINDING };
MUST_CHECK int binding_open(const struct call *c, uint8_t id, struct span sealed,
                            struct writer *out_material);

/* Wraps the binding key for a PIN, under the second half of what store_stretch_pin() gives. */
#define BINDING_WRAPPED_SIZE (BINDING_SIZE + WRAP_OVERHEAD)
void binding_wrap(const uint8_t pin_key[WRAP_KEY_SIZE], uint8_t reference,
                  const uint8_t key[BINDING_SIZE], uint8_t out[BINDING_WRAPPED_SIZE]);
/* FAULT_BROKEN: not wrapped for this PIN. */
MUST_CHECK int binding_unwrap(const uint8_t pin_key[WRAP_KEY_SIZE], uint8_t reference,
                              const uint8_t wrapped[BINDING_WRAPPED_SIZE],
                              uint8_t out[BINDING_SIZE]);
