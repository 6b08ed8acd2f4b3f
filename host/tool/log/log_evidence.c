/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/log/log_evidence.h"

#include "base/failure.h"
#include "crypto/crypto.h"
#include "host/tool/cli/complain.h"

void log_evidence_end(struct log_evidence *evidence)
{
    evidence_file_forget(&evidence->old);
    evidence_file_forget(&evidence->fresh);
    evidence_file_forget(&evidence->proof);
    evidence_file_forget(&evidence->receipt);
}

static bool fail_to_load(const char *name, const char *why, struct log_judgement *out)
{
    *out = (struct log_judgement){ .verdict = LOG_INVALID, .file = name, .why = why };
    return false;
}

static bool load(struct evidence_file *kept, const char *name, unsigned kinds,
                 struct log_judgement *out)
{
    const char *why;
    if (!kept->path)
        return true;
    if (!log_file_read(kept->text, &kept->file, &why))
        return fail_to_load(name, why, out);
    if (!(kinds >> kept->file.kind & 1))
        return fail_to_load(name, "it is another kind of file", out);
    return true;
}

static bool load_receipt(const struct evidence_file *kept, struct receipt *receipt,
                         struct log_judgement *out)
{
    struct reader in = reader_of(kept->text);
    if (!kept->path)
        return true;
    receipt_read(&in, receipt);
    return read_finished(&in) || fail_to_load("receipt", "it is no receipt", out);
}

static int judge(struct log_evidence *evidence, struct log_judgement *out)
{
    struct receipt receipt = { 0 };
    if (!load_receipt(&evidence->receipt, &receipt, out) ||
        !load(&evidence->old, "old", 1u << LOG_SNAPSHOT | 1u << LOG_CHECKPOINT, out) ||
        !load(&evidence->fresh, "new", 1u << LOG_SNAPSHOT, out) ||
        !load(&evidence->proof, "proof", 1u << LOG_PROOF, out))
        return 0;
    const struct log_case all = {
        .receipt = evidence->receipt.path ? &receipt : NULL,
        .old = evidence->old.path ? &evidence->old.file : NULL,
        .fresh = evidence->fresh.path ? &evidence->fresh.file : NULL,
        .proof = evidence->proof.path ? &evidence->proof.file : NULL,
    };
    return log_judge(&all, out);
}

int log_evidence_judge(struct log_evidence *evidence, struct log_judgement *out)
{
    if (evidence_file_read(&evidence->old) || evidence_file_read(&evidence->fresh) ||
        evidence_file_read(&evidence->proof) || evidence_file_read(&evidence->receipt))
        return TOOL_FAILED;
    if (crypto_init() || judge(evidence, out))
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    return 0;
}

static const int exits[] = {
    [LOG_SAME] = TOOL_DONE,
    [LOG_EXTENDS] = TOOL_DONE,
    [LOG_UNPROVEN] = TOOL_LOG_UNPROVEN,
    [LOG_FORKED] = TOOL_LOG_FORKED,
    [LOG_TRUNCATED] = TOOL_LOG_TRUNCATED,
    [LOG_REPLACED] = TOOL_LOG_REPLACED,
    [LOG_INVALID] = TOOL_LOG_INVALID,
    [LOG_MISSING] = TOOL_LOG_MISSING,
};

int log_verdict_exit(enum log_verdict verdict)
{
    return exits[verdict];
}
