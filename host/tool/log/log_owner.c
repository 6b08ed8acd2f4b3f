/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/log/log_owner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/usage.h"
#include "host/tool/cli/value.h"

/* --- Options --- */

const struct option_row log_owner_rows[] = {
    { "json", NULL, "the daemon's answer as it is", INTO_FLAG(struct log_owner_options, as_json) },
    OPTIONS_END,
};

const struct option_row log_policy_rows[] = {
    { "forced", "off|on|fixed",
      "on: at the limit, refuse audited commands until the log is acknowledged; fixed: the same, "
      "and nobody changes the policy before INITIALIZE",
      INTO_CHOICE(struct log_owner_options, forced) },
    { "limit", "N", "how many records of audited commands may wait for an acknowledgement",
      INTO_TEXT(struct log_owner_options, limit) },
    { "keep", "N|all", "how many lines stay when acknowledged ones are pruned; at least 10",
      INTO_TEXT(struct log_owner_options, keep) },
    { "read", "pin|free",
      "whether programs read the log through the reader after the user PIN alone, or freely",
      INTO_CHOICE(struct log_owner_options, read) },
    OPTIONS_END,
};

/* --- Asking --- */

/* Sends the request, which it takes, to the daemon of the token `name`. The caller releases the
 * answer, which was printed already if --json was given; NULL after a complaint. */
static json_t *ask(const struct command_line *command, const char *name, json_t *request)
{
    struct log_owner_options *options = command->options;
    options->place.name = name;
    json_t *answer = admin_question(&options->place, request);
    if (answer && options->as_json)
        text_json(stdout, answer);
    return answer;
}

static bool is_json(const struct command_line *command)
{
    return ((const struct log_owner_options *)command->options)->as_json;
}

/* --- note --- */

int log_note(struct command_line *command)
{
    json_t *request = json_pack("{s:s,s:s}", "request", "note", "text", command->operand[0]);
    if (!request)
        return usage_wrong(command, "the note is not UTF-8");
    json_t *answer = ask(command, command->operand[1], request);
    if (answer && !is_json(command))
        text_print(stdout, "record %" PRId64 "\n", value_number(answer, "record"));
    json_decref(answer);
    return answer ? TOOL_DONE : TOOL_FAILED;
}

/* --- acknowledge --- */

#define MARK "\n-- checkpoint\n"

static bool read_all(const char *path, char **out)
{
    FILE *in = fopen(path, "r");
    size_t room;
    errno = in ? 0 : errno;
    ssize_t size = in ? getdelim(out, &room, 0, in) : -1;
    if (in)
        fclose(in);
    return size > 0;
}

/* Finds the note in the checkpoint section of a snapshot, or takes the whole text. A section ends
 * where a line begins with "-- "; a note's signature begins with a longer dash. */
static char *find_note(char *text)
{
    char *section = strstr(text, MARK);
    if (!section)
        return text;
    char *note = section + strlen(MARK), *end = strstr(note, "\n-- ");
    if (end)
        end[1] = 0;
    return note;
}

static void free_text(char **text)
{
    free(*text);
}

int log_acknowledge(struct command_line *command)
{
    SCOPED(free_text) char *text = NULL;
    const char *path = command->operand[0];
    if (!read_all(path, &text))
        return tool_complain(TOOL_FAILED, "%s: %s", path, errno ? strerror(errno) : "empty");
    char *note = find_note(text);
    json_t *request =
        strlen(note) > 600 ? NULL : json_pack("{s:s,s:s}", "request", "acknowledge", "note", note);
    if (!request)
        return tool_complain(TOOL_FAILED, "%s holds no checkpoint", path);
    json_t *answer = ask(command, command->operand[1], request);
    if (answer && !is_json(command))
        text_print(stdout,
                   "%" PRId64 " records acknowledged, signing epoch %" PRId64 ", %" PRId64
                   " lines pruned in all\n",
                   value_number(answer, "acknowledged"), value_number(answer, "epoch"),
                   value_number(answer, "pruned"));
    json_decref(answer);
    return answer ? TOOL_DONE : TOOL_FAILED;
}

/* --- policy --- */

/* The word for a setting; "not told" when an older daemon does not send it. */
static const char *word_of(const json_t *policy, const char *key)
{
    return value_text(policy, key, "not told");
}

static const char *reading_of(const json_t *policy)
{
    static const char *const readings[][2] = {
        { "free", "free, through the reader" },
        { "pin", "with the user PIN, through the reader" },
    };
    const char *word = word_of(policy, "read");
    for (size_t i = 0; i < COUNT_OF(readings); i++)
        if (strcmp(word, readings[i][0]) == 0)
            return readings[i][1];
    return word;
}

static void print_policy(const json_t *policy)
{
    const json_t *keep = json_object_get(policy, "keep");
    text_print(stdout, "forced audit  %s\n", word_of(policy, "forced"));
    text_print(stdout, "limit         %" PRId64 " records, %" PRId64 " used\n",
               value_number(policy, "limit"), value_number(policy, "used"));
    if (json_is_integer(keep))
        text_print(stdout, "keep          %" PRId64 " lines\n", value_number(policy, "keep"));
    else
        text_print(stdout, "keep          %s\n", keep ? "all lines" : "not told");
    text_print(stdout, "reading       %s\n", reading_of(policy));
    text_print(stdout,
               "log           %" PRId64 " records, %" PRId64 " acknowledged, %" PRId64
               " pruned, signing epoch %" PRId64 "\n",
               value_number(policy, "size"), value_number(policy, "acknowledged"),
               value_number(policy, "pruned"), value_number(policy, "epoch"));
}

/* Adds a setting to the request: a number as a number, any other text as a string, which the daemon
 * may know. */
static void add_setting(json_t *request, const char *key, const char *text)
{
    char *end;
    if (!text)
        return;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    bool numeric = *text && !*end && !errno;
    json_object_set_new(request, key, numeric ? json_integer(number) : json_string(text));
}

int log_policy(struct command_line *command)
{
    const struct log_owner_options *options = command->options;
    json_t *request = json_pack("{s:s}", "request", "policy");
    add_setting(request, "forced", options->forced);
    add_setting(request, "limit", options->limit);
    add_setting(request, "keep", options->keep);
    add_setting(request, "read", options->read);
    json_t *answer = ask(command, command->operand[0], request);
    if (answer && !options->as_json)
        print_policy(answer);
    json_decref(answer);
    return answer ? TOOL_DONE : TOOL_FAILED;
}
