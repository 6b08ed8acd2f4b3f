/* SPDX-License-Identifier: Apache-2.0 */
/* Writes, signs, reads and verifies notes. Reading takes the fields in the order in which the
 * writer puts them. */
#include "formats/checkpoint.h"

#include <string.h>

#include "base/text.h"
#include "crypto/hash.h"

#define KEY_TYPE_ED25519 1
#define DASH             "\xE2\x80\x94" /* em dash in UTF-8, with which a signature line begins */

#define KEY_BYTES       (1 + ED25519_PUBLIC_SIZE)
#define SIGNATURE_BYTES (CHECKPOINT_KEY_ID_SIZE + ED25519_SIGNATURE_SIZE)

/* --- Names --- */

void checkpoint_write_origin(const uint8_t device[CHECKPOINT_DEVICE_SIZE], struct writer *out)
{
    write_text(out, "glasshsm/");
    write_hex(out, span_of(device, CHECKPOINT_DEVICE_SIZE));
}

static void read_origin(struct reader *in, uint8_t out_device[CHECKPOINT_DEVICE_SIZE])
{
    read_expected(in, "glasshsm/");
    read_hex(in, out_device, CHECKPOINT_DEVICE_SIZE);
}

static void expect_origin(struct reader *in, const uint8_t device[CHECKPOINT_DEVICE_SIZE])
{
    uint8_t named[CHECKPOINT_DEVICE_SIZE];
    read_origin(in, named);
    if (!span_equal(SPAN_OF(named), span_of(device, CHECKPOINT_DEVICE_SIZE)))
        read_fail(in);
}

/* Reads exactly size bytes in Base64. */
static void read_base64(struct reader *in, uint8_t *out, size_t size)
{
    struct writer room = writer_of(out, size);
    if (!base64_decode(read_span(in, BASE64_SIZE(size)), &room) || room.size != size)
        read_fail(in);
}

int checkpoint_key_id(const struct checkpoint_key *key, uint8_t out_id[CHECKPOINT_KEY_ID_SIZE])
{
    uint8_t name[CHECKPOINT_ORIGIN_SIZE], hash[SHA256_SIZE];
    struct writer origin = WRITER_OF(name);
    checkpoint_write_origin(key->device, &origin);
    const struct span parts[] = { written(&origin), span_of("\n\x01", 2),
                                  SPAN_OF(key->public_key) };
    int r = digest_of(DIGEST_SHA256, parts, COUNT_OF(parts), hash);
    if (!r)
        memcpy(out_id, hash, CHECKPOINT_KEY_ID_SIZE);
    return r;
}

/* --- Verifier keys --- */

int checkpoint_write_vkey(const struct checkpoint_key *key, struct writer *out)
{
    uint8_t id[CHECKPOINT_KEY_ID_SIZE], typed[KEY_BYTES] = { KEY_TYPE_ED25519 };
    int r = checkpoint_key_id(key, id);
    if (r)
        return r;
    memcpy(typed + 1, key->public_key, sizeof key->public_key);
    checkpoint_write_origin(key->device, out);
    write_text(out, "+");
    write_hex(out, SPAN_OF(id));
    write_text(out, "+");
    write_base64(out, SPAN_OF(typed));
    return 0;
}

static void read_vkey(struct reader *in, struct checkpoint_key *out)
{
    uint8_t id[CHECKPOINT_KEY_ID_SIZE], named[CHECKPOINT_KEY_ID_SIZE], typed[KEY_BYTES];
    read_origin(in, out->device);
    read_expected(in, "+");
    read_hex(in, named, sizeof named);
    read_expected(in, "+");
    read_base64(in, typed, sizeof typed);
    if (read_failed(in))
        return;
    memcpy(out->public_key, typed + 1, sizeof out->public_key);
    if (typed[0] != KEY_TYPE_ED25519 || checkpoint_key_id(out, id) ||
        !span_equal(SPAN_OF(id), SPAN_OF(named)))
        read_fail(in);
}

bool checkpoint_read_vkey(struct span text, struct checkpoint_key *out)
{
    struct reader in = reader_of(text);
    struct checkpoint_key key;
    read_vkey(&in, &key);
    if (!read_finished(&in))
        return false;
    *out = key;
    return true;
}

/* --- Checkpoints --- */

static int write_next(const struct checkpoint *checkpoint, struct writer *out)
{
    struct checkpoint_key next;
    memcpy(next.device, checkpoint->device, sizeof next.device);
    memcpy(next.public_key, checkpoint->next, sizeof next.public_key);
    write_text(out, "next ");
    int r = checkpoint_write_vkey(&next, out);
    write_text(out, "\n");
    return r;
}

/* Writes the part of a note that is signed. */
static int write_body(const struct checkpoint *checkpoint, struct writer *out)
{
    checkpoint_write_origin(checkpoint->device, out);
    write_text(out, "\n");
    write_decimal(out, checkpoint->size);
    write_text(out, "\n");
    write_base64(out, SPAN_OF(checkpoint->root));
    write_text(out, "\nepoch ");
    write_decimal(out, checkpoint->epoch);
    write_text(out, "\nincarnation ");
    write_hex(out, SPAN_OF(checkpoint->incarnation));
    write_text(out, "\n");
    return checkpoint->handover ? write_next(checkpoint, out) : 0;
}

static void read_next(struct reader *in, struct checkpoint *out)
{
    struct checkpoint_key next = { 0 };
    read_expected(in, "next ");
    read_vkey(in, &next);
    read_expected(in, "\n");
    if (!span_equal(SPAN_OF(next.device), SPAN_OF(out->device)))
        read_fail(in);
    memcpy(out->next, next.public_key, sizeof out->next);
}

static uint32_t read_epoch(struct reader *in)
{
    uint64_t epoch = read_decimal(in);
    if (epoch > UINT32_MAX)
        read_fail(in);
    return (uint32_t)epoch;
}

static void read_body(struct reader *in, struct checkpoint *out)
{
    read_origin(in, out->device);
    read_expected(in, "\n");
    out->size = read_decimal(in);
    read_expected(in, "\n");
    read_base64(in, out->root, sizeof out->root);
    read_expected(in, "\nepoch ");
    out->epoch = read_epoch(in);
    read_expected(in, "\nincarnation ");
    read_hex(in, out->incarnation, sizeof out->incarnation);
    read_expected(in, "\n");
    out->handover = next_is(in, "next ");
    if (out->handover)
        read_next(in, out);
}

/* --- Signatures --- */

static void write_signature(const struct checkpoint *checkpoint,
                            const uint8_t signature[SIGNATURE_BYTES], struct writer *out)
{
    write_text(out, "\n" DASH " ");
    checkpoint_write_origin(checkpoint->device, out);
    write_text(out, " ");
    write_base64(out, span_of(signature, SIGNATURE_BYTES));
    write_text(out, "\n");
}

int checkpoint_sign(const struct checkpoint *checkpoint, const uint8_t seed[ED25519_SEED_SIZE],
                    struct writer *out)
{
    uint8_t text[CHECKPOINT_MAX], bytes[SIGNATURE_BYTES];
    struct writer body = WRITER_OF(text);
    struct checkpoint_key key;
    memcpy(key.device, checkpoint->device, sizeof key.device);
    int r = ed25519_public(seed, key.public_key);
    if (!r)
        r = checkpoint_key_id(&key, bytes);
    if (!r)
        r = write_body(checkpoint, &body);
    if (!r)
        r = ed25519_sign(seed, written(&body), bytes + CHECKPOINT_KEY_ID_SIZE);
    if (r)
        return r;
    write_span(out, written(&body));
    write_signature(checkpoint, bytes, out);
    return 0;
}

void checkpoint_read(struct reader *in, struct signed_checkpoint *out)
{
    uint8_t bytes[SIGNATURE_BYTES];
    struct signed_checkpoint note = { 0 };
    read_body(in, &note.checkpoint);
    read_expected(in, "\n" DASH " ");
    expect_origin(in, note.checkpoint.device);
    read_expected(in, " ");
    read_base64(in, bytes, sizeof bytes);
    read_expected(in, "\n");
    if (read_failed(in))
        return;
    memcpy(note.key_id, bytes, sizeof note.key_id);
    memcpy(note.signature, bytes + CHECKPOINT_KEY_ID_SIZE, sizeof note.signature);
    *out = note;
}

int checkpoint_verify(const struct signed_checkpoint *note, const struct checkpoint_key *key)
{
    uint8_t id[CHECKPOINT_KEY_ID_SIZE], text[CHECKPOINT_MAX];
    struct writer body = WRITER_OF(text);
    int r = checkpoint_key_id(key, id);
    if (r)
        return r;
    if (!span_equal(SPAN_OF(note->checkpoint.device), SPAN_OF(key->device)) ||
        !span_equal(SPAN_OF(note->key_id), SPAN_OF(id)))
        return CHECKPOINT_OTHER_KEY;
    r = write_body(&note->checkpoint, &body);
    if (!r)
        r = ed25519_verify(key->public_key, written(&body), note->signature);
    return r == CRYPTO_BAD_SIGNATURE ? CHECKPOINT_BAD_SIGNATURE : r;
}

/* --- Receipts --- */

int receipt_write(const struct receipt *receipt, struct writer *out)
{
    write_text(out, "glasshsm-log-receipt 1\nincarnation ");
    write_hex(out, SPAN_OF(receipt->incarnation));
    write_text(out, "\nkey ");
    int r = checkpoint_write_vkey(&receipt->key, out);
    write_text(out, "\n");
    return r;
}

void receipt_read(struct reader *in, struct receipt *out)
{
    struct receipt receipt = { 0 };
    read_expected(in, "glasshsm-log-receipt 1\nincarnation ");
    read_hex(in, receipt.incarnation, sizeof receipt.incarnation);
    read_expected(in, "\nkey ");
    read_vkey(in, &receipt.key);
    read_expected(in, "\n");
    if (!read_failed(in))
        *out = receipt;
}
