/* SPDX-License-Identifier: Apache-2.0 */
/* What a token shows of itself to anybody: label, serial number, whether it can be used. Nothing of
 * it is verified; --secure does that. */
#pragma once

#include "formats/cvc.h"
#include "host/client/client.h"

#define TOKEN_LABEL_MAX 64 /* bytes of a label that are kept */

struct token_face {
    char label[TOKEN_LABEL_MAX + 1];
    char serial[CLIENT_NAME_MAX + 1];
    uint16_t user_pin; /* status word of asking for the user PIN's state */
};

/* Reads it from a card on which the application is selected; what the card does not have stays
 * empty. A result of host/client/client.h. */
MUST_CHECK int token_face_read(const struct reader_card *card, struct token_face *out);
/* Connects to the token in this reader and reads it; waits for whoever holds the card. */
MUST_CHECK int token_face_of(const struct reader_service *service, const char *reader,
                             struct token_face *out);
/* Whether the token is called so: by its label or its serial number. */
bool token_face_is(const struct token_face *face, const char *name);
/* "LABEL (SERIAL)", or the one of them that there is; empty when there is none. */
enum { TOKEN_TITLE_SIZE = TOKEN_LABEL_MAX + CLIENT_NAME_MAX + 4 };
void token_face_title(const struct token_face *face, char out[TOKEN_TITLE_SIZE]);
