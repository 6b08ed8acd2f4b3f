/* SPDX-License-Identifier: Apache-2.0 */
/* Signing epochs of the log: stores their keys, signs checkpoints, and hands over from one epoch to
 * the next. */
#include <sodium.h>
#include <string.h>

#include "base/failure.h"
#include "storage/internal.h"

#define RECEIPT_ID 0 /* id of the receipt among the objects of type OBJECT_HANDOVER */

/* --- What is kept --- */

static int load_receipt(struct store *s, struct receipt *out)
{
    uint8_t bytes[RECEIPT_MAX];
    struct writer text = WRITER_OF(bytes);
    int r = audit_receipt(s, &text);
    if (r)
        return r;
    struct reader in = reader_of(written(&text));
    receipt_read(&in, out);
    return read_finished(&in) ? 0 : failure(FAULT_BROKEN, "the receipt is stored in another form");
}

static int load_handover(struct store *s, uint32_t epoch, struct signed_checkpoint *out)
{
    uint8_t bytes[CHECKPOINT_MAX];
    struct writer text = WRITER_OF(bytes);
    int r = audit_handover(s, epoch, &text);
    if (r)
        return r;
    struct reader in = reader_of(written(&text));
    checkpoint_read(&in, out);
    return read_finished(&in) && out->checkpoint.handover
               ? 0
               : failure(FAULT_BROKEN, "handover %u is stored in another form", epoch);
}

int audit_receipt(struct store *s, struct writer *out)
{
    return store_get(s, OBJECT_HANDOVER, RECEIPT_ID, out);
}

int audit_handover(struct store *s, uint32_t epoch, struct writer *out)
{
    return epoch ? store_get(s, OBJECT_HANDOVER, epoch, out) : STORE_ABSENT;
}

int audit_epoch_key(struct store *s, uint32_t epoch, struct checkpoint_key *out)
{
    struct receipt receipt;
    struct signed_checkpoint handover;
    int r = epoch == 1 ? load_receipt(s, &receipt)
            : epoch    ? load_handover(s, epoch - 1, &handover)
                       : STORE_ABSENT;
    if (r)
        return r;
    memcpy(out->device, store_state(s)->device, DEVICE_SIZE);
    memcpy(out->public_key, epoch == 1 ? receipt.key.public_key : handover.checkpoint.next,
           ED25519_PUBLIC_SIZE);
    return 0;
}

/* --- Signing --- */

static int checkpoint_of(const struct state *state, struct checkpoint *out)
{
    *out = (struct checkpoint){ .size = state->log.size, .epoch = state->epoch };
    memcpy(out->device, state->device, DEVICE_SIZE);
    memcpy(out->incarnation, state->incarnation, INCARNATION_SIZE);
    return merkle_root(&state->log, out->root);
}

static int sign(struct store *s, const struct checkpoint *checkpoint, struct writer *out)
{
    SCOPED_SECRET(seed, ED25519_SEED_SIZE);
    struct writer stored = WRITER_OF(seed);
    int r = store_get(s, OBJECT_EPOCH, checkpoint->epoch, &stored);
    if (!r)
        r = checkpoint_sign(checkpoint, seed, out);
    else if (r > 0)
        r = failure(FAULT_BROKEN, "the key of epoch %u is missing", checkpoint->epoch);
    return !r && out->full ? failure(FAULT_LIBRARY, "a note beyond its buffer") : r;
}

int audit_checkpoint_of_lines(struct store *s, struct writer *out)
{
    struct checkpoint checkpoint;
    if (store_state(s)->epoch == 0)
        return STORE_ABSENT;
    int r = checkpoint_of(store_state(s), &checkpoint);
    return r ? r : sign(s, &checkpoint, out);
}

int audit_checkpoint(struct store *s, struct writer *out)
{
    int r = store_state(s)->epoch && store_state(s)->joined.waiting ? audit_flush(s) : 0;
    return r ? r : audit_checkpoint_of_lines(s, out);
}

/* --- From one epoch to the next --- */

static int sign_handover(struct store *s, const uint8_t next[ED25519_PUBLIC_SIZE],
                         struct writer *out)
{
    struct checkpoint checkpoint;
    int r = checkpoint_of(&s->next, &checkpoint);
    if (r)
        return r;
    checkpoint.handover = true;
    memcpy(checkpoint.next, next, ED25519_PUBLIC_SIZE);
    return sign(s, &checkpoint, out);
}

int audit_hand_over(struct store *s, const struct audit_record *event,
                    uint8_t out_seed[ED25519_SEED_SIZE], struct writer *out_note)
{
    _Static_assert(sizeof event->digest == ED25519_PUBLIC_SIZE, "a key fits the digest");
    SCOPED_SECRET(seed, ED25519_SEED_SIZE);
    struct audit_record record = *event;
    randombytes_buf(seed, ED25519_SEED_SIZE);
    int r = ed25519_public(seed, record.digest);
    if (!r)
        r = audit_append(s, &record);
    if (!r && s->next.epoch)
        r = sign_handover(s, record.digest, out_note);
    if (!r)
        memcpy(out_seed, seed, ED25519_SEED_SIZE);
    return r;
}

/* Stores the receipt of the first epoch, with which the verification of all later epochs begins. */
static int keep_receipt(struct store *s, const uint8_t seed[ED25519_SEED_SIZE])
{
    struct receipt receipt;
    uint8_t bytes[RECEIPT_MAX];
    struct writer text = WRITER_OF(bytes);
    memcpy(receipt.incarnation, s->next.incarnation, INCARNATION_SIZE);
    memcpy(receipt.key.device, s->next.device, DEVICE_SIZE);
    int r = ed25519_public(seed, receipt.key.public_key);
    if (!r)
        r = receipt_write(&receipt, &text);
    return r ? r : store_put_written(s, OBJECT_HANDOVER, RECEIPT_ID, &text);
}

int audit_take_over(struct store *s, const uint8_t seed[ED25519_SEED_SIZE], struct span note)
{
    uint32_t epoch = s->next.epoch;
    int r = epoch ? store_put(s, OBJECT_HANDOVER, epoch, note) : keep_receipt(s, seed);
    if (!r && epoch)
        r = store_delete(s, OBJECT_EPOCH, epoch);
    if (!r)
        r = store_put(s, OBJECT_EPOCH, epoch + 1, span_of(seed, ED25519_SEED_SIZE));
    if (r)
        return r;
    s->next.epoch = epoch + 1;
    return 0;
}

int audit_begin_epoch(struct store *s, const struct audit_record *event)
{
    SCOPED_SECRET(seed, ED25519_SEED_SIZE);
    uint8_t bytes[CHECKPOINT_MAX];
    struct writer note = WRITER_OF(bytes);
    int r = audit_hand_over(s, event, seed, &note);
    return r ? r : audit_take_over(s, seed, written(&note));
}
