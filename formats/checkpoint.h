/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints of the log, and handovers from one epoch's key to the next, which anybody can verify
 * (docs/AUDIT.md): notes in the form of C2SP tlog-checkpoint and signed-note, with lines of our own
 * and one Ed25519 signature each.
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

#define CHECKPOINT_DEVICE_SIZE      16
#define CHECKPOINT_INCARNATION_SIZE 8
#define CHECKPOINT_KEY_ID_SIZE      4
#define CHECKPOINT_ROOT_SIZE        32
#define CHECKPOINT_ORIGIN_SIZE      41 /* "glasshsm/" and 32 digits */
/* Bytes of a verifier key: origin, "+", key id in hex, "+", Base64 of 01 and the key. */
#define CHECKPOINT_VKEY_SIZE (CHECKPOINT_ORIGIN_SIZE + 1 + 8 + 1 + 44)
/* Most bytes of a checkpoint or handover with its signature. */
#define CHECKPOINT_MAX 448

/* A public key, together with the device whose log it signs. */
struct checkpoint_key {
    uint8_t device[CHECKPOINT_DEVICE_SIZE];
    uint8_t public_key[ED25519_PUBLIC_SIZE];
};

struct checkpoint {
    uint8_t device[CHECKPOINT_DEVICE_SIZE];
    uint64_t size; /* records */
    uint8_t root[CHECKPOINT_ROOT_SIZE];
    uint32_t epoch;
    uint8_t incarnation[CHECKPOINT_INCARNATION_SIZE];
    bool handover;                     /* it is a handover: ends its epoch, and has `next` */
    uint8_t next[ED25519_PUBLIC_SIZE]; /* public key of the next epoch (of the same device) */
};

struct signed_checkpoint {
    struct checkpoint checkpoint;
    uint8_t key_id[CHECKPOINT_KEY_ID_SIZE];
    uint8_t signature[ED25519_SIGNATURE_SIZE];
};

/* Positive results. */
enum {
    CHECKPOINT_OTHER_KEY =
        RESULTS_CHECKPOINT,   /* the note is signed by another key, or is of another log */
    CHECKPOINT_BAD_SIGNATURE, /* the note names this key, but the signature does not match its
                                text */
};

/* Writes the name of the log and of its keys, CHECKPOINT_ORIGIN_SIZE bytes. */
void checkpoint_write_origin(const uint8_t device[CHECKPOINT_DEVICE_SIZE], struct writer *out);
/* The key id: first bytes of SHA-256 over name, newline, 01, key. Fault: FAULT_LIBRARY. */
MUST_CHECK int checkpoint_key_id(const struct checkpoint_key *key,
                                 uint8_t out_id[CHECKPOINT_KEY_ID_SIZE]);

/* Writes a verifier key, CHECKPOINT_VKEY_SIZE bytes. Fault: FAULT_LIBRARY. */
MUST_CHECK int checkpoint_write_vkey(const struct checkpoint_key *key, struct writer *out);
/* Reads a verifier key. False for any text that checkpoint_write_vkey() would not have written, a
 * wrong key id included. */
MUST_CHECK bool checkpoint_read_vkey(struct span text, struct checkpoint_key *out);

/* Signs and writes the whole note. Faults as in ed25519.h; `out` full when it does not fit. */
MUST_CHECK int checkpoint_sign(const struct checkpoint *checkpoint,
                               const uint8_t seed[ED25519_SEED_SIZE], struct writer *out);
/* Reads one note from the start of `in`, which then goes on after it. The reader fails for any text
 * that checkpoint_sign() would not have written. Verifies nothing. */
void checkpoint_read(struct reader *in, struct signed_checkpoint *out);
/* Verifies that a note is signed by this key and is of this key's log. CHECKPOINT_OTHER_KEY,
 * CHECKPOINT_BAD_SIGNATURE. */
MUST_CHECK int checkpoint_verify(const struct signed_checkpoint *note,
                                 const struct checkpoint_key *key);

/* --- Receipt: the first key of a log, which its owner keeps and from which all later keys are
 * verified --- */

struct receipt {
    uint8_t incarnation[CHECKPOINT_INCARNATION_SIZE]; /* of the first record */
    struct checkpoint_key key;                        /* of epoch 1 */
};
#define RECEIPT_MAX 192

/* Writes a receipt, three lines. Fault: FAULT_LIBRARY. */
MUST_CHECK int receipt_write(const struct receipt *receipt, struct writer *out);
/* Reads a receipt from the start of `in`, which then goes on after it; fails like
 * checkpoint_read(). */
void receipt_read(struct reader *in, struct receipt *out);
