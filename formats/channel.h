/* Secure messaging: the channel that chip authentication opens, and commands and answers protected
 * in it, as both sides of the reader need them (protocol.md 11.2 and 11.3; ISO 7816-4, TR-03110-3).
 *
 * Each message has its number, which neither side sends: whatever is altered, left out, repeated or
 * put in another order does not verify. After that a channel is of no use, and its owner closes it.
 */
#pragma once

#include "crypto/digest.h"
#include "formats/apdu.h"

#define CHANNEL_BLOCK      16
#define CHANNEL_NONCE_SIZE 8
#define CHANNEL_TOKEN_SIZE 8
/* What protection adds to a message at most: padding, headers, Le or status word, MAC. */
#define CHANNEL_OVERHEAD 64

/* id-CA-ECDH-AES-CBC-CMAC-128, its body: the only protocol here. */
extern const struct span channel_protocol;

enum {                          /* positive results */
       CHANNEL_UNPROTECTED = 1, /* no MAC, or members that do not belong there */
       CHANNEL_BROKEN,          /* does not verify */
};

/* Keys and message number; secret, so kept where secrets are, and wiped. */
struct channel {
    uint8_t encryption[CHANNEL_BLOCK], mac[CHANNEL_BLOCK], number[CHANNEL_BLOCK];
};
void channel_wipe(struct channel *channel);

/* From the shared point's x-coordinate and the card's nonce. Fault: FAULT_LIBRARY, as of all here.
 */
MUST_CHECK int channel_derive(struct span shared, struct span nonce, struct channel *out);
/* Shows to the host, whose point it covers, that the card has the keys. */
MUST_CHECK int channel_token(const struct channel *channel, struct span host_point,
                             uint8_t out[CHANNEL_TOKEN_SIZE]);

/* Whether the class byte says that a command is protected. */
bool channel_protects(const struct apdu *apdu);

/* --- The card's side --- */

/* Verifies a protected command and takes the protection off; its data is written to plain, of which
 * out borrows. MACs of 8 to 16 bytes, since hosts differ. CHANNEL_UNPROTECTED, CHANNEL_BROKEN. */
MUST_CHECK int channel_open_command(struct channel *channel, const struct apdu *command,
                                    struct writer *plain, struct apdu *out);
/* How long an answer's data can be so that its protection fits so many bytes. */
size_t channel_answer_max(size_t room);
/* Counts on, and appends the protected answer without the status word behind it; room serves for
 * the cipher text. */
MUST_CHECK int channel_seal_answer(struct channel *channel, struct span data, uint16_t status,
                                   struct writer *room, struct writer *out);

/* --- The host's side --- */

/* Counts on, and writes the command protected. */
MUST_CHECK int channel_seal_command(struct channel *channel, const struct apdu *command,
                                    struct writer *room, struct writer *out);
/* The same with a MAC of so many bytes, up to CHANNEL_BLOCK: hosts differ (protocol.md 12.6). */
MUST_CHECK int channel_seal_command_with(struct channel *channel, const struct apdu *command,
                                         size_t mac_size, struct writer *room, struct writer *out);
/* Verifies an answer (without the status word behind it) and appends its data, for which there must
 * be room with its padding. CHANNEL_UNPROTECTED, CHANNEL_BROKEN. */
MUST_CHECK int channel_open_answer(struct channel *channel, struct span answer, struct writer *data,
                                   uint16_t *out_status);
