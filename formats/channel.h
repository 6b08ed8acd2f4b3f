/* SPDX-License-Identifier: Apache-2.0 */
/* Secure messaging: the channel that chip authentication opens, and the protection of commands and
 * answers in it, for both card and host (protocol.md 11.2 and 11.3; ISO 7816-4, TR-03110-3).
 *
 * Each message has a number, which both sides count and neither sends, so a message that was
 * altered, left out, repeated or reordered does not verify. After such a message the channel is
 * useless, and its owner closes it. */
#pragma once

#include "base/results.h"
#include "crypto/hash.h"
#include "formats/apdu.h"

#define CHANNEL_BLOCK      16
#define CHANNEL_NONCE_SIZE 8
#define CHANNEL_TOKEN_SIZE 8
/* The largest number of bytes that protection adds to a message: padding, headers, Le or status
 * word, MAC. */
#define CHANNEL_OVERHEAD 64

/* The only protocol supported, id-CA-ECDH-AES-CBC-CMAC-128: value of its object identifier. */
extern const struct span channel_protocol;

/* Positive results. */
enum {
    CHANNEL_UNPROTECTED = RESULTS_CHANNEL, /* the MAC is missing, or a member is out of place */
    CHANNEL_BROKEN,                        /* the message does not verify */
};

/* Keys and message number of a channel. Secret: keep it in memory for secrets and wipe it. */
struct channel {
    uint8_t encryption[CHANNEL_BLOCK], mac[CHANNEL_BLOCK], number[CHANNEL_BLOCK];
};
void channel_wipe(struct channel *channel);

/* Derives the channel's keys from the shared point's x-coordinate and the card's nonce. Fault of
 * this and all functions below: FAULT_LIBRARY. */
MUST_CHECK int channel_derive(struct span shared, struct span nonce, struct channel *out);
/* Computes the token that proves to the host, over whose public point it is computed, that the card
 * has the keys. */
MUST_CHECK int channel_token(const struct channel *channel, struct span host_point,
                             uint8_t out[CHANNEL_TOKEN_SIZE]);

/* Whether the command's class byte says that it is protected. */
bool channel_protects(const struct apdu *apdu);

/* --- The card's side --- */

/* Verifies a protected command and removes the protection. The data is written to plain, from which
 * out borrows. Accepts MACs of 8 to 16 bytes, since hosts differ. CHANNEL_UNPROTECTED,
 * CHANNEL_BROKEN. */
MUST_CHECK int channel_open_command(struct channel *channel, const struct apdu *command,
                                    struct writer *plain, struct apdu *out);
/* The most bytes of data that an answer can have so that it fits into `room` bytes when
 * protected. */
size_t channel_answer_max(size_t room);
/* Increments the message number and appends the protected answer, without the plain status word
 * that follows it. room is used for the cipher text. */
MUST_CHECK int channel_seal_answer(struct channel *channel, struct span data, uint16_t status,
                                   struct writer *room, struct writer *out);

/* --- The host's side --- */

/* Increments the message number and writes the protected command. room is used for the cipher
 * text. */
MUST_CHECK int channel_seal_command(struct channel *channel, const struct apdu *command,
                                    struct writer *room, struct writer *out);
/* channel_seal_command() with a MAC of mac_size bytes, up to CHANNEL_BLOCK: hosts differ
 * (protocol.md 12.6). */
MUST_CHECK int channel_seal_command_with(struct channel *channel, const struct apdu *command,
                                         size_t mac_size, struct writer *room, struct writer *out);
/* Verifies an answer (without the status word that follows it) and appends its data; data must have
 * room for the padding as well. CHANNEL_UNPROTECTED, CHANNEL_BROKEN. */
MUST_CHECK int channel_open_answer(struct channel *channel, struct span answer, struct writer *data,
                                   uint16_t *out_status);
