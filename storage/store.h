/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed store, as the card sees it: objects, transactions, PIN verifiers. This header names
 * neither a database nor a file.
 *
 * Objects are byte strings, named by type and id and sealed one by one. All changes happen inside a
 * transaction. store_commit() makes the changes, the records appended with audit_append() and the
 * new state row durable together. When it returns, secrets that were deleted or replaced are in no
 * file of the store any more, not even sealed (docs/STORAGE.md says what a medium may keep). A
 * store is for one thread; nothing here is safe for two.
 *
 * Faults: FAULT_DISK, FAULT_MEMORY, FAULT_LIBRARY, and FAULT_BROKEN for a row that does not open
 * under its own type, id and version. After a fault inside a transaction, roll back; a change that
 * fails (other than with STORE_ABSENT) has rolled back already. A failed sync makes the store
 * unusable: every later call returns FAULT_DISK. */
#pragma once

#include "base/bytes.h"
#include "base/results.h"

struct store;

/* Types of objects. The numbers are bound into each seal, so they are never changed. */
enum object_type {
    OBJECT_DEVICE = 1,       /* id 0: options; 1: root certificate; 2: key domains; 3: how many
                                custodians */
    OBJECT_PIN = 2,          /* id: PIN reference, 81 or 88 */
    OBJECT_KEY = 3,          /* id: key number; attributes and policy of the key */
    OBJECT_KEY_MATERIAL = 4, /* id: key number; the secret components */
    OBJECT_FILE = 5,         /* id: file identifier; its content */
    OBJECT_EPOCH = 6,        /* id: number of the log's signing epoch; the seed of its key */
    OBJECT_HANDOVER = 7,     /* id: the epoch that the note ended; id 0: the receipt */
    OBJECT_DOMAIN = 8,       /* id: number of a key domain; its shares and its secret */
    OBJECT_CUSTODIAN = 9,    /* id: place among the custodians; the request made for the custodian's
                                key */
    OBJECT_TRUST = 10,       /* id: number of a foreign root; its certificate */
};

/* Positive results. */
enum {
    STORE_ABSENT = RESULTS_STORE, /* no such object */
    STORE_FULL,      /* no space left on the medium; the transaction has changed nothing */
    STORE_TOO_SMALL, /* the object does not fit the caller's buffer */
    STORE_FORGED,    /* store_unwrap(): wrong key or purpose */
};

/* Begins a transaction. FAULT_LIBRARY: there is an open one already. */
MUST_CHECK int store_begin(struct store *s);
/* Begins a transaction unless there is an open one. */
MUST_CHECK int store_enter(struct store *s);
/* Commits; the changes are durable when it returns. synced_anchor: the anchor reaches the medium
 * too (for security operations). STORE_FULL. Any result other than 0 means that the transaction was
 * rolled back. */
MUST_CHECK int store_commit(struct store *s, bool synced_anchor);
/* Lets the open transaction use the space reserved for a full medium (reserve.h): for logins, the
 * log, and ending operations that were begun. to_its_end: it may use all of the space; else it must
 * leave enough to end the operation that it begins. */
void store_use_reserve(struct store *s, bool to_its_end);
/* Rolls the open transaction back. Harmless outside a transaction. */
void store_rollback(struct store *s);
bool store_in_transaction(const struct store *s);

/* Appends the object's bytes to out. Works inside and outside a transaction. STORE_ABSENT,
 * STORE_TOO_SMALL. */
MUST_CHECK int store_get(struct store *s, enum object_type type, uint32_t id, struct writer *out);
/* Whether an object exists: 0 or STORE_ABSENT. Does not unseal it. */
MUST_CHECK int store_has(struct store *s, enum object_type type, uint32_t id);
/* The size of the object in bytes. STORE_ABSENT. */
MUST_CHECK int store_size(struct store *s, enum object_type type, uint32_t id, size_t *out_size);
/* Counts the objects of a type and the sum of their sizes in bytes. */
MUST_CHECK int store_measure(struct store *s, enum object_type type, size_t *out_count,
                             uint64_t *out_bytes);
/* Creates or replaces an object. Only in a transaction. STORE_FULL. */
MUST_CHECK int store_put(struct store *s, enum object_type type, uint32_t id, struct span bytes);
/* store_put() for an object whose secret does not change, such as a PIN's retry counter: the secret
 * may then stay in older pages until the next one is deleted or replaced, which saves the commit
 * from overwriting them. */
MUST_CHECK int store_put_same_secret(struct store *s, enum object_type type, uint32_t id,
                                     struct span bytes);
/* store_put() of a writer's content; FAULT_LIBRARY if the writer was full. */
MUST_CHECK int store_put_written(struct store *s, enum object_type type, uint32_t id,
                                 const struct writer *content);
/* Deletes an object. STORE_ABSENT. Only in a transaction. */
MUST_CHECK int store_delete(struct store *s, enum object_type type, uint32_t id);
/* Deletes every object of a type. Only in a transaction. */
MUST_CHECK int store_delete_all(struct store *s, enum object_type type);
/* The ids of all objects of a type in order of creation; writes at most max of them, and the number
 * of all to out_count. */
MUST_CHECK int store_list(struct store *s, enum object_type type, uint32_t *out_ids, size_t max,
                          size_t *out_count);

/* --- PINs --- */

#define PIN_SALT_SIZE     16
#define PIN_VERIFIER_SIZE 32
/* The verifier that is stored for a PIN: BLAKE2b of (salt, reference, PIN), keyed with a secret of
 * the store, so that nobody can test guesses without an unlock source. */
MUST_CHECK int store_pin_verifier(struct store *s, uint8_t reference,
                                  const uint8_t salt[PIN_SALT_SIZE], struct span pin,
                                  uint8_t out[PIN_VERIFIER_SIZE]);

/* --- PINs of PIN-bound devices --- */

/* Stretches a PIN of a PIN-bound device with Argon2id: even with the store and its unlock source an
 * attacker has to guess the PIN, and each guess takes as long as a login. Two halves of equal
 * length, neither of which reveals the other: a verifier, and a key to wrap secrets with.
 * FAULT_MEMORY. */
#define STRETCHED_SIZE 64
MUST_CHECK int store_stretch_pin(struct store *s, uint8_t reference,
                                 const uint8_t salt[PIN_SALT_SIZE], struct span pin,
                                 uint8_t out[STRETCHED_SIZE]);

/* Seals bytes under a key that is not the store's, bound to a purpose; the caller stores the result
 * (WRAP_OVERHEAD bytes longer than plain) as an object. */
#define WRAP_KEY_SIZE 32
#define WRAP_OVERHEAD 40
void store_wrap(const uint8_t key[WRAP_KEY_SIZE], struct span purpose, struct span plain,
                struct writer *out);
/* Opens wrapped bytes and appends them to out, which must have room. STORE_FORGED: wrapped with
 * another key or for another purpose. */
MUST_CHECK int store_unwrap(const uint8_t key[WRAP_KEY_SIZE], struct span purpose,
                            struct span sealed, struct writer *out);
