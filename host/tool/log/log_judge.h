/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a log from files that people kept, and nothing else: no store, no daemon, no network.
 * docs/verify_log.py judges alike and shares no code. Both look at things in the order of
 * docs/AUDIT.md, "What is compared". */
#pragma once

#include "host/tool/log/log_check.h"

enum log_verdict { /* as the exits of `log verify` name them */
                   LOG_SAME,
                   LOG_EXTENDS,
                   LOG_UNPROVEN,  /* all fits together, but nothing old vouches for it */
                   LOG_FORKED,    /* two histories of one log */
                   LOG_TRUNCATED, /* the new one ends before the old one did */
                   LOG_REPLACED,  /* another token, or a new log under its name */
                   LOG_INVALID,   /* some file is not what its signatures and hashes say */
                   LOG_MISSING,   /* the records in between are pruned: a proof is needed */
};

/* The files to judge; NULL: not given. An old or a new one must be given. */
struct log_case {
    const struct receipt *receipt;
    const struct log_file *old, *fresh, *proof;
};

struct log_judgement {
    enum log_verdict verdict;
    uint64_t record;  /* number of the record where it was found; 0: no particular one */
    const char *file; /* "old", "new" or "proof", for LOG_INVALID */
    const char *why;  /* NULL when nothing is wrong */
};

/* Faults: FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int log_judge(const struct log_case *all, struct log_judgement *out);

/* "EXTENDS" */
const char *log_verdict_name(enum log_verdict verdict);
