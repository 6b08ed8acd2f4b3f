/* What the verbs of `glasshsm pka` share. Statuses are exit statuses, after a complaint. */
#pragma once

#include "host/tool/card/card_verb.h"

/* Starts the cryptographic library; call it before certificates are read. */
MUST_CHECK int pka_prepare(void);
/* Asks the token for its number of custodians. TOOL_NOT_SUPPORTED: it has none. */
MUST_CHECK int pka_custody(struct card_call *call, struct client_custody *out);

/* A custodian's token in another reader. Zeroed before. */
struct custodian {
    struct card_call call;
    char part[READER_NAME_SIZE];
    int key; /* number of the key that was named, or -1 */
};
/* Chooses the reader of a custodian's token and connects to it; sessions with it are those of
 * card_session.h, through a channel where the call wants one. For prepare, while the call's own
 * card is not held. */
MUST_CHECK int pka_choose_custodian(const struct card_call *call,
                                    const struct custodian_source *from, struct custodian *out);
/* Disconnects from the custodian's token. */
void pka_drop_custodian(struct custodian *custodian);

int pka_login(struct card_call *call);
int pka_login_needs(const struct card_call *call);
int pka_login_prepare(struct card_call *call);
void pka_login_finish(struct card_call *call);
