/* SPDX-License-Identifier: Apache-2.0 */
/* A token that works for long needs no more memory than one that has begun: a hundred thousand
 * commands of every sort, on a store whose cache is full, and nothing is larger than before. */
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "card-os/device.h"
#include "crypto/crypto.h"
#include "tests/support/card_fixture.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

#ifdef __SANITIZE_ADDRESS__ /* whose memory grows as it likes */
enum { WARM_UP = 4000, COMMANDS = 4000, MEASURES_HEAP = false };
#else
enum { WARM_UP = 15000, COMMANDS = 100000, MEASURES_HEAP = true };
#endif

enum { KEYS = 20 }; /* more than stay live */

static struct card_fixture f;

/* --- Memory --- */

struct memory {
    long long resident; /* all pages, with those of the secret heap */
    long long heap;     /* of which malloc has given out */
    long long database; /* SQLite's part of that */
};

static long long resident_bytes(void)
{
    long long pages = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    ck_assert(statm && fscanf(statm, "%lld %lld", &pages, &resident) == 2);
    fclose(statm);
    return resident * 4096;
}

static struct memory measure(void)
{
    return (struct memory){ resident_bytes(), (long long)mallinfo2().uordblks,
                            sqlite3_memory_used() };
}

/* --- Work --- */

static uint16_t send_to_key(const char *command, unsigned id)
{
    uint8_t bytes[512];
    struct writer out = WRITER_OF(bytes);
    ck_assert(hex_decode(command, &out));
    bytes[2] = (uint8_t)id;
    struct span answer = card_fixture_send(&f, written(&out));
    struct reader status = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&status);
}

#define SIGN "80 68 00 70 20 5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A 00"

static void sign(unsigned round)
{
    ck_assert_uint_eq(send_to_key(SIGN, 1 + round % KEYS), 0x9000);
}

static void sign_without_key(unsigned round)
{
    (void)round;
    ck_assert_uint_ne(send_to_key(SIGN, 0xEE), 0x9000);
}

static void replace_key(unsigned round)
{
    if (round % 50 == 0)
        ck_assert_uint_eq(send_to_key(GENERATE_P256, 1 + round / 50 % KEYS), 0x9000);
}

static void log_in(unsigned round)
{
    (void)round;
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
}

/* The store's rows come and go. */
static void write_file(unsigned round)
{
    (void)round;
    ck_assert_uint_eq(card_fixture_status(&f, "00 D7 CD10 08 54020000 5302AABB"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "00 B1 CD10 04 54020000 02"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "00 E4 0200 02 CD10"), 0x9000);
}

static void ask(unsigned round)
{
    static const char *const questions[] = {
        "00 B1 CE01 000004 54020000 0000",
        "80 58 0000 000000",
        "00 84 0000 08",
        "00 B1 2F03 000004 54020000 0000",
        VERIFY_USER_QUERY,
        "00 B1 CE77 000004 54020000 0000",
        "00 FF 0000",
        "00 20 0081 03 3132" /* malformed */
    };
    card_fixture_send_hex(&f, questions[round % COUNT_OF(questions)]);
    ck_assert_int_eq(f.fault, 0);
}

typedef void work(unsigned round);

/* One turn; how many commands it was. */
static unsigned turn(unsigned round)
{
    static work *const works[] = { ask, ask, ask, ask, sign, write_file, sign_without_key, ask };
    for (unsigned i = 0; i < COUNT_OF(works); i++)
        works[i](round + i);
    replace_key(round);
    if (round % 10 == 0)
        log_in(round);
    return 10;
}

static void carry_out(unsigned commands)
{
    for (unsigned done = 0, round = 0; done < commands; round++)
        done += turn(round);
}

/* --- */

static void start(const char *folder)
{
    card_fixture_attach(&f, stores_create(folder));
    ck_assert_int_eq(device_personalise(&f.env, NULL), 0);
    card_fixture_power_on(&f);
    card_fixture_initialise(&f);
    log_in(0);
    for (unsigned id = 1; id <= KEYS; id++)
        ck_assert_uint_eq(send_to_key(GENERATE_P256, id), 0x9000);
}

static void assert_no_growth(struct memory before, struct memory after)
{
    /* Less than a byte for each command. Resident memory moves by some pages with what code and
     * stack was touched last. */
    enum { SLACK = 4096, RESIDENT_SLACK = 192 * 1024 };
    printf("resident %lld, heap %lld, of which SQLite %lld; %lld, %lld, %lld more afterwards\n",
           before.resident, before.heap, before.database, after.resident - before.resident,
           after.heap - before.heap, after.database - before.database);
    ck_assert_int_le(after.database - before.database, SLACK);
    if (!MEASURES_HEAP)
        return;
    ck_assert_int_le(after.heap - before.heap, SLACK);
    ck_assert_int_le(after.resident - before.resident, RESIDENT_SLACK);
}

START_TEST(a_hundred_thousand_commands_take_no_memory)
{
    ck_assert(crypto_use_secret_heap() == 0 && crypto_init() == 0);
    struct folder folder = folder_make();
    start(folder.path);
    carry_out(WARM_UP);
    struct memory before = measure();
    carry_out(COMMANDS);
    assert_no_growth(before, measure());
    card_fixture_deinit(&f);
    folder_remove(&folder);
}
END_TEST

/* It works for seconds, which a busy machine makes a minute of: only meson's limit holds. */
int main(void)
{
    Suite *suite = suite_create("growth");
    TCase *all = tcase_create("growth");
    tcase_set_timeout(all, 0);
    tcase_add_test(all, a_hundred_thousand_commands_take_no_memory);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
