/* What happened to a token since its user was there last: a summary of log records. The daemon
 * makes it, since it has the log; the tool tells it. */
#pragma once

#include "formats/audit_record.h"

/* What is counted, in the order in which it is told: name, text. */
#define VISIT_COUNTS(X)                                                                            \
    X(failed_logins, "failed logins")                                                              \
    X(keys_exported, "keys exported")                                                              \
    X(initialisations, "initialisations")                                                          \
    X(keys_imported, "keys imported")                                                              \
    X(shares_imported, "DKEK shares imported")                                                     \
    X(shares_unasked, "DKEK shares imported without login")                                        \
    X(keys_made, "keys made")                                                                      \
    X(uses, "uses of keys") /* signatures, decryptions and what else a key does */                 \
    X(files_written, "files written")                                                              \
    X(deleted, "files or keys deleted")

/* Add the records in their order; the counts begin again at every user login that succeeded. */
struct visit {
    uint64_t user_login_ms; /* the last one; 0: none among the records */
    uint64_t so_login_ms;   /* the last one, ever */
#define X(name, text) uint64_t name;
    VISIT_COUNTS(X)
#undef X
};

void visit_add(struct visit *visit, const struct audit_record *record);
