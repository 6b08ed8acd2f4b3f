/* The sealed store, as the card sees it: objects, transactions, PIN verifiers. Nothing here names a
 * database or a file.
 *
 * Objects are byte strings, named by type and id, sealed one by one. All changes happen inside a
 * transaction; store_commit makes them, the records appended with audit_append() and the new state
 * row durable together. When it returns, secrets that were deleted or replaced are in no file of the
 * store any more, not even sealed (docs/STORAGE.md says what a medium may keep). There is one store to a thread; nothing here is safe for two.
 *
 * Faults: FAULT_DISK, FAULT_MEMORY, FAULT_LIBRARY, and FAULT_BROKEN for a row that does not open as
 * what it claims to be. After a fault inside a transaction, roll back; a change that fails (other
 * than with STORE_ABSENT) has rolled back already. A failed sync leaves the store unusable: every
 * later call gives FAULT_DISK. */
#pragma once

#include "base/bytes.h"

struct store;

/* Never renumbered: the type is bound into each seal. */
enum object_type {
    OBJECT_DEVICE = 1,       /* id 0: options; 1: root certificate; 2: key domains; 3: how many
                                custodians */
    OBJECT_PIN = 2,          /* id: PIN reference, 81 or 88 */
    OBJECT_KEY = 3,          /* id: key number; what the key is and may do */
    OBJECT_KEY_MATERIAL = 4, /* id: key number; the secret components */
    OBJECT_FILE = 5,         /* id: file identifier; its content */
    OBJECT_EPOCH = 6,        /* id: number of the log's signing epoch; the seed of its key */
    OBJECT_HANDOVER = 7,     /* id: of the epoch that it ended; the note. id 0: the receipt */
    OBJECT_DOMAIN = 8,       /* id: number of a key domain; its shares and its secret */
    OBJECT_CUSTODIAN = 9,    /* id: place; the request made for the custodian's key */
    OBJECT_TRUST = 10,       /* id: number of a foreign root; its certificate */
};

enum {                   /* positive results */
       STORE_ABSENT = 1, /* no such object */
       STORE_FULL,       /* no space left on the medium; nothing changed */
       STORE_TOO_SMALL,  /* the object does not fit the caller's buffer */
       STORE_FORGED,     /* store_unwrap() only */
};

/* FAULT_LIBRARY inside a transaction: there is one at a time. */
MUST_CHECK int store_begin(struct store *s);
/* The same, but for who may be inside one already: nothing then. */
MUST_CHECK int store_enter(struct store *s);
/* Durable when it returns. synced_anchor: the anchor reaches the medium too (security operations).
 * STORE_FULL: rolled back. Any other result than 0 also rolls back. */
MUST_CHECK int store_commit(struct store *s, bool synced_anchor);
/* The open transaction may use the space that is kept for a full medium: for logging in, the log,
 * and ending what was begun. to_its_end: else it leaves room to end what it begins. */
void store_use_reserve(struct store *s, bool to_its_end);
/* Harmless outside a transaction. */
void store_rollback(struct store *s);
bool store_in_transaction(const struct store *s);

/* Reading works inside and outside a transaction. Appends the object's bytes to out. STORE_ABSENT,
 * STORE_TOO_SMALL. */
MUST_CHECK int store_get(struct store *s, enum object_type type, uint32_t id, struct writer *out);
/* Whether it exists, without opening it. STORE_ABSENT. */
MUST_CHECK int store_has(struct store *s, enum object_type type, uint32_t id);
/* The size of the object in bytes. STORE_ABSENT. */
MUST_CHECK int store_size(struct store *s, enum object_type type, uint32_t id, size_t *out_size);
/* How many objects of a type there are, and the sum of their sizes. */
MUST_CHECK int store_measure(struct store *s, enum object_type type, size_t *out_count,
                             uint64_t *out_bytes);
/* Creates or replaces. Only in a transaction. STORE_FULL. */
MUST_CHECK int store_put(struct store *s, enum object_type type, uint32_t id, struct span bytes);
/* The same for an object whose secret stays what it was, such as a PIN of which a try was spent: what
 * is sealed in older pages may then stay there until the next secret goes. */
MUST_CHECK int store_put_unrenewed(struct store *s, enum object_type type, uint32_t id,
                                   struct span bytes);
/* store_put() for what a writer holds; FAULT_LIBRARY if not everything fitted it. */
MUST_CHECK int store_put_written(struct store *s, enum object_type type, uint32_t id,
                                 const struct writer *content);
/* STORE_ABSENT. Only in a transaction. */
MUST_CHECK int store_delete(struct store *s, enum object_type type, uint32_t id);
/* Deletes every object of a type. Only in a transaction. */
MUST_CHECK int store_delete_all(struct store *s, enum object_type type);
/* The ids of all objects of a type in order of creation; at most max, the true count in out_count.
 */
MUST_CHECK int store_list(struct store *s, enum object_type type, uint32_t *out_ids, size_t max,
                          size_t *out_count);

/* --- PINs --- */

#define PIN_SALT_SIZE     16
#define PIN_VERIFIER_SIZE 32
/* Keyed BLAKE2b of (salt, reference, PIN) under the store's pepper: worthless to whoever lacks the
 * unlock source. */
MUST_CHECK int store_pin_verifier(struct store *s, uint8_t reference,
                                  const uint8_t salt[PIN_SALT_SIZE], struct span pin,
                                  uint8_t out[PIN_VERIFIER_SIZE]);

/* --- PINs that keys are bound to --- */

/* A PIN of a PIN-bound device is stretched with Argon2id, so that whoever has the store and what
 * unlocks it still has to guess, and each guess costs as much as a login does. Two halves, neither
 * of which tells the other: one to recognise the PIN by, one to seal with. FAULT_MEMORY. */
#define STRETCHED_SIZE 64
MUST_CHECK int store_stretch_pin(struct store *s, uint8_t reference,
                                 const uint8_t salt[PIN_SALT_SIZE], struct span pin,
                                 uint8_t out[STRETCHED_SIZE]);

/* Seals bytes under a key that is not the store's, bound to what they are for; what comes out is to
 * be stored as an object. */
#define WRAP_KEY_SIZE 32
#define WRAP_OVERHEAD 40
void store_wrap(const uint8_t key[WRAP_KEY_SIZE], struct span purpose, struct span plain,
                struct writer *out);
/* Appends to out, which must have room. STORE_FORGED: sealed with another key, or for another
 * purpose. */
MUST_CHECK int store_unwrap(const uint8_t key[WRAP_KEY_SIZE], struct span purpose,
                            struct span sealed, struct writer *out);
