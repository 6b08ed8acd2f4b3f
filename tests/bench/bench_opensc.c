/* SPDX-License-Identifier: Apache-2.0 */
/* How long OpenSC takes to get to a token with n keys: its module's start, and pkcs11-tool from
 * beginning to end. F, the round trip in a transaction of a card that does nothing, is measured in
 * the same run with the canned card in the next slot, and so is pkcs11-tool with that as a bare
 * card; OpenSC is told to ignore one or the other reader.
 *
 *     bench_opensc GLASSHSMD [--short] */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/p11.h"
#include "tests/bench/program.h"
#include "tests/bench/scratch.h"
#include "tests/bench/two_cards.h"

enum { RSA_KEY = 2 };

struct bench_start {
    struct two_cards cards;
    struct p11 p11;
    size_t keys;
    struct exchange floor;
    const char *folder;
};

/* --- One of the cards --- */

/* Debian's settings, and a reader that is none of OpenSC's business. */
static void hide(const char *reader, const char *path)
{
    FILE *file = fopen(path, "we");
    bench_require(file &&
                      fprintf(file,
                              "app default {\n ignored_readers = \"%s\";\n"
                              " framework pkcs15 {\n }\n}\n",
                              reader) > 0 &&
                      fclose(file) == 0,
                  path);
}

static void see(const struct bench_start *b, const char *reader)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s.conf", b->folder, reader);
    bench_require(setenv("OPENSC_CONF", path, 1) == 0, "setenv");
}

static void prepare_sight(const struct bench_start *b)
{
    static const char *const readers[] = { OURS, REFERENCE };
    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/%s.conf", b->folder, readers[i]);
        hide(readers[1 - i], path);
    }
}

/* --- The module's start --- */

static void start_module(void *context)
{
    struct bench_start *b = context;
    p11_initialize(&b->p11);
    bench_require(p11_count_keys(&b->p11, p11_log_in(&b->p11, OURS)) == b->keys,
                  "finding all keys");
}

static void stop_module(void *context)
{
    struct bench_start *b = context;
    p11_finalize(&b->p11);
}

/* As many commands as OpenSC sends for so many keys, as somebody once counted. */
static void floor_commands(void *context)
{
    struct bench_start *b = context;
    for (size_t i = 0; i < 20 + 7 * b->keys; i++)
        exchange_alone(&b->floor);
}

static void time_start(struct bench_start *b)
{
    char what[100];
    snprintf(what, sizeof what, "start, login, all objects: %zu keys; F (20 + 7 n)", b->keys);
    exchange_connect(&b->cards, REFERENCE, &b->floor);
    b->floor.command = nothing_command();
    bench_compare(&(struct comparison){ .what = what,
                                        .ours = { start_module, b, .after = stop_module },
                                        .references = { { floor_commands, b } },
                                        .rounds = 100,
                                        .judged = JUDGE_OURS,
                                        .factor = 1.5,
                                        .most_us = 10000 });
    reader_disconnect(&b->floor.card);
}

static void make_keys(struct bench_start *b, const char *reader, size_t first, size_t last)
{
    see(b, reader);
    p11_initialize(&b->p11);
    CK_SESSION_HANDLE session = p11_log_in(&b->p11, reader);
    for (size_t id = first; id <= last; id++) {
        struct key_sort sort = id == RSA_KEY ? key_sort_rsa(2048) : key_sort_on("P-256");
        p11_make(&b->p11, session, &sort, (CK_BYTE)id);
    }
    p11_finalize(&b->p11);
}

/* More keys, up to so many, all P-256 but one. */
static void fill(struct bench_start *b, size_t keys)
{
    make_keys(b, OURS, b->keys + 1, keys);
    b->keys = keys;
}

/* --- The program --- */

static void write_input(const char *path)
{
    static const char hash[] = "thirty-two bytes, as in a digest";
    FILE *file = fopen(path, "we");
    bench_require(file && fwrite(hash, 1, 32, file) == 32 && fclose(file) == 0, path);
}

struct tool_run {
    const struct bench_start *b;
    const char *reader;
    struct program program;
};

static void run_tool(void *context)
{
    struct tool_run *run = context;
    see(run->b, run->reader);
    program_run(&run->program);
}

/* Beside what the program costs that loads no module and sees no reader. */
static void compare_with_usage(struct tool_run *ours)
{
    char *help[] = { ours->program.arguments[0], "--help", NULL }; /* printed as for a mistake */
    struct program usage = { help, true };
    bench_compare(&(struct comparison){ .what = "pkcs11-tool --login --sign, two keys; its usage",
                                        .ours = { run_tool, ours },
                                        .references = { { program_run, &usage } },
                                        .rounds = 60,
                                        .judged = JUDGE_OURS,
                                        .most_us = 40000 });
}

/* The bare card answers with our own card, but with none of our daemon, and signs with no log. */
static void compare_with_bare(struct tool_run *ours)
{
    const struct two_cards *cards = &ours->b->cards;
    struct tool_run bare = { ours->b, REFERENCE, ours->program };
    const struct key_sort sort = key_sort_rsa(2048);
    run_tool(&bare); /* the first signature, which is remembered */
    two_cards_be_bare(cards, &sort);
    bench_compare(&(struct comparison){ .what = "  the same, minus a bare card",
                                        .ours = { run_tool, ours },
                                        .references = { { run_tool, &bare } },
                                        .rounds = 60 });
    two_cards_ask(cards);
    run_tool(&bare);
    struct canned_work work = two_cards_ask(cards);
    two_cards_be_canned(cards);
    bench_tell("  its commands", "number", work.commands, 0);
    bench_tell("  work of a bare card on all of them", "us", work.worked_us, 0);
}

static void time_tool(const struct bench_start *b)
{
    char input[300], output[300];
    char *arguments[] = {
        "pkcs11-tool", "--login",  "--pin",        P11_PIN, "--sign",        "--id", "02",
        "--mechanism", "RSA-PKCS", "--input-file", input,   "--output-file", output, NULL
    };
    struct tool_run ours = { b, OURS, { arguments, false } };
    snprintf(input, sizeof input, "%s/input", b->folder);
    snprintf(output, sizeof output, "%s/output", b->folder);
    write_input(input);
    compare_with_usage(&ours);
    compare_with_bare(&ours);
    see(b, OURS);
}

/* --- */

static void measure(void *context)
{
    const struct two_cards_run *run = context;
    struct bench_start b = { .folder = run->folder };
    two_cards_start(run->daemon, NULL, NULL, &b.cards);
    prepare_sight(&b);
    see(&b, OURS);
    if (!p11_open(&b.p11, P11_OPENSC))
        bench_skip("OpenSC's module is not installed");
    p11_finalize(&b.p11);
    make_keys(&b, REFERENCE, 1, 2);

    bench_heading("OpenSC's start, ephemeral token, us");
    fill(&b, 1);
    time_start(&b);
    fill(&b, 2);
    time_tool(&b);
    fill(&b, 10);
    time_start(&b);
    fill(&b, 50);
    time_start(&b);
    two_cards_end(&b.cards);
}

int main(int argc, char **argv)
{
    return two_cards_main(argc, argv, measure);
}
