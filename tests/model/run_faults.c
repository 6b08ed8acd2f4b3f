/* SPDX-License-Identifier: Apache-2.0 */
/* Random commands against the card and against the model of it, while now and then a call fails at
 * a random place: an allocation, a write, a sync, space on the medium, chance. Afterwards the whole
 * session and the whole store are what the model says they were before the command, or what it says
 * they are after it, whatever was answered; and the conversation goes on from there.
 *
 *   run_model_faults [--seed N] [--faults N]
 *
 * What may remain of a command that failed: a try that was spent, a login or a choice that its
 * refusal ends, and an end of the channel through which it came. Where a sync or a write failed the
 * store is used no more until it is opened again, and nobody knows before which of both it is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/failure.h"
#include "card-os/pin.h"
#include "crypto/crypto.h"
#include "tests/model/compare.h"
#include "tests/support/faults.h"
#include "tests/support/require.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

#define STEPS  400 /* of one token */
#define EVERY  3   /* commands, one meets a fault, or would */
#define CHANCE FAULT_POINT_COUNT

static struct plight {
    struct adversity adversity;
    struct folder folder; /* of a store on disk */
    bool on_disk;
    uint64_t chance, met, reopened, kinds[CHANCE + 1];
    unsigned point, nth;
    bool lasting;
    struct model *before; /* the command that is being sent */
    int (*real_random)(void *context, uint8_t *out, size_t size);
    unsigned random_countdown;
} plight;

static unsigned pick(unsigned limit)
{
    plight.chance = plight.chance * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(plight.chance >> 33) % limit;
}

/* --- The fault --- */

static int random_that_may_fail(void *context, uint8_t *out, size_t size)
{
    if (!plight.random_countdown || --plight.random_countdown)
        return plight.real_random(context, out, size);
    plight.random_countdown = plight.lasting;
    plight.adversity.met = true;
    return failure(FAULT_LIBRARY, "chance has failed");
}

/* Most commands have few writes and many allocations. */
static void arm(void)
{
    static const unsigned most[] = { 1200, 6, 8, 8, 4, 2, 3 };
    plight.point = plight.on_disk ? pick(CHANCE + 1)
                   : pick(3)      ? (unsigned)FAULT_POINT_MEMORY
                                  : CHANCE;
    plight.nth = 1 + (pick(2) ? pick(most[plight.point]) : pick(most[plight.point]) / 10);
    plight.lasting = pick(4) == 0;
    if (plight.point == CHANCE)
        plight.random_countdown = plight.nth;
    else
        faults_arm((enum fault_point)plight.point, plight.nth, plight.lasting);
}

static void disarm(void)
{
    plight.random_countdown = 0;
    plight.adversity.met |= faults_disarm();
    plight.met += plight.adversity.met;
    plight.kinds[plight.point] += plight.adversity.met;
}

static struct span transmit(struct play *p, struct span command)
{
    plight.adversity.met = false;
    if (pick(EVERY))
        return card_fixture_send(&p->card, command);
    plight.before = model_copy(p->model);
    failure_clear();
    arm();
    struct span answer = card_fixture_send(&p->card, command);
    disarm();
    return answer;
}

/* --- What may be the case now --- */

static void drop(struct model **model)
{
    if (*model) {
        model_free(*model);
        free(*model);
    }
    *model = NULL;
}

/* What a refusal may have taken: never more than the whole command would have. */
static void lose(struct model *before, const struct model *after)
{
    struct session_state *session = &before->session;
    session->user &= after->session.user;
    session->pin &= after->session.pin;
    session->officer &= after->session.officer;
    session->channel_chosen &= after->session.channel_chosen;
    if (after->session.custodian < 0)
        session->custodian = -1;
    if (after->session.chosen_issuer == NOBODY)
        session->chosen_issuer = NOBODY;
}

/* A try may have been spent, or all given back. */
static void settle_tries(struct store *store, uint8_t reference, struct pin_state *before,
                         const struct pin_state *after)
{
    uint8_t now = compare_tries(store, reference);
    if (before->exists && (now + 1 == before->left || now == after->left))
        before->left = now;
}

static bool agrees(const struct play *p, const struct model *m)
{
    return !compare_session(p->card.card, m) && !compare_store(p->card.store, m);
}

static void take(struct play *p, struct model *m)
{
    drop(&p->model);
    p->model = m;
    p->verdict.complaint = NULL;
}

/* The candidates, each with the channel and, if it was open, without it. */
enum { BEFORE, LESS, LOGGED_OUT, AFTER, CANDIDATES };

/* A challenge whose answer could not be protected any more: the host never saw it. */
static void learn_challenge(const struct play *p, struct model *m)
{
    const struct session *session = &p->card.card->session;
    if (!p->card.last_row || strcmp(p->card.last_row, "GET CHALLENGE") != 0)
        return;
    m->session.challenge_size = session->challenge_size;
    memcpy(m->session.challenge, session->challenge, session->challenge_size);
}

static struct model *candidate(const struct play *p, unsigned which, bool channel_ended)
{
    struct model *m = model_copy(which == AFTER ? p->model : plight.before);
    if (which != AFTER) {
        settle_tries(p->card.store, PIN_USER, &m->user, &p->model->user);
        settle_tries(p->card.store, PIN_OFFICER, &m->officer, &p->model->officer);
    } else
        learn_challenge(p, m);
    if (which == LESS || which == LOGGED_OUT)
        lose(m, p->model);
    if (which == LOGGED_OUT)
        m->session.user = m->session.pin && m->session.user;
    if (channel_ended)
        end_channel(m);
    return m;
}

static bool settle(struct play *p)
{
    for (unsigned i = 0; i < 2 * CANDIDATES; i++) {
        struct model *m = candidate(p, i / 2, i % 2);
        if (agrees(p, m)) {
            take(p, m);
            return true;
        }
        drop(&m);
    }
    return false;
}

/* A store that is used no more: another start shows what is on the medium. */
static void open_again(struct play *p)
{
    plight.reopened++;
    card_fixture_power_off(&p->card);
    store_close(&p->card.store);
    p->card.store = stores_open(plight.folder.path);
    p->card.env.store = p->card.store;
    card_fixture_power_on(&p->card);
    model_power(p->model);
    model_power(plight.before);
}

static bool is_of_a_fault(uint16_t status)
{
    return status == 0x6581 || status == 0x6A84 || status == 0x6F00;
}

static void explain(const struct play *p)
{
    struct model *before = candidate(p, BEFORE, false);
    const char *session = compare_session(p->card.card, before),
               *store = compare_store(p->card.store, before);
    printf("point %u, call %u%s, answered %04X (due %04X): %s\n", plight.point, plight.nth,
           plight.lasting ? " and later" : "", p->answered, p->verdict.expected,
           failure_last()->cause);
    printf("beside the state before: %s, %s\n", session ? session : "-", store ? store : "-");
    session = compare_session(p->card.card, p->model);
    store = compare_store(p->card.store, p->model);
    printf("beside the state after: %s, %s\n", session ? session : "-", store ? store : "-");
    drop(&before);
}

/* A fault that the card got over changes nothing of what is due. */
static void judge(struct play *p)
{
    if (p->failed) /* what a step still sends to a card that has ended */
        p->verdict.complaint = NULL;
    if (p->failed || !plight.adversity.met) {
        drop(&plight.before);
        return;
    }
    bool as_due = !p->verdict.complaint;
    if (as_due || is_of_a_fault(p->answered)) {
        if (!store_facts(p->card.store).usable && plight.on_disk)
            open_again(p);
        if (!store_facts(p->card.store).usable) { /* a store in memory ends here */
            p->failed = true;
            p->verdict.complaint = NULL;
        } else if (as_due && agrees(p, p->model))
            p->verdict.complaint = NULL;
        else if (!(as_due && p->answered == 0x9000) && settle(p))
            p->verdict.complaint = NULL;
        else
            p->verdict.complaint = "neither the state before nor the one after";
    }
    if (p->verdict.complaint)
        explain(p);
    drop(&plight.before);
    if (p->transcript)
        printf("# fault %u, call %u%s\n", plight.point, plight.nth,
               plight.lasting ? " and later" : "");
}

/* --- Tokens --- */

static int play_token(struct elsewhere *e, uint64_t *seed)
{
    uint64_t first = *seed;
    struct play *p = calloc(1, sizeof *p);
    struct store *store = NULL;
    require(p, "memory");
    plight.on_disk = pick(2);
    if (plight.on_disk) {
        plight.folder = folder_make();
        store = stores_create(plight.folder.path);
    }
    play_init_with(p, e, store);
    plight.real_random = p->card.env.random;
    p->card.env.random = random_that_may_fail;
    p->adversity = &plight.adversity;
    p->transcript = getenv("GLASSHSM_TRANSCRIPT") ? stdout : NULL;
    for (unsigned i = 0; i < STEPS && !p->failed; i++)
        step_play(p, step_draw(seed));
    bool wrong = p->verdict.complaint;
    if (wrong)
        printf("seed %" PRIu64 ": %s\n", first, p->verdict.complaint);
    play_deinit(p);
    free(p);
    if (plight.on_disk)
        folder_remove(&plight.folder);
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}

static uint64_t option(int argc, char **argv, const char *name, uint64_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return strtoull(argv[i + 1], NULL, 10);
    return otherwise;
}

static uint64_t seed, wanted;

START_TEST(card_is_as_before_a_failed_command_or_as_after_it)
{
    static const char *const names[] = { "memory", "read", "write", "space",
                                         "sync",   "open", "chance" };
    struct elsewhere *e = calloc(1, sizeof *e);
    int status = EXIT_SUCCESS;
    require(crypto_use_secret_heap() == 0, "the secret heap");
    elsewhere_init(e);
    plight.adversity = (struct adversity){ .transmit = transmit, .judge = judge };
    while (plight.met < wanted && status == EXIT_SUCCESS) {
        plight.chance = seed;
        status = play_token(e, &seed);
    }
    printf("%" PRIu64 " commands met a fault, %" PRIu64 " stores were opened again\n", plight.met,
           plight.reopened);
    for (unsigned i = 0; i <= CHANCE; i++)
        printf("  %s: %" PRIu64 "\n", names[i], plight.kinds[i]);
    elsewhere_deinit(e);
    free(e);
    ck_assert_int_eq(status, EXIT_SUCCESS);
}
END_TEST

int main(int argc, char **argv)
{
    seed = option(argc, argv, "--seed", (uint64_t)time(NULL));
    wanted = option(argc, argv, "--faults", 5000);
    printf("seed %" PRIu64 "\n", seed);
    fflush(stdout);
    setvbuf(stdout, NULL, _IOLBF, 0);
    faults_install();
    Suite *suite = suite_create("model with faults");
    TCase *all = tcase_create("model with faults");
    tcase_set_timeout(all, 7200);
    tcase_add_test(all, card_is_as_before_a_failed_command_or_as_after_it);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
