/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of a log, or as a record: the readers must end and stay inside, and walking
 * what was read must find what the reader counted. */
#include <stdlib.h>

#include "crypto/crypto.h"
#include "formats/audit_record.h"
#include "formats/log_file.h"
#include "tests/fuzz/fuzz.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void walk(const struct log_file *file)
{
    struct log_handovers handovers = log_handovers(file);
    struct log_steps steps = log_steps(file);
    struct signed_checkpoint note;
    struct log_step step;
    uint32_t count = 0;
    while (log_handover_next(&handovers, &note))
        require(++count <= file->handover_count && note.checkpoint.handover);
    require(count == file->handover_count);
    while (log_step_next(&steps, &step))
        require(step.from < step.to && step.proof_size <= sizeof step.proof);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct log_file file;
    struct audit_record record;
    const char *why = NULL;
    if (crypto_init())
        abort();
    if (log_file_read(span_of(data, size), &file, &why))
        walk(&file);
    else
        require(why);
    if (audit_record_read(span_of(data, size), &record))
        require(size <= AUDIT_LINE_MAX);
    return 0;
}
