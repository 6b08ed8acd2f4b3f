/* SPDX-License-Identifier: Apache-2.0 */
/* Whether many keys slow a token down: one with 255 keys, and one with 100, beside one with a
 * single key; in this process, where nothing hides a difference. Then the daemon's start with them.
 *
 *     bench_many GLASSHSMD [--short] */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_token.h"
#include "tests/bench/key_sort.h"
#include "tests/bench/scratch.h"

enum { MANY = 255, HUNDRED = 100 };

/* --- Commands --- */

struct filled_token {
    struct bench_token token;
    unsigned keys;
    unsigned next; /* for those that use keys in turn */
    struct span command;
    uint16_t expected;
};

static void fill(struct filled_token *t, const char *folder, unsigned keys)
{
    uint8_t bytes[1100];
    const struct key_sort sort = key_sort_on("P-256");
    *t = (struct filled_token){ .keys = keys };
    bench_token_make(&t->token, folder);
    bench_token_send_hex(&t->token, VERIFY_USER, 0x9000);
    for (unsigned id = 1; id <= keys; id++) {
        struct writer command = WRITER_OF(bytes);
        write_generate(&command, (uint8_t)id, &sort);
        bench_token_send(&t->token, written(&command), 0x9000);
    }
}

static void send(void *context)
{
    struct filled_token *t = context;
    bench_token_send(&t->token, t->command, t->expected);
}

static void sign_with_next(void *context)
{
    uint8_t bytes[100];
    struct writer command = WRITER_OF(bytes);
    struct filled_token *t = context;
    const struct key_sort sort = key_sort_on("P-256");
    t->next = t->next % t->keys + 1;
    write_sign(&command, (uint8_t)t->next, &sort);
    bench_token_send(&t->token, written(&command), 0x9000);
}

static void compare(const char *what, struct filled_token *ours, struct filled_token *single,
                    struct span command, uint16_t expected)
{
    char row[200];
    snprintf(row, sizeof row, "%.40s, %u keys; one key", what, ours->keys);
    ours->command = single->command = command;
    ours->expected = single->expected = expected;
    bench_compare(&(struct comparison){ .what = row,
                                        .ours = { send, ours },
                                        .references = { { send, single } },
                                        .rounds = 3000,
                                        .judged = JUDGE_OURS,
                                        .factor = 1.1 });
}

/* The oldest key. */
static void compare_signing(struct filled_token *ours, struct filled_token *single)
{
    uint8_t bytes[100];
    struct writer command = WRITER_OF(bytes);
    const struct key_sort sort = key_sort_on("P-256");
    write_sign(&command, 1, &sort);
    compare("SIGN P-256", ours, single, written(&command), 0x9000);
}

static void compare_commands(struct filled_token *ours, struct filled_token *single)
{
    static const struct {
        const char *what, *command;
        uint16_t expected;
    } rows[] = {
        { "SELECT the applet", TOKEN_SELECT, 0x9000 },
        { "READ token information", TOKEN_READ_INFO, 0x6282 },
        { "READ a key's certificate", "00 B1 CE01 000004 54020000 0000", 0x6282 },
    };
    bench_token_send_hex(&ours->token, VERIFY_USER, 0x9000);
    bench_token_send_hex(&single->token, VERIFY_USER, 0x9000);
    compare_signing(ours, single);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t bytes[64];
        struct writer command = WRITER_OF(bytes);
        bench_require(hex_decode(rows[i].command, &command), rows[i].what);
        compare(rows[i].what, ours, single, written(&command), rows[i].expected);
    }
}

static void time_keys_in_turn(struct filled_token *ours, struct filled_token *single)
{
    bench_token_send_hex(&ours->token, VERIFY_USER, 0x9000);
    bench_token_send_hex(&single->token, VERIFY_USER, 0x9000);
    bench_compare(&(struct comparison){ .what = "SIGN with 255 keys in turn; one key",
                                        .ours = { sign_with_next, ours },
                                        .references = { { sign_with_next, single } },
                                        .rounds = 3000 });
}

static void time_commands(void)
{
    struct filled_token single, hundred, many;
    fill(&single, NULL, 1);
    fill(&hundred, NULL, HUNDRED);
    fill(&many, NULL, MANY);
    bench_heading("Many keys, in this process, store in memory, us");
    compare_commands(&hundred, &single);
    compare_commands(&many, &single);
    time_keys_in_turn(&many, &single);
    bench_token_end(&many.token);
    bench_token_end(&hundred.token);
    bench_token_end(&single.token);
}

/* --- Start --- */

struct daemon {
    char *program;
    char store[300];
    pid_t pid;
    int messages;
};

/* Not by fork(): copying this large process would be measured as well. */
static void spawn(struct daemon *d, int messages)
{
    char store[400], port[] = "--reader.port=1", admin[400]; /* where nobody listens */
    char *arguments[] = { d->program, store, port, admin, NULL };
    posix_spawn_file_actions_t actions;
    snprintf(store, sizeof store, "--store=%s", d->store);
    snprintf(admin, sizeof admin, "--admin.socket=%s/admin", d->store);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, messages, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
    bench_require(posix_spawn(&d->pid, d->program, &actions, NULL, arguments, environ) == 0,
                  d->program);
    posix_spawn_file_actions_destroy(&actions);
}

static void await_ready(struct daemon *d)
{
    char text[4096] = "";
    size_t size = 0;
    while (!strstr(text, "event=ready")) {
        ssize_t more = read(d->messages, text + size, sizeof text - 1 - size);
        if (more <= 0)
            fputs(text, stderr);
        bench_require(more > 0, "a daemon's start");
        text[size += (size_t)more] = 0;
    }
}

static void start_daemon(void *context)
{
    struct daemon *d = context;
    int ends[2];
    bench_require(pipe2(ends, O_CLOEXEC) == 0, "pipe");
    spawn(d, ends[1]);
    close(ends[1]);
    d->messages = ends[0];
    await_ready(d);
}

static void stop_daemon(void *context)
{
    struct daemon *d = context;
    int status;
    kill(d->pid, SIGTERM);
    bench_require(waitpid(d->pid, &status, 0) == d->pid && status == 0, "a daemon's clean end");
    close(d->messages);
}

static void make_store(const char *folder, unsigned keys)
{
    struct filled_token t;
    fill(&t, folder, keys);
    bench_token_end(&t.token);
}

static void time_start(char *program)
{
    struct scratch many, single;
    struct daemon ours = { .program = program }, reference = { .program = program };
    scratch_make(&many);
    scratch_make(&single);
    make_store(many.path, MANY);
    make_store(single.path, 1);
    snprintf(ours.store, sizeof ours.store, "%s", many.path);
    snprintf(reference.store, sizeof reference.store, "%s", single.path);
    bench_heading("The daemon, from its start until it serves, key file, us");
    bench_compare(
        &(struct comparison){ .what = "start with 255 keys; one key",
                              .ours = { start_daemon, &ours, .after = stop_daemon },
                              .references = { { start_daemon, &reference, .after = stop_daemon } },
                              .rounds = 60,
                              .judged = JUDGE_OURS,
                              .most_us = 30000 });
    scratch_remove(&many);
    scratch_remove(&single);
}

int main(int argc, char **argv)
{
    bench_begin(&argc, argv);
    bench_require(argc == 2, "usage: bench_many GLASSHSMD [--short]");
    bench_require(crypto_use_secret_heap() == 0 && crypto_init() == 0, "crypto_init");
    bench_on_one_core();
    bench_come_first();
    time_commands();
    time_start(argv[1]);
    bench_summary();
    return EXIT_SUCCESS;
}
