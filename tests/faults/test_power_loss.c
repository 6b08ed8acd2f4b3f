/* SPDX-License-Identifier: Apache-2.0 */
/* The power is cut at any moment while the card works: what was acknowledged is there, nothing is
 * half there, the store opens and is not taken for an old one, and no try and no use comes back.
 *
 * A script of some 200 commands runs once, on disk, while tests/support/power.h records what
 * reaches the files. At every commit the whole state is taken: objects, log, tries. A cut is then a
 * folder as a disk may hold it; the store in it must be exactly one of those states: not older than
 * the last commit that had returned, not newer than the one that was under way.
 *
 * The normal run makes some 500 cuts, with GLASSHSM_LONG=1 in the environment 10,000. */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "card-os/device.h"
#include "card-os/key_record.h"
#include "card-os/pin.h"
#include "crypto/crypto.h"
#include "tests/support/card_fixture.h"
#include "tests/support/power.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

#define COMMITS_MAX  2000
#define COMMANDS_MAX 300
#define COUNTED_KEY  3

/* --- The script --- */

#define SIGN_WITH(key)                                                                             \
    "80 68 " key                                                                                   \
    " 70 00 00 20"                                                                                 \
    "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F 02 00"
#define WRONG_PIN          "00 20 00 81 06 313131313131"
#define WRONG_OFFICER      "00 20 00 88 08 3131313131313131"
#define NEW_FILE(id, byte) "00 D7 CF " id " 0C 54 02 00 00 53 06 " byte byte byte byte byte byte
/* The worked example with key 03 and a use counter of 5. */
#define GENERATE_COUNTED                                                                           \
    "00 46 03 00 00 01 05 5F290100 4209555443413030303031 7F4981DA 060A04007F00070202020203"       \
    "8120FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF"                         \
    "8220FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC"                         \
    "83205AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B 844104"                  \
    "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"                             \
    "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"                             \
    "8520FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 870101"                  \
    "5F200F455348534D30303030313030303031 9004 00000005 00 00"
static const struct step {
    const char *command;
    uint16_t status;
} round_of_steps[] = {
    { INITIALIZE, 0x9000 },
    { WRONG_PIN, 0x63C2 },
    { VERIFY_USER, 0x9000 },
    { GENERATE_P256, 0x9000 },
    { GENERATE_COUNTED, 0x9000 },
    { SIGN_WITH("03"), 0x9000 },
    { SIGN_WITH("02"), 0x9000 },
    { SIGN_WITH("03"), 0x9000 },
    { NEW_FILE("01", "41"), 0x9000 },
    { NEW_FILE("02", "42"), 0x9000 },
    { "00 D7 CF 01 08 54 02 00 02 53 02 52 53", 0x9000 },
    { WRONG_OFFICER, 0x63CE },
    { WRONG_PIN, 0x63C2 },
    { WRONG_PIN, 0x63C1 },
    { "00 2C 01 81 08 35 37 36 32 31 38 38 30", 0x9000 }, /* RESET RETRY COUNTER */
    { VERIFY_USER, 0x9000 },
    { SIGN_WITH("03"), 0x9000 },
    { SIGN_WITH("02"), 0x9000 },
    { "00 24 00 81 0C 36 34 38 32 31 39 31 32 33 34 35 36", 0x9000 }, /* CHANGE the user PIN */
    { "00 24 00 81 0C 36 34 38 32 31 39 31 32 33 34 35 36", 0x63C2 }, /* the old one is wrong */
    { "00 24 00 81 0C 31 32 33 34 35 36 36 34 38 32 31 39", 0x9000 }, /* and back */
    { VERIFY_USER, 0x9000 },
    { SIGN_WITH("03"), 0x9000 },
    { "00 E4 02 00 02 CC 02", 0x9000 },
    { SIGN_WITH("02"), 0x6A88 },
    { "00 E4 02 00 02 CF 01", 0x9000 },
    { "80 50 00 00 19 80020001 8106363438323139 82083131313131313131 910103", 0x63CE },
};
#define ROUNDS         8
#define RESTARTS_AFTER 2 /* rounds; the others make the write-ahead log long enough to be moved */

/* --- What is known of each commit --- */

struct tries {
    unsigned user, officer; /* 0: blocked, or no PIN */
    uint32_t uses;          /* of the counted key; 0: no such key, or used up */
};

struct view {
    uint8_t digest[SHA256_SIZE]; /* of all objects and of the log's root */
    struct tries tries;
    struct store_facts facts;
};

static struct {
    struct view view;
    size_t began, returned; /* as events */
} commits[COMMITS_MAX];
static size_t commit_count;

static struct answer {
    const struct step *step;
    size_t began, answered; /* as events */
    size_t commits;         /* how many there were when it was answered */
} answers[COMMANDS_MAX];
static size_t answer_count;

static struct card_fixture fixture;
static struct folder folder;
static bool recording;

static unsigned tries_of(struct store *s, enum pin_reference reference)
{
    uint8_t bytes[128];
    struct writer out = WRITER_OF(bytes);
    int r = store_get(s, OBJECT_PIN, reference, &out);
    ck_assert(r == 0 || r == STORE_ABSENT);
    return r ? 0 : bytes[1]; /* card-os/pin.c: after the format */
}

static struct tries take_tries(struct store *s)
{
    struct key key;
    bool there = key_load(s, COUNTED_KEY, &key) == 0;
    return (struct tries){ .user = tries_of(s, PIN_USER),
                           .officer = tries_of(s, PIN_OFFICER),
                           .uses = there ? key.uses_left : 0 };
}

static struct view look(struct store *s)
{
    static uint8_t everything[1 << 18];
    struct writer out = WRITER_OF(everything);
    struct view view = { .facts = store_facts(s) };
    struct audit_head head = audit_head(s);
    stores_write_objects(s, &out);
    write_u64(&out, head.size);
    write_span(&out, SPAN_OF(head.root));
    ck_assert(!out.full);
    ck_assert_int_eq(sha256_of(written(&out), view.digest), 0);
    view.tries = take_tries(s);
    return view;
}

/* --- Between the card and the store, by the linker's --wrap --- */

int __real_store_commit(struct store *s, bool synced_anchor);
int __wrap_store_commit(struct store *s, bool synced_anchor);
int __real_store_pin_verifier(struct store *s, uint8_t reference, const uint8_t *salt,
                              struct span pin, uint8_t *out);
int __wrap_store_pin_verifier(struct store *s, uint8_t reference, const uint8_t *salt,
                              struct span pin, uint8_t *out);

int __wrap_store_commit(struct store *s, bool synced_anchor)
{
    size_t began = power_now();
    int r = __real_store_commit(s, synced_anchor);
    if (r || !recording)
        return r;
    ck_assert_uint_lt(commit_count, COMMITS_MAX);
    commits[commit_count].view = look(s);
    commits[commit_count].began = began;
    commits[commit_count++].returned = power_now();
    return r;
}

static unsigned tries_in(const struct tries *tries, uint8_t reference)
{
    return reference == PIN_USER ? tries->user : tries->officer;
}

/* A comparison (setting a PIN happens in a transaction) sees a try less than the command found, and
 * that commit has returned: so every cut from here on finds it spent. */
int __wrap_store_pin_verifier(struct store *s, uint8_t reference, const uint8_t *salt,
                              struct span pin, uint8_t *out)
{
    if (recording && !store_in_transaction(s)) {
        size_t before = answer_count ? answers[answer_count - 1].commits : 1;
        ck_assert_uint_gt(commit_count, before);
        ck_assert_uint_eq(tries_in(&commits[commit_count - 1].view.tries, reference) + 1,
                          tries_in(&commits[before - 1].view.tries, reference));
    }
    return __real_store_pin_verifier(s, reference, salt, pin, out);
}

/* --- The recording --- */

static void restart(void)
{
    card_fixture_power_off(&fixture);
    store_close(&fixture.store);
    card_fixture_attach(&fixture, stores_open(folder.path));
    card_fixture_power_on(&fixture);
}

/* No answer without its record. */
static void run_step(const struct step *step)
{
    ck_assert_uint_lt(answer_count, COMMANDS_MAX);
    struct answer answer = { .step = step, .began = power_now() };
    uint64_t records = audit_head(fixture.store).size;
    ck_assert_msg(card_fixture_status(&fixture, step->command) == step->status,
                  "%s after %zu commands: %s", step->command, answer_count, failure_last()->cause);
    ck_assert_uint_gt(audit_head(fixture.store).size, records);
    answer.answered = power_now();
    answer.commits = commit_count;
    answers[answer_count++] = answer;
}

static void begin_recording(void)
{
    power_install();
    ck_assert_int_eq(crypto_use_secret_heap(), 0);
    ck_assert_int_eq(crypto_init(), 0);
    folder = folder_make();
    card_fixture_attach(&fixture, stores_create(folder.path));
    ck_assert_int_eq(device_personalise(&fixture.env, NULL), 0);
    power_record(&folder);
    recording = true;
    card_fixture_power_on(&fixture);
}

static void end_recording(void)
{
    recording = false;
    power_stop();
    card_fixture_power_off(&fixture);
    store_close(&fixture.store);
    folder_remove(&folder);
}

static void record_script(void)
{
    begin_recording();
    for (int i = 0; i < ROUNDS; i++) {
        for (size_t j = 0; j < COUNT_OF(round_of_steps); j++)
            run_step(&round_of_steps[j]);
        if (i < RESTARTS_AFTER)
            restart();
    }
    end_recording();
    ck_assert_uint_ge(answer_count, 200);
}

/* --- A cut --- */

struct cut {
    size_t at;
    enum power_loss loss;
    uint64_t seed;
};

#define ck_cut(cut, condition)                                                                     \
    ck_assert_msg((condition), "cut at event %zu, loss %d, seed %llu: %s; %s", (cut)->at,          \
                  (int)(cut)->loss, (unsigned long long)(cut)->seed, #condition,                   \
                  failure_last()->cause)

static struct store *open_after(const struct cut *cut, const struct folder *after)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct store_place place = stores_place(after->path);
    int r = store_open(&place, &s, &why);
    ck_assert_msg(r == 0, "cut at event %zu, loss %d, seed %llu: %d %s %s", cut->at, (int)cut->loss,
                  (unsigned long long)cut->seed, r, why.sentence, failure_last()->cause);
    return s;
}

/* How many commits had returned, and how many had begun. */
static void commits_at(size_t at, size_t *out_returned, size_t *out_begun)
{
    size_t i = 0;
    while (i < commit_count && commits[i].returned <= at)
        i++;
    *out_returned = i;
    while (i < commit_count && commits[i].began < at)
        i++;
    *out_begun = i;
}

static bool take_status(void *context, uint64_t seq, struct span line)
{
    struct audit_record record;
    (void)seq;
    ck_assert(audit_record_read(line, &record));
    *(uint16_t *)context = record.sw;
    return true;
}

/* A PIN that was right gives tries back, and so does INITIALIZE, which also takes keys: the record
 * of that is in the same commit. */
static bool tells_success(struct store *s)
{
    uint16_t status = 0;
    ck_assert_int_eq(audit_read(s, audit_head(s).size, take_status, &status), 0);
    return status == 0x9000;
}

static bool nothing_came_back(const struct tries *now, const struct tries *acknowledged)
{
    return now->user <= acknowledged->user && now->officer <= acknowledged->officer &&
           now->uses <= acknowledged->uses;
}

static void assert_goes_on(const struct cut *cut, struct store **s, const struct folder *after)
{
    uint64_t size = audit_head(*s).size;
    stores_append(*s, AUDIT_SIGN, 1);
    stores_put_key(*s, 200, "after the cut");
    store_close(s);
    *s = open_after(cut, after);
    ck_cut(cut, audit_head(*s).size == size + 1);
    stores_assert_key(*s, 200, "after the cut");
}

static void play(const struct cut *cut, struct power_replay *replay, const struct folder *after)
{
    size_t returned, begun;
    failure_clear();
    commits_at(cut->at, &returned, &begun);
    power_cut(replay, cut->at, cut->loss, cut->seed, after);
    struct store *s = open_after(cut, after);
    struct view view = look(s);

    size_t found = returned ? returned - 1 : 0;
    while (found < begun && commits[found].view.facts.generation != view.facts.generation)
        found++;
    ck_cut(cut, found < begun);
    ck_cut(cut, span_equal(SPAN_OF(view.digest), SPAN_OF(commits[found].view.digest)));
    ck_cut(cut, nothing_came_back(&view.tries, &commits[returned - 1].view.tries) ||
                    (found >= returned && tells_success(s)));
    if (cut->seed % 8 == 0)
        assert_goes_on(cut, &s, after);
    store_close(&s);
}

/* So many, spread evenly over the events of the record. */
static void play_cuts(size_t from, size_t to, size_t count)
{
    struct power_replay *replay = power_replay_begin();
    struct folder after = folder_make();
    for (uint64_t i = 0; i < count; i++) {
        struct cut cut = { .at = from + (to - from) * i / count,
                           .loss = (enum power_loss)(i % POWER_LOSS_COUNT),
                           .seed = i };
        play(&cut, replay, &after);
    }
    power_replay_end(&replay);
    folder_remove(&after);
}

START_TEST(acknowledged_state_survives_every_cut)
{
    record_script();
    size_t first = commits[0].returned; /* before, there is nothing to compare with */
    play_cuts(first, power_now(), getenv("GLASSHSM_LONG") ? 20000 : 500);
}
END_TEST

/* In the second round, when there is something to lose. */
static bool to_be_cut_everywhere(size_t answer)
{
    const char *command = answers[answer].step->command;
    bool has_pin = strncmp(command, "00 20", 5) == 0 || strncmp(command, "00 24", 5) == 0 ||
                   strncmp(command, "80 50", 5) == 0;
    size_t round = answer / COUNT_OF(round_of_steps);
    return has_pin && (round == 1 || getenv("GLASSHSM_LONG"));
}

/* Also where a PIN is right: the record of the login is there when the try has come back. */
START_TEST(every_step_of_a_command_with_pin_finds_the_try_spent)
{
    record_script();
    unsigned met = 0;
    for (size_t i = 0; i < answer_count; i++) {
        if (!to_be_cut_everywhere(i))
            continue;
        size_t events = answers[i].answered - answers[i].began + 1;
        play_cuts(answers[i].began, answers[i].answered + 1, events * POWER_LOSS_COUNT);
        met++;
    }
    ck_assert_uint_ge(met, 12);
}
END_TEST

/* --- Making a store --- */

static void play_creation(const struct cut *cut, struct power_replay *replay, size_t returned,
                          const struct folder *after)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct store_place place = stores_place(after->path);
    power_cut(replay, cut->at, cut->loss, cut->seed, after);
    int r = store_open(&place, &s, &why);
    ck_cut(cut, r >= 0);
    ck_cut(cut, r == 0 || cut->at < returned);
    ck_cut(cut, r == 0 || why.sentence[0] != '\0');
    if (r == 0)
        stores_put_key(s, 1, "works");
    store_close(&s);
}

/* Before it was acknowledged a store may be there or be refused with a sentence; then it is there.
 */
START_TEST(store_that_was_made_is_there_after_every_cut)
{
    power_install();
    struct folder made = folder_make(), after = folder_make();
    power_record(&made);
    struct store *s = stores_create(made.path);
    size_t returned = power_now();
    store_close(&s);
    power_stop();

    struct power_replay *replay = power_replay_begin();
    for (size_t i = 0; i < (power_now() + 1) * POWER_LOSS_COUNT; i++) {
        struct cut cut = { .at = i / POWER_LOSS_COUNT,
                           .loss = (enum power_loss)(i % POWER_LOSS_COUNT),
                           .seed = i };
        play_creation(&cut, replay, returned, &after);
        folder_empty(&after);
    }
    power_replay_end(&replay);
    folder_remove(&made);
    folder_remove(&after);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("power_loss");
    TCase *all = tcase_create("power_loss");
    tcase_set_timeout(all, getenv("GLASSHSM_LONG") ? 3600 : 120);
    tcase_add_test(all, acknowledged_state_survives_every_cut);
    tcase_add_test(all, store_that_was_made_is_there_after_every_cut);
    tcase_add_test(all, every_step_of_a_command_with_pin_finds_the_try_spent);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
