/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that the records of a snapshot are those that its notes sign: form, numbers, hash chain,
 * tree. One pass, on all processors, however long the log is. */
#pragma once

#include "formats/audit_record.h"
#include "formats/log_file.h"

struct log_fault {
    uint64_t record; /* number of the faulty record; 0: no particular one */
    const char *why; /* what is wrong; NULL: nothing */
};

/* The tree's root at a size that the snapshot's notes do not sign, for comparing with another
 * file. */
struct log_root {
    uint64_t size;
    bool known; /* false: `size` is beyond the end, or within what was pruned */
    uint8_t root[SHA256_SIZE];
};

/* Checks all records; at: a further size to compute the root of, or NULL. What is wrong with the
 * log is in *out. Returns 0 or a fault: FAULT_MEMORY, FAULT_LIBRARY. */
MUST_CHECK int log_check(const struct log_file *file, struct log_root *at, struct log_fault *out);

/* Reads the first epoch's key from the first record that names a key; false unless the file begins
 * with record 1. */
bool log_first_key(const struct log_file *file, struct receipt *out);

/* Walks the lines of a snapshot. */
struct log_lines {
    struct reader in;
    uint64_t seq;  /* number of the line that was given last */
    uint64_t size; /* what the checkpoint covers: it ends there */
};
struct log_lines log_lines(const struct log_file *file);
bool log_line_next(struct log_lines *walk, struct span *out_line);
