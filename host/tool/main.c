/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm: the command-line tool. A row is a subcommand; its own table names its verbs and their
 * options, from which help, completion and man pages are printed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/tool/cli/command.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/completion.h"
#include "host/tool/cli/print_exits.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/value.h"
#include "host/tool/tool.h"

static const struct family completion_family, help_family, version_family;

const struct family *const tool_families[] = {
    &run_family,    &status_family, &token_family,      &pin_family,     &key_family,
    &dkek_family,   &domain_family, &pka_family,        &object_family,  &log_family,
    &events_family, &doctor_family, &attest_family,     &ca_family,      &conform_family,
    &store_family,  &cancel_family, &completion_family, &version_family, &help_family,
    NULL,
};

static int print_list(void)
{
    text_own(stdout, "Usage: glasshsm SUBCOMMAND [OPTIONS]\n\n");
    for (size_t i = 0; tool_families[i]; i++)
        text_print(stdout, "  %-10s  %s\n", tool_families[i]->name, tool_families[i]->description);
    text_own(stdout,
             "\n`glasshsm SUBCOMMAND --help` explains one of them, as does "
             "`glasshsm help SUBCOMMAND`.\n");
    return TOOL_DONE;
}

/* NULL: there is none of this name. */
static const struct family *find_family(const char *name)
{
    for (size_t i = 0; tool_families[i]; i++)
        if (strcmp(tool_families[i]->name, name) == 0)
            return tool_families[i];
    return NULL;
}

static int refuse_name(const char *name)
{
    const char *names[COUNT_OF(tool_families)];
    for (size_t i = 0; i < COUNT_OF(tool_families); i++)
        names[i] = tool_families[i] ? tool_families[i]->name : NULL;
    return usage_unknown(NULL, "", name, "no such subcommand", names);
}

/* --- help --- */

struct page_options {
    bool as_json;
};

static const struct option_row page_rows[] = {
    { "json", NULL, "print JSON", INTO_FLAG(struct page_options, as_json) },
    OPTIONS_END,
};

/* NULL: it has no such verb. */
static const struct verb *find_verb(const struct family *family, const char *name)
{
    for (size_t i = 0; family->verbs[0].name && i < family->count; i++)
        if (strcmp(family->verbs[i].name, name) == 0)
            return &family->verbs[i];
    return NULL;
}

/* Explains the verb of this name in every subcommand that has one; false: none has. */
static bool explain_verb(const char *name)
{
    bool any = false;
    for (size_t i = 0; tool_families[i]; i++) {
        const struct verb *verb = find_verb(tool_families[i], name);
        if (!verb)
            continue;
        text_own(stdout, any ? "\n" : "");
        usage_print(stdout, tool_families[i], verb);
        any = true;
    }
    return any;
}

static int refuse_verb(const struct family *family, const char *name)
{
    const struct command_line command = { .family = family };
    const char *names[VERBS_MAX + 1] = { NULL };
    if (!family->verbs[0].name)
        return usage_wrong(&command, "has no verbs");
    for (size_t i = 0; i < family->count; i++)
        names[i] = family->verbs[i].name;
    return usage_unknown(&command, "", name, "no such verb", names);
}

static int explain(const struct command_line *command)
{
    const char *name = command->operand[0], *verb_name = command->operand[1];
    const struct family *family = find_family(name);
    const struct verb *verb = family && verb_name ? find_verb(family, verb_name) : NULL;
    if (!family && !verb_name && explain_verb(name))
        return TOOL_DONE;
    if (!family)
        return refuse_name(name);
    if (verb_name && !verb)
        return refuse_verb(family, verb_name);
    return usage_print(stdout, family, verb);
}

static int help(struct command_line *command)
{
    const struct page_options *options = command->options;
    bool exits = command->operands == 1 && strcmp(command->operand[0], "exits") == 0;
    if (options->as_json && !exits)
        return usage_wrong(command, "--json is for `help exits`");
    if (!command->operands)
        return print_list();
    if (!exits)
        return explain(command);
    tool_print_exits(options->as_json);
    return TOOL_DONE;
}

static const struct verb help_verb = {
    .operands = "[SUBCOMMAND [VERB] | exits]",
    .most = 2,
    .help = "Prints the list of subcommands, what one of them does, or the exit statuses.",
    .size = sizeof(struct page_options),
    .options = { { page_rows, 0 } },
    .run = help,
};
static const struct family help_family = {
    "help", "print this list; `help exits`: the exit statuses, --json too", NULL, &help_verb, 1
};

/* --- completion --- */

static int completion(struct command_line *command)
{
    return completion_print(command->verb->name, tool_families) ? TOOL_DONE : TOOL_FAILED;
}

static const struct verb completion_verbs[] = {
    { .name = "bash", .help = "eval \"$(glasshsm completion bash)\"", .run = completion },
    { .name = "zsh",
      .help = "eval \"$(glasshsm completion zsh)\", after compinit",
      .run = completion },
    { .name = "fish", .help = "glasshsm completion fish | source", .run = completion },
};
static const struct family completion_family = {
    "completion", "print completion of these words for a shell",
    "Prints a script for the shell, which is read as above when the shell starts.",
    completion_verbs, COUNT_OF(completion_verbs)
};

/* --- version --- */

static int version(struct command_line *command)
{
    const struct page_options *options = command->options;
    if (options->as_json)
        return value_print(json_pack("{s:s}", "version", GLASSHSM_VERSION));
    text_own(stdout, "glasshsm " GLASSHSM_VERSION "\n");
    return TOOL_DONE;
}

static const struct verb version_verb = {
    .help = "Prints the version.",
    .size = sizeof(struct page_options),
    .options = { { page_rows, 0 } },
    .run = version,
};
static const struct family version_family = { "version", "print the version; --json too", NULL,
                                              &version_verb, 1 };

/* --- The program --- */

/* Opens standard streams that the caller closed, so that no socket of ours gets their number. A
 * command that is run finds them closed, as it would without us. */
static void fill_streams(void)
{
    int fd = 0;
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        _exit(TOOL_FAILED); /* there may be no stream to complain on */
    close(fd);
}

/* The exit status, which is a failure if the output could not be written. A closed pipe is no
 * failure: its reader closed it. */
static int output_status(int status)
{
    bool flushed = fflush(stdout) == 0, unwanted = !flushed && errno == EPIPE;
    if (flushed && !ferror(stdout))
        return status;
    if (!unwanted)
        tool_complain(0, "the output cannot be written");
    return status ? status : TOOL_FAILED;
}

/* The subcommand's name; some are also known by an option. */
static const char *name_of(const char *word)
{
    static const char *const others[][2] = { { "-h", "help" },
                                             { "--help", "help" },
                                             { "--version", "version" } };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (strcmp(others[i][0], word) == 0)
            return others[i][1];
    return word;
}

int main(int count, char **arguments)
{
    fill_streams();
    if (count < 2)
        return usage_wrong(NULL, "which subcommand?");
    const struct family *family = find_family(name_of(arguments[1]));
    return family ? output_status(command_run(family, arguments + 2)) : refuse_name(arguments[1]);
}
