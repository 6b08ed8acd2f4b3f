/* SPDX-License-Identifier: Apache-2.0 */
/* The card when things go wrong: whichever call fails while it runs a command, the host hears that,
 * token and session are afterwards as before the command or as after it, never between, a try that
 * was spent never comes back, and nothing crashes or leaks.
 *
 * A script of commands is the measure: it is run once without faults, and the token's state is
 * taken after each step. Then each step meets each fault. The normal run leaves some of the many
 * failing allocations out; with GLASSHSM_LONG=1 in the environment none. */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "card-os/device.h"
#include "card-os/dispatch.h"
#include "crypto/crypto.h"
#include "tests/support/faults.h"
#include "tests/support/peer.h"
#include "tests/support/stores.h"
#include "tests/support/stride.h"
#include "tests/support/suite.h"

/* Every how many failing allocations one is tried, apart from the first ones. */
#define STRIDE        61
#define TRAVEL_STRIDE 211
#define TOO_MANY      50000

#define SIGN                                                                                       \
    "80 68 02 70 00 00 20"                                                                         \
    "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F 02 00"

struct step {
    const char *name, *command;
    uint16_t status;
    size_t data; /* at least so many bytes come with it */
    enum paper paper;
    bool harmless; /* leads to the others, and changes nothing */
};

static const struct step daily[] = {
    { "INITIALIZE", INITIALIZE, 0x9000, 0 },
    { "VERIFY, wrong", "00 20 00 81 06 31 31 31 31 31 31", 0x63C2, 0 },
    { "RESET RETRY COUNTER", "00 2C 01 81 08 35 37 36 32 31 38 38 30", 0x9000, 0 },
    { "CHANGE user PIN, to the same", "00 24 00 81 0C 36 34 38 32 31 39 36 34 38 32 31 39", 0x9000,
      0 },
    { "VERIFY", VERIFY_USER, 0x9000, 0 },
    { "GENERATE", GENERATE_P256_DERIVING, 0x9000, 400 },
    { "UPDATE, new file", "00 D7 CF 01 0C 54 02 00 00 53 06 66 69 72 73 74 21", 0x9000, 0 },
    { "SIGN, first use", SIGN, 0x9000, 60 },
    { "SIGN, again", SIGN, 0x9000, 60 },
    { "DERIVE EC KEY", "80 76 02 03 21 98 " HASH, 0x9000, 0 },
    { "UPDATE, part of a file", "00 D7 CF 01 08 54 02 00 02 53 02 52 53", 0x9000, 0 },
    { "DELETE key", "00 E4 02 00 02 CC 02", 0x9000, 0 },
    { "INITIALIZE, wrong SO-PIN",
      "80 50 00 00 19 80 02 00 01 81 06 31 32 33 34 35 36 82 08 31 31 31 31 31 31 31 31 91 01 05",
      0x63CE, 0 },
    { "INITIALIZE, again", INITIALIZE, 0x9000, 0 },
};

/* Keys that travel: the worked example of protocol.md 8.5, and a group's domain. */
static const struct step travel[] = {
    { "INITIALIZE with slots", INITIALIZE_SLOTS, 0x9000, 0, .harmless = true },
    { "CREATE KEY DOMAIN", "80 52 01 00 01 01 00", 0x9000, 10 },
    { "IMPORT DKEK SHARE",
      "80 52 00 00 20 0000000000000000000000000000000000000000000000000000000000000000 00", 0x9000,
      10 },
    { "UNWRAP KEY",
      "80 74 05 93 00 00 5D 66687AADF862BD77 0F 0008 6086480165030401 0004 10111899 0000 0000 "
      "D408CF94717F35F0E5A0A0BB8453022D7192B3AE34789392359E4A464343461C30C52F1A7B10617705E54D97"
      "768AD581 9934D924E2221392D366D2F089A09340",
      0x9000, 0 },
    { "WRAP KEY", "80 72 05 92 00 00 00", 0x9000, 93 },
    { "the peer's root", NULL, 0x9000, 0, PAPER_CHOOSE_ROOT, true },
    { "its issuer", NULL, 0x9000, 0, PAPER_ISSUER, true },
    { "its issuer, chosen", NULL, 0x9000, 0, PAPER_CHOOSE_ISSUER, true },
    { "its device", NULL, 0x9000, 0, PAPER_DEVICE, true },
    { "CREATE KEY DOMAIN of a group", NULL, 0x9000, 74, PAPER_MEMBERSHIP },
    { "GENERATE, exchange key", NULL, 0x9000, 400, PAPER_EXCHANGE_KEY },
    { "EXCHANGE", NULL, 0x9000, 74, PAPER_EXCHANGE },
    { "CLEAR KEY DOMAIN", "80 52 04 01 00", 0x9000, 74 },
    { "DELETE key", "00 E4 02 00 02 CC 05", 0x9000, 0, .harmless = true },
    { "DELETE KEY DOMAIN", "80 52 03 00", 0x9000, 0 },
};

#define DAILY  ((int)COUNT_OF(daily))
#define TRAVEL ((int)COUNT_OF(travel))
#define STEPS  (DAILY > TRAVEL ? DAILY : TRAVEL)

/* The script of this run. */
static const struct step *script;
static int steps;

static uint16_t send(struct card_fixture *f, const char *command)
{
    return card_fixture_status(f, command);
}

static uint16_t send_step(struct card_fixture *f, const struct step *step)
{
    return step->command ? send(f, step->command)
                         : answer_status(card_fixture_send(f, peer_paper(step->paper)));
}

/* --- The state of a token, as a host and an auditor see it --- */

#define RECORDS_MAX 32

struct view {
    uint8_t list[64];
    size_t list_size;
    uint8_t file[64];
    size_t file_size;
    struct event {
        enum audit_action action;
        uint16_t sw;
    } records[RECORDS_MAX]; /* but for power */
    size_t record_count;
    unsigned user_tries, officer_tries; /* NO_PIN: not set */
    struct domain_view {
        uint16_t status;
        size_t size; /* with a group it is longer */
        uint8_t shares, missing;
        bool has_secret;
    } domains[2];
};
#define NO_PIN 99

static void copy_answer(const struct card_fixture *f, uint8_t *to, size_t capacity,
                        size_t *out_size)
{
    struct writer out = writer_of(to, capacity);
    write_span(&out, card_fixture_data(f));
    ck_assert(!out.full);
    *out_size = out.size;
}

static unsigned tries(struct card_fixture *f, const char *query)
{
    uint16_t status = send(f, query);
    if (status == 0x6983)
        return 0;
    if (status == 0x6A88)
        return NO_PIN;
    ck_assert_msg((status & 0xFFF0) == 0x63C0, "%s: %04X", query, status);
    return status & 0xF;
}

static bool take_record(void *context, uint64_t seq, struct span line)
{
    struct view *view = context;
    struct audit_record record;
    (void)seq;
    ck_assert(audit_record_read(line, &record));
    if (record.action == AUDIT_POWER_ON || record.action == AUDIT_POWER_OFF)
        return true;
    ck_assert_uint_lt(view->record_count, RECORDS_MAX);
    view->records[view->record_count++] = (struct event){ record.action, record.sw };
    return true;
}

static struct domain_view look_at_domain(struct card_fixture *f, const char *query)
{
    struct domain_view view = { .status = send(f, query) };
    struct reader in = reader_of(card_fixture_data(f));
    view.size = read_left(&in);
    view.shares = read_u8(&in);
    view.missing = read_u8(&in);
    view.has_secret = !span_is_zero(read_span(&in, 8));
    return view;
}

/* Of a card without session. */
static void look(struct card_fixture *f, struct view *out)
{
    memset(out, 0, sizeof *out);
    ck_assert_uint_eq(send(f, "80 58 00 00 00 00 00"), 0x9000);
    copy_answer(f, out->list, sizeof out->list, &out->list_size);
    uint16_t status = send(f, "00 B1 CF 01 04 54 02 00 00 00");
    ck_assert(status == 0x6282 || status == 0x6A82);
    copy_answer(f, out->file, sizeof out->file, &out->file_size);
    out->user_tries = tries(f, "00 20 00 81");
    out->officer_tries = tries(f, "00 20 00 88");
    out->domains[0] = look_at_domain(f, "80 52 00 00 00");
    out->domains[1] = look_at_domain(f, "80 52 00 01 00");
    ck_assert_int_eq(audit_read(f->store, 1, take_record, out), 0);
}

/* A key that is listed is whole. */
static void assert_key_is_whole(struct card_fixture *f, const struct view *view)
{
    static const uint8_t key[] = { 0xCC, 0x02 };
    bool listed = false;
    for (size_t i = 0; i + 1 < view->list_size; i += 2)
        listed |= memcmp(view->list + i, key, sizeof key) == 0;
    if (view->user_tries == 0 || view->user_tries == NO_PIN)
        return;
    ck_assert_uint_eq(send(f, VERIFY_USER), 0x9000);
    ck_assert_uint_eq(send(f, SIGN), listed ? 0x9000 : 0x6A88);
}

/* Closes the fixture's card, and its store. */
static void close_card(struct card_fixture *f)
{
    card_fixture_power_off(f);
    store_close(&f->store);
}

static struct view look_at_folder(const struct folder *folder)
{
    static struct card_fixture f;
    struct view view;
    card_fixture_attach(&f, stores_open(folder->path));
    card_fixture_power_on(&f);
    look(&f, &view);
    assert_key_is_whole(&f, &view);
    close_card(&f);
    return view;
}

/* --- Before or after, never between --- */

static bool same_domain(const struct domain_view *a, const struct domain_view *b)
{
    return a->status == b->status && a->size == b->size && a->shares == b->shares &&
           a->missing == b->missing && a->has_secret == b->has_secret;
}

static bool same_content(const struct view *a, const struct view *b)
{
    return same_domain(&a->domains[0], &b->domains[0]) &&
           same_domain(&a->domains[1], &b->domains[1]) &&
           span_equal(span_of(a->list, a->list_size), span_of(b->list, b->list_size)) &&
           span_equal(span_of(a->file, a->file_size), span_of(b->file, b->file_size));
}

/* The first records of a, as many as b has. */
static bool begins_with_records(const struct view *a, const struct view *b)
{
    bool begins = a->record_count >= b->record_count;
    for (size_t i = 0; begins && i < b->record_count; i++)
        begins =
            a->records[i].action == b->records[i].action && a->records[i].sw == b->records[i].sw;
    return begins;
}

static bool same(const struct view *a, const struct view *b)
{
    return same_content(a, b) && begins_with_records(a, b) && a->record_count == b->record_count &&
           a->user_tries == b->user_tries && a->officer_tries == b->officer_tries;
}

/* What a command that did not get to its end may leave behind: */
struct trace {
    const struct view *before, *after; /* what it would have done */
    uint16_t status;                   /* what was answered */
};

static bool may_be_left(unsigned now, unsigned before, unsigned after, bool told)
{
    if (before == NO_PIN || now == NO_PIN)
        return now == before;
    return now <= before || (told && now == after);
}

/* Nothing but spent tries; or a record that says how it ended, and with it the tries that a right
 * PIN gives back. */
static bool unchanged(const struct view *a, const struct trace *left)
{
    const struct view *before = left->before, *after = left->after;
    if (!same_content(a, before) || !begins_with_records(a, before))
        return false;
    size_t more = a->record_count - before->record_count;
    bool told = more == 1 && a->records[before->record_count].sw == left->status;
    return (more == 0 || told) &&
           may_be_left(a->user_tries, before->user_tries, after->user_tries, told) &&
           may_be_left(a->officer_tries, before->officer_tries, after->officer_tries, told);
}

/* --- The measure --- */

/* What later commands of the session depend on. */
struct session_view {
    bool user, pin, officer, protected_login, channel_chosen, log_read, work_file;
    bool held[HELD_SECRETS], custodians[CUSTODIANS_MAX];
    uint16_t current_file;
    uint8_t holder_count, chosen, custodian, challenge_size;
};

static struct session_view look_at_session(const struct card *card)
{
    const struct session *s = &card->session;
    struct session_view view;
    memset(&view, 0, sizeof view); /* these are compared as bytes */
    view.user = s->user;
    view.pin = s->pin;
    view.officer = s->officer;
    view.protected_login = s->protected_login;
    view.channel_chosen = s->channel_chosen;
    view.log_read = s->log_read;
    view.work_file = s->work_file;
    for (int i = 0; i < HELD_SECRETS; i++)
        view.held[i] = card->secrets[i].at;
    memcpy(view.custodians, s->custodians, sizeof view.custodians);
    view.current_file = s->current_file;
    view.holder_count = s->holder_count;
    view.chosen = s->chosen.name_size;
    view.custodian = s->custodian;
    view.challenge_size = s->challenge_size;
    return view;
}

static struct session_view sessions[STEPS + 1];
static struct folder pristine;        /* a personalised token that was never initialised */
static struct view states[STEPS + 1]; /* after that many steps */
static struct card_fixture fixture;

/* It believes in the peer, and the peer knows it. */
static void introduce(void)
{
    struct papers own;
    peer_is_trusted_by(&fixture);
    card_fixture_power_on(&fixture);
    papers_of_device(&fixture, &own);
    card_fixture_power_off(&fixture);
    peer_make_papers(&own.device_read);
}

static struct folder personalised_folder(void)
{
    struct folder folder = folder_make();
    card_fixture_attach(&fixture, stores_create(folder.path));
    ck_assert_int_eq(device_personalise(&fixture.env, NULL), 0);
    if (script == travel)
        introduce();
    store_close(&fixture.store);
    return folder;
}

/* What a power cut at this moment leaves. */
static struct view look_after_power_cut(const struct folder *folder)
{
    struct folder copy = folder_make();
    folder_copy(folder, &copy);
    struct view view = look_at_folder(&copy);
    folder_remove(&copy);
    return view;
}

static void open_copy(struct folder *out)
{
    *out = folder_make();
    folder_copy(&pristine, out);
    card_fixture_attach(&fixture, stores_open(out->path));
    card_fixture_power_on(&fixture);
}

static void take_measure(void)
{
    struct folder folder;
    ck_assert_int_eq(crypto_use_secret_heap(), 0);
    ck_assert_int_eq(crypto_init(), 0);
    if (script == travel)
        peer_begin();
    pristine = personalised_folder();
    open_copy(&folder);
    states[0] = look_after_power_cut(&folder);
    sessions[0] = look_at_session(fixture.card);
    for (int i = 0; i < steps; i++) {
        ck_assert_msg(send_step(&fixture, &script[i]) == script[i].status, "%s", script[i].name);
        states[i + 1] = look_after_power_cut(&folder);
        sessions[i + 1] = look_at_session(fixture.card);
    }
    close_card(&fixture);
    folder_remove(&folder);
}

static void end_measure(void)
{
    folder_remove(&pristine);
    if (script == travel)
        peer_end();
}

/* --- A step meets a fault --- */

struct round {
    enum fault_point point;
    unsigned nth;
    bool lasting, in_memory;
    int step;
    uint16_t status; /* what the host heard */
    bool met, usable;
};

#define ck_round(round, condition)                                                                 \
    ck_assert_msg((condition), "%s; point %d, call %u%s%s, answer %04X: %s",                       \
                  script[(round)->step].name, (round)->point, (round)->nth,                        \
                  (round)->lasting ? " and later" : "", (round)->in_memory ? ", in memory" : "",   \
                  (round)->status, failure_last()->cause)

static void run_until(int step)
{
    for (int i = 0; i < step; i++)
        ck_assert_msg(send_step(&fixture, &script[i]) == script[i].status, "%s", script[i].name);
}

static bool is_acknowledged(const struct round *round)
{
    return round->status == script[round->step].status;
}

static bool same_session(const struct session_view *a, const struct session_view *b)
{
    return span_equal(span_of(a, sizeof *a), span_of(b, sizeof *b));
}

/* What was not acknowledged may have logged out (a wrong PIN), and never in. */
static void assert_session(const struct round *round)
{
    const struct session_view *before = &sessions[round->step], *after = before + 1;
    struct session_view now = look_at_session(fixture.card);
    if (is_acknowledged(round) || (!after->user && !after->officer))
        ck_round(round, same_session(&now, after) ||
                            (!is_acknowledged(round) && same_session(&now, before)));
    else
        ck_round(round, same_session(&now, before));
}

static void meet_fault(struct round *round)
{
    failure_clear();
    faults_arm(round->point, round->nth, round->lasting);
    round->status = send_step(&fixture, &script[round->step]);
    round->met = faults_disarm();
    assert_session(round);
    round->usable = store_facts(fixture.store).usable;
}

static void assert_answer(const struct round *round)
{
    if (is_acknowledged(round)) {
        ck_round(round, fixture.answer.size - 2 >= script[round->step].data);
        return;
    }
    bool for_want_of_space = round->point == FAULT_POINT_SPACE && round->status == 0x6A84;
    ck_round(round, round->met);
    /* The library does not always know that it is memory it lacks. */
    bool for_the_library = round->point == FAULT_POINT_MEMORY && round->status == 0x6F00;
    ck_round(round, round->status == 0x6581 || for_want_of_space || for_the_library);
    ck_round(round, !fixture.card->broken);
    ck_round(round, fixture.answer.size == 2);
    ck_round(round, round->point != FAULT_POINT_SYNC || !round->usable);
}

static void assert_state(const struct round *round, const struct view *view)
{
    const struct view *before = &states[round->step], *after = &states[round->step + 1];
    const struct trace left = { before, after, round->status };
    if (is_acknowledged(round))
        ck_round(round, same(view, after));
    else if (round->usable)
        ck_round(round, unchanged(view, &left));
    else
        ck_round(round, unchanged(view, &left) || same(view, after));
}

/* What failed once works the next time; what can no longer be promised is refused. */
static void assert_card_goes_on(const struct round *round)
{
    if (!round->usable) {
        ck_round(round, send(&fixture, VERIFY_USER) == 0x6581);
        return;
    }
    ck_round(round, send(&fixture, "80 58 00 00 00 00 00") == 0x9000);
    bool has_pin = states[round->step].user_tries != NO_PIN || is_acknowledged(round);
    ck_round(round, send(&fixture, VERIFY_USER) == (has_pin ? 0x9000 : 0x6A88));
}

static void play_on_disk(struct round *round)
{
    struct folder folder;
    open_copy(&folder);
    run_until(round->step);
    meet_fault(round);
    assert_answer(round);
    struct view cut = look_after_power_cut(&folder);
    assert_state(round, &cut);
    if (round->usable) {
        close_card(&fixture);
        struct view closed = look_at_folder(&folder);
        assert_state(round, &closed);
    } else {
        assert_card_goes_on(round);
        close_card(&fixture);
    }
    folder_remove(&folder);
}

static void assert_state_in_memory(const struct round *round)
{
    struct view view;
    card_fixture_power_cycle(&fixture);
    look(&fixture, &view);
    assert_state(round, &view);
}

/* Goes on with the same card. When there is no memory even to undo a change, the store cannot be
 * used any more; one failed allocation does not bring that about. */
static void play_in_memory(struct round *round)
{
    card_fixture_init(&fixture);
    if (script == travel) {
        /* Another device than the one on disk, and another group then. */
        peer_end();
        peer_begin();
        card_fixture_power_off(&fixture);
        introduce();
        card_fixture_power_on(&fixture);
    }
    run_until(round->step);
    meet_fault(round);
    assert_answer(round);
    ck_round(round, round->usable || round->lasting);
    if (round->usable)
        assert_state_in_memory(round);
    assert_card_goes_on(round);
    card_fixture_deinit(&fixture);
}

static unsigned next(const struct round *round)
{
    bool all = round->point != FAULT_POINT_MEMORY || round->nth < TRIED_ALL ||
               getenv("GLASSHSM_LONG") != NULL;
    return all ? next_nth(round->nth) : round->nth + (script == daily ? STRIDE : TRAVEL_STRIDE);
}

/* Until nothing fails any more. Returns how often something did. */
static unsigned run_until_nothing_fails(struct round *round)
{
    unsigned count = 0;
    round->met = true;
    for (round->nth = 1; round->met; round->nth = next(round)) {
        (round->in_memory ? play_in_memory : play_on_disk)(round);
        count += round->met;
        ck_assert_uint_lt(round->nth, TOO_MANY);
    }
    return count;
}

static void survive_on_disk(int step, enum fault_point point)
{
    struct round round = { .step = step, .point = point };
    take_measure();
    unsigned once = run_until_nothing_fails(&round);
    round.lasting = true;
    run_until_nothing_fails(&round);
    bool rare = round.point == FAULT_POINT_READ || round.point == FAULT_POINT_OPEN;
    ck_assert_msg(once > 0 || rare, "%s never met fault %d", script[round.step].name, round.point);
    end_measure();
}

static void survive_in_memory(int step)
{
    struct round round = { .step = step, .point = FAULT_POINT_MEMORY, .in_memory = true };
    take_measure();
    ck_assert_uint_gt(run_until_nothing_fails(&round), 0);
    round.lasting = true;
    run_until_nothing_fails(&round);
    end_measure();
}

static void choose_script(const struct step *chosen, int count)
{
    script = chosen;
    steps = count;
}

START_TEST(step_on_disk_survives_every_fault)
{
    choose_script(daily, DAILY);
    survive_on_disk(_i / FAULT_POINT_COUNT, (enum fault_point)(_i % FAULT_POINT_COUNT));
}
END_TEST

START_TEST(step_in_memory_survives_every_failed_allocation)
{
    choose_script(daily, DAILY);
    survive_in_memory(_i);
}
END_TEST

START_TEST(travelling_keys_on_disk_survive_every_fault)
{
    choose_script(travel, TRAVEL);
    if (!travel[_i / FAULT_POINT_COUNT].harmless)
        survive_on_disk(_i / FAULT_POINT_COUNT, (enum fault_point)(_i % FAULT_POINT_COUNT));
}
END_TEST

START_TEST(travelling_keys_in_memory_survive_every_failed_allocation)
{
    choose_script(travel, TRAVEL);
    if (!travel[_i].harmless)
        survive_in_memory(_i);
}
END_TEST

int main(void)
{
    faults_install();
    Suite *suite = suite_create("card_faults");
    TCase *all = tcase_create("card_faults");
    tcase_set_timeout(all, getenv("GLASSHSM_LONG") ? 3600 : 300);
    tcase_add_loop_test(all, step_on_disk_survives_every_fault, 0, DAILY * FAULT_POINT_COUNT);
    tcase_add_loop_test(all, step_in_memory_survives_every_failed_allocation, 0, DAILY);
    tcase_add_loop_test(all, travelling_keys_on_disk_survive_every_fault, 0,
                        TRAVEL * FAULT_POINT_COUNT);
    tcase_add_loop_test(all, travelling_keys_in_memory_survive_every_failed_allocation, 0, TRAVEL);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
