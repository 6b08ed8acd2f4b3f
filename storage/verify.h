/* Everything about a store at rest, checked: opening it (with look_only) has checked the set of
 * rows, the state row, the end of the log and the anchor; here come all lines of the log and all
 * objects. */
#pragma once

#include "storage/open.h"

struct verify_report {
    uint64_t records; /* lines of the log that are there, each chained to the one before */
    uint64_t objects; /* that open under their seals */
    uint64_t damaged; /* the first record that is not what it should be; 0: none */
};

/* FAULT_BROKEN: something is not as the state row says; the cause tells what. out is filled in any
 * case. */
MUST_CHECK int verify_store(struct store *s, struct verify_report *out);
