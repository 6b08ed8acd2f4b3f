/* SPDX-License-Identifier: Apache-2.0 */
/* Checks all lines of the log and all objects of a store that no daemon uses. Opening the store
 * (with look_only) has already checked the set of rows, the state row, the end of the log and the
 * anchor. */
#pragma once

#include "storage/open.h"

struct verify_report {
    uint64_t records; /* lines of the log that exist, each chained to the one before */
    uint64_t objects; /* objects that open under their seals */
    uint64_t damaged; /* number of the first altered or missing record; 0: none */
};

/* FAULT_BROKEN: something does not match the state row; the cause says what. out is filled in any
 * case. */
MUST_CHECK int verify_store(struct store *s, struct verify_report *out);
