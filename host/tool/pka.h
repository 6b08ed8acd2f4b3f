/* What the verbs of `glasshsm pka` share. Statuses are exit statuses, after a complaint. */
#pragma once

#include "host/tool/card_verb.h"

/* Before anything reads certificates. */
MUST_CHECK int pka_prepare(void);
/* TOOL_NOT_SUPPORTED: the token has none. */
MUST_CHECK int pka_custody(struct card_call *call, struct client_custody *out);

/* A custodian's token in another reader. Zeroed before. */
struct custodian {
    struct card_call call;
    int key; /* that was named, or -1 */
    bool ours;
};
/* Opens it, keeps others from it and selects the application. */
MUST_CHECK int pka_open_custodian(const struct card_call *call, const struct custodian_source *from,
                                  struct custodian *out);
/* Ends its login. */
void pka_close_custodian(struct custodian *custodian);

int pka_login(struct card_call *call);
int pka_login_needs(const struct card_call *call);
int pka_login_prepare(struct card_call *call);
