/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: counts cases and prints the report. */
#include "host/tool/conform/conform_report.h"

#include <stdio.h>
#include <string.h>

#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/value.h"
#include "host/tool/conform/conform_computed.h"

#define WIDTH 96 /* characters shown of a command or an answer */

/* --- Counting --- */

void conform_count(unsigned *out_all, unsigned *out_safe)
{
    *out_all = conform_computed_cases();
    *out_safe = 0;
    for (const struct conform_file *file = conform_files; file->name; file++) {
        struct transcript t = transcript_of(file->name, span_of_text(file->text));
        struct transcript_case at = { 0 };
        enum transcript_item item;
        while ((item = transcript_next(&t, &at)) > TRANSCRIPT_BAD) {
            bool counts = item == TRANSCRIPT_CASE && !at.ours;
            *out_all += counts;
            *out_safe += counts && at.safe;
        }
    }
}

json_t *conform_counts(const struct conform *p)
{
    unsigned all, safe;
    conform_count(&all, &safe);
    unsigned asked = p->expected + p->otherwise + p->different + p->not_reached + p->unsent;
    return json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "all", (int)all, "safe", (int)safe,
                     "as_expected", (int)p->expected, "other_way", (int)p->otherwise, "different",
                     (int)p->different, "not_reached", (int)p->not_reached, "not_sent",
                     (int)p->unsent, "not_asked", (int)((p->safe ? safe : all) - asked));
}

/* --- Printing --- */

static const char *text(const json_t *object, const char *name)
{
    return value_text(object, name, "?");
}

static int number(const json_t *object, const char *name)
{
    return (int)value_number(object, name);
}

static void print_field(const char *name, const char *value)
{
    text_print(stdout, "%-14s", name);
    terminal_text(stdout, span_of_text(value));
    text_own(stdout, "\n");
}

static void print_card(const json_t *report)
{
    static const char *const names[] = { "reader", "atr", "serial", "version", "options" };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        print_field(names[i], text(report, names[i]));
    if (json_is_integer(json_object_get(report, "free_memory")))
        text_print(stdout, "free memory   %d bytes\n", number(report, "free_memory"));
}

static void print_cut(const char *name, const char *value)
{
    text_print(stdout, "    %-10s%.*s%s\n", name, WIDTH, value,
               strlen(value) > WIDTH ? " ..." : "");
}

static void print_facts(const json_t *facts)
{
    size_t i;
    json_t *fact;
    json_array_foreach(facts, i, fact)
        text_print(stdout, "    %-10s%s, firmware %s, seen by %s: %s\n", "fact", text(fact, "fact"),
                   text(fact, "firmware"), text(fact, "sources"), text(fact, "seen"));
}

static void print_difference(const json_t *row)
{
    const json_t *expected = json_object_get(row, "expected");
    text_print(stdout, "%s:%d, clause %s\n", text(row, "transcript"), number(row, "line"),
               text(row, "clause"));
    print_facts(json_object_get(row, "facts"));
    print_cut("sent", text(row, "command"));
    for (size_t i = 0; i < json_array_size(expected); i++)
        print_cut(i ? "or" : "expected", json_string_value(json_array_get(expected, i)));
    const json_t *got = json_object_get(row, "got");
    print_cut("got", json_is_null(got) ? "nothing: the reader did not pass the command on"
                                       : json_string_value(got));
}

static void print_choices(const json_t *choices)
{
    size_t i;
    json_t *row;
    text_own(stdout, "\nopen questions, and which way this card goes (ours is Glass HSM's)\n");
    json_array_foreach(choices, i, row)
    {
        const char *got = value_text(row, "got", NULL);
        text_print(stdout, "  %-22s%-10s%-5s %s\n", text(row, "name"), text(row, "way"),
                   got ? got : "", text(row, "question"));
    }
}

static void print_state(const json_t *state)
{
    size_t i;
    json_t *row;
    const json_t *changed = json_object_get(state, "changed");
    if (!json_array_size(changed)) {
        text_print(
            stdout,
            "state         untouched: tries, list, headers and contents, %d answers, are what "
            "they were\n",
            number(state, "compared"));
        return;
    }
    text_own(stdout, "state         CHANGED:\n");
    json_array_foreach(changed, i, row)
        text_print(stdout, "  %-20s before %s, after %s\n", text(row, "what"), text(row, "before"),
                   text(row, "after"));
}

static void print_facts_count(const json_t *facts)
{
    text_print(stdout,
               "hardware      as it was seen to answer %u facts, otherwise %u, not asked %u\n",
               conform_facts_count(facts, "as seen"), conform_facts_count(facts, "otherwise"),
               conform_facts_count(facts, "not asked"));
}

void conform_print(const json_t *report)
{
    size_t i;
    json_t *row;
    const json_t *cases = json_object_get(report, "cases");
    const json_t *state = json_object_get(report, "state");
    const json_t *stopped = json_object_get(report, "stopped");
    print_card(report);
    print_choices(json_object_get(report, "choices"));
    text_own(stdout, "\n");
    json_array_foreach(json_object_get(report, "differences"), i, row) print_difference(row);
    text_print(stdout,
               "played        %s cases: as expected %d, another likely way %d, different %d, not "
               "reached %d, not sent %d\n",
               text(report, "mode"), number(cases, "as_expected"), number(cases, "other_way"),
               number(cases, "different"), number(cases, "not_reached"), number(cases, "not_sent"));
    text_print(stdout, "the suite     %d cases, %d of them safe\n", number(cases, "all"),
               number(cases, "safe"));
    print_facts_count(json_object_get(report, "hardware"));
    if (json_is_object(state))
        print_state(state);
    if (json_is_string(json_object_get(report, "token")))
        text_print(stdout, "left          %s\n", text(report, "token"));
    if (json_is_object(stopped))
        text_print(stdout, "STOPPED       after %s: %s\n", text(stopped, "after"),
                   text(stopped, "why"));
}
