/* SPDX-License-Identifier: Apache-2.0 */
/* A summary of what happened to a token since its user's last visit, made from log records. The
 * daemon makes it, since it has the log; the tool prints it. */
#pragma once

#include "formats/audit_record.h"

/* The counters in the order in which they are printed: name, text. */
#define VISIT_COUNTS(X)                                                                            \
    X(failed_logins, "failed logins")                                                              \
    X(keys_exported, "keys exported")                                                              \
    X(initialisations, "initialisations")                                                          \
    X(keys_imported, "keys imported")                                                              \
    X(shares_imported, "DKEK shares imported")                                                     \
    X(shares_unasked, "DKEK shares imported without login")                                        \
    X(keys_made, "keys made")                                                                      \
    X(uses, "uses of keys") /* signatures, decryptions and all other operations of keys */         \
    X(files_written, "files written")                                                              \
    X(deleted, "files or keys deleted")

/* A summary. Call visit_add() for the records in their order; every successful user login sets the
 * counters to zero. */
struct visit {
    uint64_t user_login_ms; /* last user login; 0: none among the records */
    uint64_t so_login_ms;   /* last SO login; not reset by user logins */
#define X(name, text) uint64_t name;
    VISIT_COUNTS(X)
#undef X
    /* The file that the last record wrote, whose next part is the same writing; 0: none. */
    uint16_t being_written;
    uint64_t uncounted; /* of all actions that the summary leaves out */
};

void visit_add(struct visit *visit, const struct audit_record *record);
