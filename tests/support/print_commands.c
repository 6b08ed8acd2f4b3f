/* SPDX-License-Identifier: Apache-2.0 */
/* Prints docs/COMMANDS.md from the tables: what the card does and who may. A test compares the page
 * with this output. */
#include <stdio.h>
#include <string.h>

#include "card-os/access.h"
#include "card-os/algs.h"
#include "card-os/choices.h"
#include "card-os/command.h"
#include "card-os/files.h"
#include "card-os/strict.h"
#include "crypto/curves.h"

static void print_range(struct range range)
{
    if (range.min == range.max)
        printf("%02X", range.min);
    else if (range.step != 1)
        for (uint32_t value = range.min; value <= range.max; value += range.step)
            printf("%s%02X", value == range.min ? "" : "/", value);
    else if (range.min == 0 && range.max == 255)
        printf("any");
    else
        printf("%02X..%02X", range.min, range.max);
}

static void print_length(struct range range)
{
    if (range.max == 0)
        printf("none");
    else if (range.min == range.max)
        printf("%u", range.min);
    else
        printf("%u to %u", range.min, range.max);
}

/* Those that a host can notice. */
static void print_traits(unsigned traits)
{
    static const struct {
        enum trait trait;
        const char *name;
    } names[] = { { ATOMIC, "atomic" },
                  { SECRET_IN, "secret" },
                  { CAN_BE_STOPPED, "stops" },
                  { ESSENTIAL, "essential" },
                  { EXTENSION, "extension" } };
    const char *separator = "";
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!(traits & names[i].trait))
            continue;
        printf("%s%s", separator, names[i].name);
        separator = " ";
    }
}

static void print_command(const struct command *row)
{
    printf("| %s | %02X ", row->name, row->ins);
    print_range(row->p1);
    printf(" ");
    print_range(row->p2);
    printf(" | ");
    print_length(row->data);
    printf(" | %u | %s | ", row->answer, access_rule_name(row->rule));
    print_traits(row->traits);
    printf(" | %s%s |\n", row->action ? audit_action_text(row->action) : "",
           row->traits & REFUSALS_ALONE ? ", if refused" : "");
}

static void print_commands(void)
{
    printf(
        "## Commands\n\n"
        "Class 00 and 80 are alike. Numbers of instruction and parameters are hexadecimal, lengths "
        "are bytes.\n\n"
        "| command | INS P1 P2 | data | answer at most | who | how | record |\n"
        "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < command_count(); i++)
        print_command(command_at(i));
}

static void print_rules(void)
{
    printf("\nWho may:\n\n");
    for (enum rule rule = NEVER; rule < RULES; rule++)
        printf("* %s: %s\n", access_rule_name(rule), access_rule_text(rule));
}

/* Whether a command with this rule can run before anybody has logged in: on some device, with some
 * setting or audit policy. */
static bool is_open(enum rule rule)
{
    return sw_ok(access_check_facts(rule, FACTS_WITHOUT_LOGIN));
}

static void print_open_row(const char *name, const char *files, enum rule rule)
{
    printf("| %s | %s | %s |\n", name, files, rule == ANYONE ? "" : access_rule_text(rule));
}

/* One line for each rule that classes of files have for this command. */
static void print_open_files(const struct command *row, enum rule rule)
{
    char files[512] = "";
    for (size_t i = 0; i < file_class_count(); i++) {
        const struct file_class *group = file_class_at(i);
        size_t size = strlen(files);
        if (access_class_rule(group, row->rule) == rule)
            snprintf(files + size, sizeof files - size, "%s%s", size ? "; " : "", group->name);
    }
    if (*files)
        print_open_row(row->name, files, rule);
}

static void print_open_command(const struct command *row)
{
    if (!file_command(row) && is_open(row->rule))
        print_open_row(row->name, "", row->rule);
    for (enum rule rule = NEVER; rule < RULES && file_command(row); rule++)
        if (is_open(rule))
            print_open_files(row, rule);
}

static bool is_open_command(const struct command *row)
{
    bool open = !file_command(row) && is_open(row->rule);
    for (size_t i = 0; i < file_class_count() && file_command(row); i++)
        open |= is_open(access_class_rule(file_class_at(i), row->rule));
    return open;
}

static void print_closed_commands(void)
{
    const char *before = "";
    printf("\nEverything else is refused without login: ");
    for (size_t i = 0; i < command_count(); i++)
        if (!is_open_command(command_at(i))) {
            printf("%s%s", before, command_at(i)->name);
            before = "; ";
        }
    printf(".\n");
}

/* The rules answer, asked with every fact that can be true without login: so a new rule that needs
 * no login cannot be missing here. */
static void print_open_commands(void)
{
    printf(
        "\n## What a host may do without login\n\n"
        "Printed by asking each rule whether it ever lets a command pass while no PIN was verified "
        "and no\ncustodian has signed in.\n\n"
        "| command | files | condition, if any |\n|---|---|---|\n");
    for (size_t i = 0; i < command_count(); i++)
        print_open_command(command_at(i));
    print_closed_commands();
    printf(
        "\nCommands that hold a PIN spend a try of it when it is wrong. INITIALIZE needs the "
        "SO-PIN, except on a device\nthat was never initialised. Refusals by access, PIN or key "
        "are recorded.\n");
}

static void print_extensions(void)
{
    printf("\n## What a strict token does without\n\n");
    for (enum extension i = 0; i < EXTENSIONS; i++)
        printf("* %s\n", strict_extension_text(i));
}

static const char *const home_texts[] = {
    [IN_STORE] = "in the store",
    [IN_SESSION] = "until the session ends",
    [IN_LOG] = "made of the log",
};

static void print_files(void)
{
    printf(
        "\n## Files\n\n| file | identifiers | read | write | delete | kept | record of "
        "reading |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < file_class_count(); i++) {
        const struct file_class *group = file_class_at(i);
        unsigned digits = group->mask == 0xFFFF ? 4 : group->mask == 0xFF00 ? 2 : 1;
        printf("| %s | %0*X%s | %s | %s | %s | %s | %s%s |\n", group->name, (int)digits,
               group->id >> (16 - 4 * digits), &"xxxx"[digits], access_rule_name(group->read),
               access_rule_name(group->write), access_rule_name(group->erase),
               home_texts[group->home], group -> reading ? audit_action_text(group->reading) : "",
               group->read_traits &RECORDED_FIRST ? ", before it is read, once a session" : "");
    }
}

static void print_algorithms(void)
{
    static const char *const purposes[] = { [PURPOSE_SIGN] = "SIGN",
                                            [PURPOSE_DECIPHER] = "DECIPHER",
                                            [PURPOSE_CIPHER] = "CIPHER",
                                            [PURPOSE_DERIVE] = "DERIVE EC KEY, in the data",
                                            [PURPOSE_EXCHANGE] = "EXCHANGE" };
    printf("\n## Algorithms\n\n| command | P2 | algorithm |\n|---|---|---|\n");
    for (size_t i = 0; i < algorithm_count(); i++) {
        const struct algorithm *row = algorithm_at(i);
        printf("| %s | %02X | %s |\n", purposes[row->purpose], row->id, row->name);
    }
    printf("\nCurves:");
    for (size_t i = 0; i < curve_count(); i++)
        printf("%s %s", i ? "," : "", curve_at(i)->name);
    printf(".\nEdwards and Montgomery curves:");
    for (size_t i = 0; i < raw_curve_count(); i++)
        printf("%s %s", i ? "," : "", raw_curve_at(i)->name);
    printf(".\n");
}

static void print_choices(void)
{
    unsigned count = 0;
    printf(
        "\n## Our choices\n\nWhat the hardware answers here is not known; each row is open until a "
        "transcript has "
        "been run\nagainst hardware.\n\n| question | we answer | the other likely answer "
        "|\n|---|---|---|\n");
#define X(name, ours, other, question)                                                             \
    printf("| %s | %04X, %s | %04X |\n", question, ours, sw_text(ours), other);                    \
    count++;
    CHOICES(X)
#undef X
    printf("\nOpen: %u.\n", count);
}

int main(void)
{
    printf(
        "# Commands\n\nPrinted from the tables in `card-os/` and `crypto/` by "
        "`build/tests/support/print_commands`; a test "
        "fails when\nthis page is stale. `tests/matrix/access.txt` shows every row in every "
        "session state.\n\n");
    print_commands();
    print_rules();
    print_open_commands();
    print_files();
    print_extensions();
    print_algorithms();
    print_choices();
    return 0;
}
