/* SPDX-License-Identifier: Apache-2.0 */
/* How long a DKEK share's password takes to become a key: ours beside sc-hsm-tool, which fixed how
 * slow that has to be, from the programs' beginning to their end.
 *
 *     bench_dkek GLASSHSMD GLASSHSM */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/private_world.h"
#include "tests/bench/program.h"
#include "tests/bench/scratch.h"

enum { ROUNDS = 3 }; /* of several seconds */

struct bench_dkek {
    char *daemon, *tool;
    char ours[300], theirs[300]; /* files of shares */
};

static double run_ms(struct program *program, const char *share)
{
    double start = bench_now_us();
    program_run(program);
    double ms = (bench_now_us() - start) / 1000;
    bench_require(unlink(share) == 0, share);
    return ms;
}

static void time_creation(struct bench_dkek *b)
{
    char password_from[] = "--password-env=SHARE_PASSWORD";
    char *our_words[] = { b->tool, "dkek", "create", b->ours, password_from, NULL };
    char *their_words[] = { "sc-hsm-tool", "--create-dkek-share", b->theirs,
                            "--password",  "correct horse",       NULL };
    struct program ours = { our_words, false }, theirs = { their_words, false };
    double our_ms[ROUNDS], their_ms[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        their_ms[i] = run_ms(&theirs, b->theirs);
        our_ms[i] = run_ms(&ours, b->ours);
    }
    double reference = bench_median(their_ms, ROUNDS);
    bench_heading("DKEK share with a password, medians, ms");
    bench_tell("sc-hsm-tool --create-dkek-share", "ms", reference, 0);
    bench_tell("glasshsm dkek create, at most 0.4 of that", "ms", bench_median(our_ms, ROUNDS),
               0.4 * reference);
}

/* sc-hsm-tool wants a card, of which it asks nothing. */
static void measure(void *context)
{
    struct bench_dkek *b = context;
    struct world world;
    private_world_start(b->daemon, NULL, &world);
    bench_require(setenv("SHARE_PASSWORD", "correct horse", 1) == 0, "setenv");
    time_creation(b);
    world_end(&world);
}

int main(int argc, char **argv)
{
    struct scratch scratch;
    bench_begin(&argc, argv);
    bench_require(argc == 3, "usage: bench_dkek GLASSHSMD GLASSHSM [--short]");
    if (access("/usr/bin/sc-hsm-tool", X_OK) != 0)
        bench_skip("sc-hsm-tool is not installed");
    bench_on_one_core();
    bench_come_first();
    scratch_make(&scratch);
    struct bench_dkek b = { .daemon = argv[1], .tool = argv[2] };
    snprintf(b.ours, sizeof b.ours, "%s/ours.pbe", scratch.path);
    snprintf(b.theirs, sizeof b.theirs, "%s/theirs.pbe", scratch.path);
    bench_apart(measure, &b);
    scratch_remove(&scratch);
    bench_summary();
    return EXIT_SUCCESS;
}
