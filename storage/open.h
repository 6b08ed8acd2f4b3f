/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, opening and closing a store: used by the daemon and the tool, never by the card.
 *
 * A store is a folder with token.db and, by default, seal.key (the key file that unlocks it) and
 * anchor. An ephemeral store is in memory: nothing of it reaches a disk, it has no anchor, and
 * nothing is synced. */
#pragma once

#include "base/results.h"
#include "base/secret.h"
#include "formats/audit_record.h"
#include "storage/store.h"

/* What unlocks a store. Key file: 32 random bytes in hex, mode 0600. Passphrase: stretched with
 * Argon2id. Handed key: the content of a key file, but from an open descriptor (/dev/fd/N) or a
 * credential of systemd, whose mode is not checked. */
enum unlock_kind { UNLOCK_KEY_FILE = 1, UNLOCK_PASSPHRASE = 2, UNLOCK_HANDED_KEY = 3 };

struct store_place {
    const char *folder; /* NULL: in memory */
    const char *anchor; /* NULL: FOLDER/anchor */
    enum unlock_kind unlock;
    const char *key_file;      /* for both kinds of key; NULL: FOLDER/seal.key */
    struct span passphrase;    /* UNLOCK_PASSPHRASE; borrowed for the call */
    bool accept_rollback;      /* open a store that is older than its anchor, or has none: a new
                               incarnation begins, and the log says so */
    const char *database;      /* NULL: FOLDER/token.db; else the path of a snapshot, with
                                  look_only */
    bool look_only;            /* open to read only: the store stays unchanged, an older format is
                                  not upgraded, and a rollback is not accepted into a new
                                  incarnation */
    bool keep_unlocked;        /* keep what unlocking gave, so that storage/sources.h can change
                                  unlock sources */
    enum audit_action becomes; /* AUDIT_RESTORED or AUDIT_CLONED: the store is a copy in a new
                                  place, without an anchor, and begins a new incarnation; else 0 */
};

/* Why a store is refused: positive results besides those of store.h. A refused store is not
 * modified. */
enum {
    STORE_MISSING = RESULTS_OPEN, /* there is no token.db */
    STORE_EXISTS,                 /* creating: there is a store already */
    STORE_FOREIGN,                /* not a Glass HSM store, or a key file that belongs to another */
    STORE_NEWER,                  /* written by a newer version of this program */
    STORE_LOCKED_OUT,             /* wrong passphrase, or no key file */
    STORE_DAMAGED,                /* rows missing, doubled, swapped, altered; bit flips */
    STORE_ROLLED_BACK,            /* older than its anchor */
    STORE_NO_ANCHOR,              /* the anchor is missing or does not belong to it */
    STORE_HELD,                   /* another process has it open; the sentence names it */
    STORE_DENIED,                 /* permissions of the folder or a file */
};

/* One sentence for the user: what is wrong, with the path, and what to do about it. Filled for
 * every positive result. */
struct store_refusal {
    char sentence[400];
};

/* Creates and opens an empty store: the folder (mode 0700) and the key file if they are missing,
 * and the database. It has no objects; the caller appends the STORE_CREATED record. On failure
 * nothing is left behind. */
MUST_CHECK int store_create(const struct store_place *place, struct store **out,
                            struct store_refusal *out_why);
/* Opens and unlocks a store, recomputes the authenticated set of rows, and checks the state row and
 * the anchor. A store may be ahead of its anchor (a crash lost the anchor's last writes) if its log
 * extends the one that the anchor records. */
MUST_CHECK int store_open(const struct store_place *place, struct store **out,
                          struct store_refusal *out_why);
/* Whether a file is marked as a store or a snapshot of one; nothing else of it is checked. */
bool store_is_one(const char *path);
/* The same of an open file, which is as long as it says, at least. */
bool store_is_one_open(int file, uint64_t *out_size);
/* Closes cleanly, wipes all keys; harmless on an empty variable. */
void store_close(struct store **s);

/* Reads the first line of a file, or of an open descriptor (/dev/fd/N), without its newline: a
 * passphrase of 1 to size - 1 bytes. Waits for the whole line. The bytes are stored in room, which
 * the caller wipes; out borrows from it. FAULT_DISK: the cause says what is wrong. */
MUST_CHECK int store_read_passphrase(const char *path, uint8_t *room, size_t size,
                                     struct span *out);

/* What unlocks a store, as a user gives it: at most one member is set; none means seal.key in its
 * folder. */
struct unlock_wish {
    const char *key_file;        /* /dev/fd/N: a key from an open descriptor */
    const char *passphrase_file; /* the passphrase is its first line */
    const char *credential;      /* name of a credential of systemd that holds a key */
};
/* Memory that the place borrows from after store_unlock_by(); the caller wipes it with
 * unlock_room_wipe(). */
struct unlock_room {
    uint8_t passphrase[1024];
    char path[512];
};
void unlock_room_wipe(struct unlock_room *room);
/* Sets unlock, key_file and passphrase of the place. FAULT_DISK: the cause says what is wrong. */
MUST_CHECK int store_unlock_by(struct store_place *place, const struct unlock_wish *wish,
                               struct unlock_room *room);

/* Syncs the folder of a path, so that a name given there survives a power cut. FAULT_DISK. */
MUST_CHECK int store_sync_name(const char *path);

/* The exit status of a program for a refusal, different for each cause: 10 to 19 in the order of
 * the results above (docs/ARCHITECTURE.md); 1 for any other result. */
int store_exit_status(int refusal);

struct store_facts {
    uint64_t generation; /* commits since creation */
    uint64_t objects;
    uint64_t log_size;
    uint32_t boot;
    uint8_t incarnation[8];
    bool ephemeral;
    bool anchor_beside_store; /* the anchor lies in the store's folder: it detects a replaced
                                 token.db, but not a replaced folder */
    bool usable;              /* false after a failed sync: the daemon must stop */
};
struct store_facts store_facts(const struct store *s);
