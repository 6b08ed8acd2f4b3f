/* How long OpenSC takes to get to a token with n keys: its module's start, and pkcs11-tool from
 * beginning to end. F, the round trip in a transaction of a card that does nothing, is measured in
 * the same run with the canned card in the next slot, which OpenSC is told to ignore.
 *
 *     bench_opensc GLASSHSMD [--short] */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/p11.h"
#include "tests/bench/scratch.h"
#include "tests/bench/two_cards.h"

struct bench_start {
    struct two_cards cards;
    struct p11 p11;
    size_t keys;
    struct exchange floor;
    const char *folder;
};

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
    bench_compare(&(struct comparison){ .what = what,
                                        .ours = { start_module, b, .after = stop_module },
                                        .references = { { floor_commands, b } },
                                        .rounds = 100,
                                        .judged = JUDGE_OURS,
                                        .factor = 1.5,
                                        .most_us = 10000 });
}

/* More keys, up to so many, all P-256 but key 2. */
static void fill(struct bench_start *b, size_t keys)
{
    p11_initialize(&b->p11);
    CK_SESSION_HANDLE session = p11_log_in(&b->p11, OURS);
    for (; b->keys < keys; b->keys++) {
        struct key_sort sort = b->keys == 1 ? key_sort_rsa(2048) : key_sort_on("P-256");
        p11_make(&b->p11, session, &sort, (CK_BYTE)(b->keys + 1));
    }
    p11_finalize(&b->p11);
}

/* --- The program --- */

static void write_input(const char *path)
{
    static const char hash[] = "thirty-two bytes, as in a digest";
    FILE *file = fopen(path, "we");
    bench_require(file && fwrite(hash, 1, 32, file) == 32 && fclose(file) == 0, path);
}

struct program_run {
    char **arguments;
    bool may_fail;
};

static void run_program(void *context)
{
    const struct program_run *run = context;
    char **arguments = run->arguments;
    pid_t pid;
    int status;
    posix_spawn_file_actions_t silence;
    posix_spawn_file_actions_init(&silence);
    posix_spawn_file_actions_addopen(&silence, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&silence, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    bench_require(posix_spawnp(&pid, arguments[0], &silence, NULL, arguments, environ) == 0,
                  arguments[0]);
    posix_spawn_file_actions_destroy(&silence);
    bench_require(waitpid(pid, &status, 0) == pid && (status == 0 || run->may_fail), arguments[0]);
}

/* Beside what the program costs that loads no module and sees no reader. */
static void time_tool(const struct bench_start *b)
{
    char input[300], output[300], program[] = "pkcs11-tool";
    char *arguments[] = {
        program,       "--login",  "--pin",        P11_PIN, "--sign",        "--id", "02",
        "--mechanism", "RSA-PKCS", "--input-file", input,   "--output-file", output, NULL
    };
    snprintf(input, sizeof input, "%s/input", b->folder);
    snprintf(output, sizeof output, "%s/output", b->folder);
    write_input(input);
    char *help[] = { program, "--help", NULL }; /* which it prints as for a mistake */
    struct program_run sign = { arguments, false }, usage = { help, true };
    bench_compare(&(struct comparison){ .what = "pkcs11-tool --login --sign, two keys; its usage",
                                        .ours = { run_program, &sign },
                                        .references = { { run_program, &usage } },
                                        .rounds = 60,
                                        .judged = JUDGE_OURS,
                                        .most_us = 40000 });
}

/* --- */

/* Debian's settings, and the reader that is none of OpenSC's business. */
static void hide_reference(const char *folder)
{
    char path[300];
    snprintf(path, sizeof path, "%s/opensc.conf", folder);
    FILE *file = fopen(path, "we");
    bench_require(file &&
                      fprintf(file,
                              "app default {\n ignored_readers = \"%s\";\n"
                              " framework pkcs15 {\n }\n}\n",
                              REFERENCE) > 0 &&
                      fclose(file) == 0,
                  path);
    bench_require(setenv("OPENSC_CONF", path, 1) == 0, "setenv");
}

static void measure(void *context)
{
    const struct two_cards_run *run = context;
    struct bench_start b = { .folder = run->folder };
    two_cards_start(run->daemon, NULL, NULL, &b.cards);
    hide_reference(b.folder);
    if (!p11_open(&b.p11, P11_OPENSC))
        bench_skip("OpenSC's module is not installed");
    p11_finalize(&b.p11);
    exchange_connect(&b.cards, REFERENCE, &b.floor);
    b.floor.command = nothing_command();

    bench_heading("OpenSC's start, ephemeral token, us");
    fill(&b, 1);
    time_start(&b);
    fill(&b, 2);
    time_tool(&b);
    fill(&b, 10);
    time_start(&b);
    fill(&b, 50);
    time_start(&b);
    reader_disconnect(&b.floor.card);
    two_cards_end(&b.cards);
}

int main(int argc, char **argv)
{
    return two_cards_main(argc, argv, measure);
}
