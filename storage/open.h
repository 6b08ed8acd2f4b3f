/* Creating, opening and closing a store: what the daemon and the tool do, and the card never does.
 *
 * A store is a folder with token.db, by default also seal.key (the key file that unlocks it) and
 * anchor. An ephemeral store is in memory: nothing of it touches a disk, it has no anchor, nothing
 * is synced. */
#pragma once

#include "base/secret.h"
#include "formats/audit_record.h"
#include "storage/store.h"

/* Where the root secret comes from. Key file: 32 random bytes in hex, mode 0600. Passphrase:
 * Argon2id. Handed key: what would stand in a key file, from an open descriptor (/dev/fd/N) or a
 * credential of systemd, whose mode is not ours to judge. */
enum unlock_kind { UNLOCK_KEY_FILE = 1, UNLOCK_PASSPHRASE = 2, UNLOCK_HANDED_KEY = 3 };

struct store_place {
    const char *folder; /* NULL: in memory */
    const char *anchor; /* NULL: FOLDER/anchor */
    enum unlock_kind unlock;
    const char *key_file;      /* a key's; NULL: FOLDER/seal.key */
    struct span passphrase;    /* UNLOCK_PASSPHRASE; borrowed for the call */
    bool accept_rollback;      /* open a store that is older than its anchor, or has none: a new
                               incarnation begins, and the log says so */
    const char *database;      /* NULL: FOLDER/token.db; else a snapshot, to look at */
    bool look_only;            /* leave it as it is: no change is possible, an older format is not
                               upgraded, */
    bool keep_unlocked;        /* for storage/sources.h: unlock sources are to be changed */
    enum audit_action becomes; /* AUDIT_RESTORED, AUDIT_CLONED: the copy of a store in its new
                                  place, without an anchor, begins another life; else 0 */
};

enum { /* why a store is refused; positive results beside those of store.h. The store is not
          modified. */
       STORE_MISSING = 10, /* no token.db there */
       STORE_EXISTS,       /* creating: there is one already */
       STORE_FOREIGN,      /* not a Glass HSM store, or a key file that belongs to another */
       STORE_NEWER,        /* written by a newer version of this program */
       STORE_LOCKED_OUT,   /* wrong passphrase, or no key file */
       STORE_DAMAGED,      /* rows missing, doubled, swapped, altered; bit flips */
       STORE_ROLLED_BACK,  /* older than its anchor */
       STORE_NO_ANCHOR,    /* the anchor is missing or does not belong to it */
       STORE_HELD,         /* another process has it open; the sentence names it */
       STORE_DENIED,       /* permissions of the folder or a file */
};

/* One sentence for the user: what is wrong, with the path, and what to do about it. Filled for
 * every positive result. */
struct store_refusal {
    char sentence[400];
};

/* Makes the folder (mode 0700) if need be, the key file and an empty store: no objects, one
 * STORE_CREATED record is the caller's to append. The new store is open. On failure nothing is left
 * behind. */
MUST_CHECK int store_create(const struct store_place *place, struct store **out,
                            struct store_refusal *out_why);
/* Opens, unlocks, recomputes the authenticated set, checks the state row and the anchor. A store
 * may be ahead of its anchor (a crash lost the anchor's last writes) if its log extends what the
 * anchor has seen. */
MUST_CHECK int store_open(const struct store_place *place, struct store **out,
                          struct store_refusal *out_why);
/* Whether a file says of itself that it is a store or a snapshot of one. */
bool store_is_one(const char *path);
/* The same of an open file, which is as long as it says, at least. */
bool store_is_one_open(int file, uint64_t *out_size);
/* Closes cleanly, wipes all keys; harmless on an empty variable. */
void store_close(struct store **s);

/* The first line of a file, or of an open one (/dev/fd/N), without its end: a passphrase of 1 to
 * size - 1 bytes. The bytes go to room, which is the caller's to wipe; out is borrowed from it.
 * Waits for all of the line. FAULT_DISK says in its cause what is wrong. */
MUST_CHECK int store_read_passphrase(const char *path, uint8_t *room, size_t size,
                                     struct span *out);

/* How a user says what unlocks a store; one at most, none means seal.key in its folder. */
struct unlock_wish {
    const char *key_file;        /* /dev/fd/N: handed over in an open descriptor */
    const char *passphrase_file; /* its first line */
    const char *credential;      /* name of a credential of systemd that holds a key */
};
/* What the place then borrows; the caller's to wipe with unlock_room_wipe(). */
struct unlock_room {
    uint8_t passphrase[1024];
    char path[512];
};
void unlock_room_wipe(struct unlock_room *room);
/* Fills in unlock, key_file and passphrase of the place. FAULT_DISK says in its cause what is
 * wrong.
 */
MUST_CHECK int store_unlock_by(struct store_place *place, const struct unlock_wish *wish,
                               struct unlock_room *room);

/* Syncs the folder that a path lies in, so that a name given there outlives a power cut. FAULT_DISK.
 */
MUST_CHECK int store_sync_name(const char *path);

/* The exit status that a program gives for a refusal, distinct per cause (docs/ARCHITECTURE.md). */
int store_exit_status(int refusal);

struct store_facts {
    uint64_t generation; /* commits since creation */
    uint64_t objects;
    uint64_t log_size;
    uint32_t boot;
    uint8_t incarnation[8];
    bool ephemeral;
    bool anchor_beside_store; /* the anchor lies in the store's folder: finds a replaced token.db,
                                 not a replaced folder */
    bool usable;              /* false after a failed sync: the daemon must stop */
};
struct store_facts store_facts(const struct store *s);
