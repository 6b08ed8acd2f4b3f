/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm log verify: judges a log from files alone, and shows what is new. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/usage.h"
#include "host/tool/log/log_evidence.h"
#include "host/tool/log/log_verbs.h"
#include "host/tool/log/record_text.h"

struct verification {
    struct log_evidence files;
    bool as_json;
};

static void end_verify(struct verification *options)
{
    log_evidence_end(&options->files);
}

/* --- Telling it --- */

/* The records that the new file adds to the old file, or to the receipt. */
struct news {
    const struct log_file *file; /* file that has them; NULL: none was given */
    uint64_t first, last;        /* the new records */
    uint64_t shown;              /* number of the first record that the file still has */
    bool all;                    /* list all records, not only the notable ones */
};

static struct news news_of(const struct verification *options)
{
    bool compared =
        options->files.old.path && (options->files.fresh.path || options->files.proof.path);
    const struct evidence_file *kept = options->files.fresh.path ? &options->files.fresh
                                       : options->files.old.path && !compared
                                           ? &options->files.old
                                           : &options->files.proof;
    struct news news = {
        .file = kept->file.kind == LOG_SNAPSHOT ? &kept->file : NULL,
        .first = compared ? options->files.old.file.checkpoint.checkpoint.size + 1 : 1,
        .last = kept->file.checkpoint.checkpoint.size,
        .all = compared,
    };
    uint64_t kept_first = news.file ? news.file->pruned.size + 1 : news.last + 1;
    news.shown = kept_first > news.first ? kept_first : news.first;
    return news;
}

/* Whatever the SO and the admin did is notable, too. */
static bool is_notable(const struct audit_record *record)
{
    return record->role == AUDIT_OFFICER || record->role == AUDIT_ADMIN ||
           audit_traits_of(record->action)->notice == AUDIT_NOTABLE;
}

typedef void news_line(void *context, const struct audit_record *record, struct span line);

static void for_each(const struct news *news, news_line *take, void *context)
{
    if (!news->file)
        return;
    struct log_lines walk = log_lines(news->file);
    struct audit_record record;
    struct span line;
    while (log_line_next(&walk, &line))
        if (walk.seq >= news->first && audit_record_read(line, &record))
            take(context, &record, line);
}

static void print_notable(void *context, const struct audit_record *record, struct span line)
{
    unsigned *count = context;
    (void)line;
    if (!is_notable(record))
        return;
    if ((*count)++ == 0)
        text_own(stdout, "\nadministration and exports:\n");
    record_print(record, RECORD_LOCAL);
}

static void print_any(void *context, const struct audit_record *record, struct span line)
{
    (void)context, (void)line;
    record_print(record, RECORD_LOCAL);
}

static void print_news(const struct news *news)
{
    unsigned notable = 0;
    if (news->shown > news->first)
        text_print(stdout,
                   "records %" PRIu64 " to %" PRIu64 ": what they say is not in these files\n",
                   news->first, news->shown - 1);
    for_each(news, print_notable, &notable);
    if (!notable && news->shown <= news->last)
        text_own(stdout, "\nno administration and no exports\n");
    if (news->all && news->shown <= news->last) {
        text_own(stdout, "\nall new records:\n");
        for_each(news, print_any, NULL);
    }
}

static void print_verdict(const struct log_judgement *judgement, const struct news *news)
{
    text_print(stdout, "%s", log_verdict_name(judgement->verdict));
    if (judgement->record)
        text_print(stdout, " at record %" PRIu64, judgement->record);
    if (judgement->why)
        text_print(stdout, ": %s%s%s\n", judgement->file ? judgement->file : "",
                   judgement->file ? " file: " : "", judgement->why);
    else if (news->first > news->last)
        text_print(stdout, ": no record was added to the %" PRIu64 " that were there\n",
                   news->last);
    else if (news->first == news->last)
        text_print(stdout, ": record %" PRIu64 " is new%s\n", news->last,
                   news->all ? ", and none before it was changed" : " since the receipt");
    else
        text_print(stdout, ": records %" PRIu64 " to %" PRIu64 " are new%s\n", news->first,
                   news->last,
                   news->all ? ", and none before them was changed" : " since the receipt");
}

static json_t *json_of(const struct log_judgement *judgement, const struct news *news)
{
    return json_pack("{s:s, s:o*, s:s*, s:I, s:I, s:I, s:I}", "verdict",
                     log_verdict_name(judgement->verdict), "file",
                     judgement->file ? text_value(span_of_text(judgement->file)) : NULL, "reason",
                     judgement->why, "record", (json_int_t)judgement->record, "first_new",
                     (json_int_t)news->first, "first_shown", (json_int_t)news->shown, "last",
                     (json_int_t)news->last);
}

static void print_line(void *context, const struct audit_record *record, struct span line)
{
    (void)context, (void)record;
    text_json_line(stdout, line);
}

static void tell_json(const struct log_judgement *judgement, const struct news *news)
{
    json_t *verdict = json_of(judgement, news);
    text_json(stdout, verdict);
    json_decref(verdict);
    if (!judgement->why && news->all)
        for_each(news, print_line, NULL);
}

static int tell(const struct verification *options, const struct log_judgement *judgement)
{
    struct news news = { 0 };
    if (!judgement->why)
        news = news_of(options);
    if (options->as_json)
        tell_json(judgement, &news);
    else
        print_verdict(judgement, &news);
    if (!options->as_json && !judgement->why)
        print_news(&news);
    return fflush(stdout) || ferror(stdout) ? TOOL_FAILED : log_verdict_exit(judgement->verdict);
}

/* --- Options --- */

const struct option_row log_verify_rows[] = {
    { "old", "FILE", "a snapshot taken before, or the checkpoint of one",
      INTO_TEXT(struct log_verify_options, old) },
    { "new", "FILE", "a snapshot taken later", INTO_TEXT(struct log_verify_options, fresh) },
    { "proof", "FILE",
      "from `log proof`: in place of records between them that were pruned, or of the new snapshot",
      INTO_TEXT(struct log_verify_options, proof) },
    { "receipt", "FILE", "from the token's creation (`log receipt`)",
      INTO_TEXT(struct log_verify_options, receipt) },
    { "json", NULL, "the verdict, then each new record, as one JSON object a line",
      INTO_FLAG(struct log_verify_options, as_json) },
    OPTIONS_END,
};

int log_verify(struct command_line *command)
{
    SCOPED(end_verify) struct verification verification = { 0 };
    const struct log_verify_options *options = command->options;
    struct log_judgement judgement = { 0 };
    if (!options->old && (!options->fresh || options->proof))
        return usage_wrong(command, "name what to verify: --new FILE, --old FILE or both");
    verification.as_json = options->as_json;
    verification.files.old.path = options->old;
    verification.files.fresh.path = options->fresh;
    verification.files.proof.path = options->proof;
    verification.files.receipt.path = options->receipt;
    int status = log_evidence_judge(&verification.files, &judgement);
    return status ? status : tell(&verification, &judgement);
}
