/* What happened to a token since its user was there last: a summary of log records. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "formats/audit_record.h"

/* Add the records in their order; the counts begin again at every user login that succeeded. */
struct visit {
    uint64_t user_login_ms; /* the last one; 0: none among the records */
    uint64_t so_login_ms;   /* the last one, ever */
    uint64_t failed_logins;
    uint64_t keys_made, deleted, files_written;
    uint64_t uses; /* signatures, decryptions and what else a key does */
    uint64_t keys_exported, keys_imported;
    uint64_t initialisations;
};

void visit_add(struct visit *visit, const struct audit_record *record);

/* Asks the daemon behind an admin socket (admin_client.h), without a word of complaint: false when
 * there is none, when path and name are NULL and no $GLASSHSM_SOCKET names one, or when its card is
 * busy. Looks at the last VISIT_RECORDS records. */
enum { VISIT_RECORDS = 4096 };
MUST_CHECK bool visit_ask(const char *path, const char *name, struct visit *out);
/* The same for the token with this serial number. Asks $GLASSHSM_SOCKET, the sockets of the same
 * world beside it, and those below /run/glasshsm which of them it is. */
MUST_CHECK bool visit_ask_token(struct span serial, struct visit *out);

/* One line. */
void visit_print(FILE *to, const struct visit *visit);
