/* Signed statements about the log, as anybody can verify them (docs/AUDIT.md): checkpoints in the
 * form of C2SP tlog-checkpoint and signed-note, with lines of our own, one Ed25519 signature each.
 *
 *   glasshsm/<device, 32 hex digits>      the origin: names log and key
 *   <size, decimal>
 *   <root, Base64>
 *   epoch <N>
 *   incarnation <16 hex digits>           of the last record
 *   next <vkey>                           in a handover only
 *
 *   — <origin> <Base64 of key id and signature>
 *
 * The signed bytes are those before the empty line. */
#pragma once

#include "base/results.h"
#include "crypto/ed25519.h"

#define NOTE_DEVICE_SIZE      16
#define NOTE_INCARNATION_SIZE 8
#define NOTE_KEY_ID_SIZE      4
#define NOTE_ROOT_SIZE        32
#define NOTE_ORIGIN_SIZE      41 /* "glasshsm/" and 32 digits */
/* Bytes of a verifier key: origin, "+", key id in hex, "+", Base64 of 01 and the key. */
#define NOTE_VKEY_SIZE (NOTE_ORIGIN_SIZE + 1 + 8 + 1 + 44)
/* Most bytes of a checkpoint or handover with its signature. */
#define NOTE_MAX 448

/* A public key, together with the device whose log it signs. */
struct note_key {
    uint8_t device[NOTE_DEVICE_SIZE];
    uint8_t public_key[ED25519_PUBLIC_SIZE];
};

struct checkpoint {
    uint8_t device[NOTE_DEVICE_SIZE];
    uint64_t size; /* records */
    uint8_t root[NOTE_ROOT_SIZE];
    uint32_t epoch;
    uint8_t incarnation[NOTE_INCARNATION_SIZE];
    bool handover;                     /* it is a handover: ends its epoch, and has `next` */
    uint8_t next[ED25519_PUBLIC_SIZE]; /* public key of the next epoch (of the same device) */
};

struct signed_checkpoint {
    struct checkpoint checkpoint;
    uint8_t key_id[NOTE_KEY_ID_SIZE];
    uint8_t signature[ED25519_SIGNATURE_SIZE];
};

/* Positive results. */
enum {
    NOTE_OTHER_KEY = RESULTS_NOTE, /* the note is signed by another key, or is of another log */
    NOTE_BAD_SIGNATURE,            /* the note names this key, but the signature does not match its
                                text */
};

/* Writes the name of the log and of its keys, NOTE_ORIGIN_SIZE bytes. */
void note_write_origin(const uint8_t device[NOTE_DEVICE_SIZE], struct writer *out);
/* The key id: first bytes of SHA-256 over name, newline, 01, key. Fault: FAULT_LIBRARY. */
MUST_CHECK int note_key_id(const struct note_key *key, uint8_t out_id[NOTE_KEY_ID_SIZE]);

/* Writes a verifier key, NOTE_VKEY_SIZE bytes. Fault: FAULT_LIBRARY. */
MUST_CHECK int note_write_vkey(const struct note_key *key, struct writer *out);
/* Reads a verifier key. False for any text that note_write_vkey() would not have written, a wrong
 * key id included. */
MUST_CHECK bool note_read_vkey(struct span text, struct note_key *out);

/* Signs and writes the whole note. Faults as in ed25519.h; `out` full when it does not fit. */
MUST_CHECK int note_sign(const struct checkpoint *checkpoint, const uint8_t seed[ED25519_SEED_SIZE],
                         struct writer *out);
/* Reads one note from the start of `in`, which then goes on after it. The reader fails for any text
 * that note_sign() would not have written. Verifies nothing. */
void note_read(struct reader *in, struct signed_checkpoint *out);
/* Verifies that a note is signed by this key and is of this key's log. NOTE_OTHER_KEY,
 * NOTE_BAD_SIGNATURE. */
MUST_CHECK int note_verify(const struct signed_checkpoint *note, const struct note_key *key);

/* --- Receipt: the first key of a log, which its owner keeps and from which all later keys are
 * verified --- */

struct receipt {
    uint8_t incarnation[NOTE_INCARNATION_SIZE]; /* of the first record */
    struct note_key key;                        /* of epoch 1 */
};
#define RECEIPT_MAX 192

/* Writes a receipt, three lines. Fault: FAULT_LIBRARY. */
MUST_CHECK int receipt_write(const struct receipt *receipt, struct writer *out);
/* Reads a receipt from the start of `in`, which then goes on after it; fails like note_read(). */
void receipt_read(struct reader *in, struct receipt *out);
