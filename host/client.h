/* The card's commands as typed calls, for programs that talk to a token through a reader. */
#pragma once

#include "host/reader.h"

enum {                       /* positive results beside those of reader.h */
       CLIENT_REFUSED = 100, /* the card answered another status word than 9000; see out_sw */
       CLIENT_MALFORMED,     /* an answer without a status word */
};

/* Selects the SmartCard-HSM application. */
MUST_CHECK int client_select(const struct reader_card *card, uint16_t *out_sw);
/* Presents the user PIN; a refusal's status word says how many tries remain (63Cx). */
MUST_CHECK int client_verify(const struct reader_card *card, struct span pin, uint16_t *out_sw);
