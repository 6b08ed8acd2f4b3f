/* SPDX-License-Identifier: Apache-2.0 */
/* Random commands against the card and against the model of it: every answer is compared.
 *
 *   run_model [--seed N] [--commands N] [--shorten 0]
 *
 * The seed is printed; the same one gives the same commands. Where card and model disagree, the
 * steps that are not needed for it are taken out, and what is left is printed as a transcript,
 * ready to be put into tests/transcripts (what only the card can draw, challenges and keys, differs
 * there). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/model/play.h"

/* Then a new token is taken, so that there is not too much to take out. */
#define STEPS 1000

struct result {
    unsigned sent, done[FORMS_MAX];
    bool failed;
};

static struct result play_all(struct elsewhere *e, const struct step *steps, size_t *count,
                              FILE *transcript)
{
    struct play *p = calloc(1, sizeof *p);
    size_t i = 0;
    play_init(p, e);
    p->transcript = transcript;
    while (i < *count && !p->failed)
        step_play(p, steps[i++]);
    struct result result = { .sent = p->sent, .failed = p->failed };
    memcpy(result.done, p->model->done, sizeof result.done);
    *count = i;
    play_deinit(p);
    free(p);
    return result;
}

/* Without the steps from `from` on; true, and steps are fewer, when it fails all the same. */
static bool fails_without(struct elsewhere *e, struct step *steps, size_t *count, size_t from,
                          size_t size)
{
    struct step fewer[STEPS];
    size_t left = *count - size;
    memcpy(fewer, steps, from * sizeof *steps);
    memcpy(fewer + from, steps + from + size, (left - from) * sizeof *steps);
    bool failed = play_all(e, fewer, &left, NULL).failed;
    if (failed) {
        memcpy(steps, fewer, left * sizeof *steps);
        *count = left;
    }
    return failed;
}

/* Takes out halves, quarters, ... and single steps, from the end on. */
static void shorten(struct elsewhere *e, struct step *steps, size_t *count)
{
    for (size_t size = *count / 2; size; size /= 2)
        for (size_t from = *count; from >= size && from;) {
            from = from > size ? from - size : 0;
            if (from + size <= *count)
                fails_without(e, steps, count, from, size);
        }
}

static int report(struct elsewhere *e, struct step *steps, size_t count)
{
    printf("card and model disagree; taking out what is not needed for it\n");
    shorten(e, steps, &count);
    play_all(e, steps, &count, stdout);
    return EXIT_FAILURE;
}

static uint64_t option(int argc, char **argv, const char *name, uint64_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return strtoull(argv[i + 1], NULL, 10);
    return otherwise;
}

struct run {
    uint64_t seed, wanted, sent, done[FORMS_MAX];
    bool shortens;
    int status;
};

static void play_token(struct run *run, struct elsewhere *e)
{
    struct step steps[STEPS];
    size_t count = STEPS;
    uint64_t seed = run->seed;
    for (size_t i = 0; i < STEPS; i++)
        steps[i] = step_draw(&run->seed);
    struct result result = play_all(e, steps, &count, NULL);
    run->sent += result.sent;
    for (size_t i = 0; i < FORMS_MAX; i++)
        run->done[i] += result.done[i];
    if (!result.failed)
        return;
    printf("--seed %" PRIu64 " --commands 1 is enough to see it again\n", seed);
    run->status = run->shortens ? report(e, steps, count) : EXIT_FAILURE;
}

/* What never succeeds is not tested. */
static void require_all_forms(struct run *run)
{
    uint8_t ins;
    unsigned p1;
    bool can_succeed;
    for (size_t i = 0; model_form(i, &ins, &p1, &can_succeed); i++)
        if (!run->done[i] && can_succeed) {
            printf("no command %02X %02X succeeded\n", ins, p1);
            run->status = EXIT_FAILURE;
        }
}

int main(int argc, char **argv)
{
    struct elsewhere *e = calloc(1, sizeof *e);
    struct run run = { .seed = option(argc, argv, "--seed", (uint64_t)time(NULL)),
                       .wanted = option(argc, argv, "--commands", 100000),
                       .shortens = option(argc, argv, "--shorten", 1) };
    printf("seed %" PRIu64 "\n", run.seed);
    fflush(stdout);
    elsewhere_init(e);
    while (run.sent < run.wanted && !run.status)
        play_token(&run, e);
    if (!run.status && run.wanted >= 100000)
        require_all_forms(&run);
    printf("%" PRIu64 " commands\n", run.sent);
    elsewhere_deinit(e);
    free(e);
    return run.status;
}
