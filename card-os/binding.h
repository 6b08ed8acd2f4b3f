/* SPDX-License-Identifier: Apache-2.0 */
/* PIN-bound keys. A device that was initialised with env.pin_bound has a random binding key, under
 * which the material of every key but the device key is sealed once more. The binding key is stored
 * only wrapped: once under the user PIN and once under the SO-PIN (so that the SO can set a new
 * user PIN), both stretched (store_stretch_pin()). So a store together with what unlocks it gives
 * no key without a PIN.
 *
 * The card holds the binding key while the user PIN is verified, and no longer; the keys that were
 * made live with it are dropped with it. A login by custodians alone, without the PIN, gives no use
 * of PIN-bound keys. */
#pragma once

#include "base/results.h"
#include "card-os/state.h"

struct call;

/* Stages that the binding key which the command came to know is kept for the session; nothing where
 * keys are not bound. FAULT_MEMORY. */
MUST_CHECK int binding_keep(struct call *c);
/* Whether the session, as the command sees it, holds the binding key. */
bool binding_held(const struct call *c);

/* Appends the material of a key, sealed under the binding key, which must be held. */
void binding_seal(const struct call *c, uint8_t id, struct span material, struct writer *out);
/* Appends the material that binding_seal() sealed for this key. BINDING_ABSENT: the binding key is
 * not held. FAULT_BROKEN: it was sealed under another binding key, or for another key. */
enum { BINDING_ABSENT = RESULTS_BINDING };
MUST_CHECK int binding_open(const struct call *c, uint8_t id, struct span sealed,
                            struct writer *out_material);

/* Wraps the binding key for the PIN of this reference (pin.h), under pin_key: the second half of
 * what store_stretch_pin() gives. */
#define BINDING_WRAPPED_SIZE (BINDING_SIZE + WRAP_OVERHEAD)
void binding_wrap(const uint8_t pin_key[WRAP_KEY_SIZE], uint8_t reference,
                  const uint8_t key[BINDING_SIZE], uint8_t out[BINDING_WRAPPED_SIZE]);
/* Unwraps what binding_wrap() wrapped. FAULT_BROKEN: for another PIN. */
MUST_CHECK int binding_unwrap(const uint8_t pin_key[WRAP_KEY_SIZE], uint8_t reference,
                              const uint8_t wrapped[BINDING_WRAPPED_SIZE],
                              uint8_t out[BINDING_SIZE]);
