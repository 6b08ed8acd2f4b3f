/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, and the only file that reads and writes their material (tests/layers.toml). Three functions
 * open it: key_use() for what a host asks, key_use_device() for what the card itself vouches for,
 * and key_export() for WRAP KEY.
 *
 * key_use() finds the key, makes it live, checks kind, purpose, algorithm list and counter, spends
 * a use in the open transaction, and names the subject of the record.
 *
 * A row of the table of commands that lacks its log action gets no key: all three refuse a command
 * whose successes leave no record (key_use_device(): one that never leaves any) with
 * FAULT_LIBRARY. */
#pragma once

#include "card-os/algs.h"
#include "card-os/command.h"
#include "card-os/key_certificate.h"
#include "card-os/live_keys.h"

/* One use of a key by a host. *out is borrowed, and valid until the next key_use(), key_store() or
 * key_delete(). CHOICE_MISSING_KEY: there is no such key; 6A81: the key is not for this
 * algorithm; 6984: its uses are spent. */
sw key_use(struct call *c, uint8_t id, enum key_purpose purpose, uint8_t algorithm,
           struct key_in_use *out);
/* For an operation that was done but failed on what the host sent: keeps the use spent although the
 * command is refused, since a counter limits how often a key is asked. Returns the refusal. */
sw key_failed(struct call *c, uint8_t id, sw refusal);
/* The device key, for requests and the secure channel. *out is borrowed as from key_use(). */
sw key_use_device(struct call *c, struct key_in_use *out);

/* Stores a key and its material in place of one of the same number, in the open transaction, and
 * fills in key->hash. For a new device, which has no card yet. */
MUST_CHECK int key_seal(struct store *store, struct key *key, struct span material);
/* Stores a key as key_seal() does, for a command: drops the replaced key from the live ones, seals
 * the material under the binding key where keys are bound to the PIN, and asks for room.
 * CARD_FULL. */
MUST_CHECK int key_store(struct call *c, struct key *key, struct span material);
/* Makes the record name this key. */
void key_name_subject(struct call *c, const struct key *key);
/* Reads the limits that the host sets for a new key: use counter (four bytes) and list of
 * algorithms. A span whose `at` is NULL was not given: no limit. */
void key_read_limits(struct reader *in, struct span uses, struct span algorithms, struct key *out);
/* A member for tlv_read_members() that refuses DO 93 (a wrapping key for the new key) whatever its
 * length: what hardware does with it is not known well enough. */
#define KEY_WRAPPING_MEMBER(out)                                                                   \
    {                                                                                              \
        0x93, 1, 0, false, (out)                                                                   \
    }
/* Appends the material of a key, for WRAP KEY alone: the caller has checked that the key may leave,
 * and wipes the material. */
MUST_CHECK int key_export(const struct call *c, const struct key *key, struct writer *out_material);
/* Whether the key's algorithm list names the exchange (algs.h). */
bool key_is_for_exchange(const struct key *key);
/* Whether the list names nothing but the exchange: only such a key exchanges, so that no other
 * command gives away what it agrees on. It never leaves the device. */
bool key_exchanges(const struct key *key);
/* Whether any key belongs to this domain. */
MUST_CHECK int key_in_domain(struct store *store, uint8_t domain, bool *out);
/* Deletes a key and its material, in the open transaction. STORE_ABSENT. */
MUST_CHECK int key_delete(struct call *c, uint8_t id);
