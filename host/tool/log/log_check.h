/* Whether the records of a snapshot are what its notes sign: form, numbers, chain, tree. One pass,
 * on all processors, however long the log is. */
#pragma once

#include "formats/audit_record.h"
#include "formats/log_file.h"

struct log_fault {
    uint64_t record; /* 0: of none in particular */
    const char *why; /* NULL: all is well */
};

/* The root at one more size than the notes tell, for comparing with another file. */
struct log_root {
    uint64_t size;
    bool known; /* false: beyond the end, or within what was pruned */
    uint8_t root[SHA256_SIZE];
};

/* A positive result does not exist: what is wrong is in out_fault. Faults: FAULT_MEMORY,
 * FAULT_LIBRARY. */
MUST_CHECK int log_check(const struct log_file *file, struct log_root *at, struct log_fault *out);

/* What the first record that names a key says of the first epoch; false unless the file begins with
 * record 1. */
bool log_first_key(const struct log_file *file, struct receipt *out);

/* Walks the lines of a snapshot. */
struct log_lines {
    struct reader in;
    uint64_t seq;  /* of the line that was given last */
    uint64_t size; /* what the checkpoint covers: it ends there */
};
struct log_lines log_lines(const struct log_file *file);
bool log_line_next(struct log_lines *walk, struct span *out_line);
