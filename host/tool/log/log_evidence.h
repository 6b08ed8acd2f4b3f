/* SPDX-License-Identifier: Apache-2.0 */
/* The files about a log that a verifier is given: reads them and judges them together. */
#pragma once

#include "host/tool/log/evidence_file.h"
#include "host/tool/log/log_judge.h"

struct log_evidence {
    struct evidence_file old, fresh, proof, receipt; /* path NULL: not given */
};
/* Reads and judges the files. A file that cannot be opened is complained about; a malformed one is
 * a judgement already (LOG_INVALID). 0, or the exit status. */
MUST_CHECK int log_evidence_judge(struct log_evidence *evidence, struct log_judgement *out);
/* Frees what was read. Harmless twice. */
void log_evidence_end(struct log_evidence *evidence);

/* The exit status of a verdict. */
int log_verdict_exit(enum log_verdict verdict);
