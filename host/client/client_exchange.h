/* SPDX-License-Identifier: Apache-2.0 */
/* One command and its answer, for the files of this folder only: in the clear, or through the
 * card's secure channel. Results are those of client.h. A command or an answer may hold a secret;
 * the connection's buffers are wiped after use. */
#pragma once

#include "formats/apdu.h"
#include "host/client/reader.h"

enum {
    CLIENT_SHORT_ANSWER = 258,
    CLIENT_SHORT_LE = 256, /* a whole short answer */
};

/* A buffer of the connection (reader.h), empty at the beginning of the scope, and wiped as far as
 * it was written at the end. */
#define CLIENT_BUFFER(name, array) SCOPED(client_buffer_end) struct writer name = WRITER_OF(array)
void client_buffer_end(struct writer *buffer);

/* Sends a command, through the card's channel if it has one, and appends the answer without its
 * status word. CLIENT_REFUSED, CLIENT_MALFORMED, CLIENT_CHANNEL_BROKEN. Fault: FAULT_BROKEN without
 * a channel on a card that wants one. */
MUST_CHECK int client_exchange(const struct reader_card *card, const struct apdu *apdu,
                               struct writer *answer, uint16_t *out_sw);
/* Sends a command in the clear; else as client_exchange(). */
MUST_CHECK int client_exchange_plain(const struct reader_card *card, const struct apdu *apdu,
                                     struct writer *answer, uint16_t *out_sw);

/* Sends a command that is answered by a status word alone; data beside 9000 is CLIENT_MALFORMED.
 * header: CLA INS P1 P2. */
MUST_CHECK int client_send(const struct reader_card *card, uint32_t header, struct span data,
                           uint16_t *out_sw);
/* Sends the command in the clear; else as client_send(). */
MUST_CHECK int client_send_plain(const struct reader_card *card, uint32_t header, struct span data,
                                 uint16_t *out_sw);
/* Sends a command and appends its answer, which must not be empty and must fit into out. */
MUST_CHECK int client_ask(const struct reader_card *card, uint32_t header, struct span data,
                          struct writer *out, uint16_t *out_sw);
/* Appends an answer; CLIENT_MALFORMED when it is empty or does not fit. */
MUST_CHECK int client_append(struct writer *out, struct span answer);

/* SELECTs a file and appends its template. */
MUST_CHECK int client_select_file(const struct reader_card *card, uint16_t file,
                                  struct writer *answer, uint16_t *out_sw);
/* Enters the template 6F or 62 that SELECT answers with; nothing may follow it. */
struct reader client_file_template(struct reader *in);
