/* Keys, and the only file that reads and writes their material (tests/layers.toml). Three functions
 * open it: key_use() for what a host asks, key_use_device() for what the card itself vouches for, and
 * key_export() for WRAP KEY.
 *
 * key_use() finds the key, makes it live, checks kind, purpose, algorithm list and counter, spends a
 * use in the open transaction, and names the subject of the record. */
#pragma once

#include "card-os/algs.h"
#include "card-os/command.h"
#include "card-os/key_certificate.h"
#include "card-os/live_keys.h"

/* The key is borrowed: valid until the next key_use(), key_store() or key_delete(). */
sw key_use(struct call *c, uint8_t id, enum key_purpose purpose, uint8_t algorithm,
           struct key_in_use *out);
/* The private operation was done, and what the host sent was wrong: the use is spent all the same,
 * or a counter would not limit how often a key is asked. Gives the refusal back. */
sw key_failed(struct call *c, uint8_t id, sw refusal);
/* Spends it, in the open transaction; nothing for a key without a counter. */
MUST_CHECK int key_spend(const struct call *c, uint8_t id);
/* The device key, for certificates and requests that the card itself vouches for. */
sw key_use_device(struct call *c, struct key_in_use *out);

/* Seals a key and its material, replacing one of the same number, in the open transaction. Fills in
 * the hash. */
MUST_CHECK int key_seal(struct store *store, struct key *key, struct span material);
/* The same for a command, whose card may hold the replaced key live. CARD_FULL. */
MUST_CHECK int key_store(struct call *c, struct key *key, struct span material);
/* Names the key as what the record is about. */
void key_name_subject(struct call *c, const struct key *key);
/* What the host wishes a new key to be held to: use counter (four bytes) and list of algorithms, as
 * their tags were found; absent ones have at == NULL. */
void key_read_limits(struct reader *in, struct span uses, struct span algorithms, struct key *out);
/* Asking for a wrapping key (DO 93) is not understood well enough to be obeyed: no length of it
 * fits. */
#define KEY_WRAPPING_MEMBER(out)                                                                   \
    {                                                                                              \
        0x93, 1, 0, false, (out)                                                                   \
    }
/* The material of a key that may leave, for WRAP alone; the caller has checked that it may, and
 * wipes it. */
MUST_CHECK int key_export(const struct call *c, const struct key *key, struct writer *out_material);
/* Whether its list names the exchange (algs.h), and whether it names nothing else: only such a key
 * exchanges, so that no other command gives away what it agrees on. It never leaves the device. */
bool key_is_for_exchange(const struct key *key);
bool key_exchanges(const struct key *key);
/* Whether any key belongs to this domain. */
MUST_CHECK int key_in_domain(struct store *store, uint8_t domain, bool *out);
/* STORE_ABSENT. In the open transaction. */
MUST_CHECK int key_delete(struct call *c, uint8_t id);
