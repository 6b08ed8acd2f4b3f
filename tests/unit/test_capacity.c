/* SPDX-License-Identifier: Apache-2.0 */
/* Capacity against a model: what is made, replaced and deleted at random, with power cycles in
 * between, fits exactly when the model says so; what is refused changes nothing. */
#include "card-os/capacity.h"

#include <string.h>

#include "card-os/key_record.h"
#include "formats/apdu.h"
#include "tests/support/card_fixture.h"
#include "tests/support/suite.h"

enum { LIMIT = 2000, PLACES = 8, FILE_MAX = 500, STEPS = 3000 };

/* What is there, and what it costs. */
struct model {
    bool keys[PLACES], files[PLACES], work;
    unsigned key_bits[PLACES], file_size[PLACES], work_size;
    uint8_t file_byte[PLACES];
};

static struct card_fixture f;
static struct model model;
static uint32_t chance;

static void begin_session(void)
{
    ck_assert_uint_eq(card_fixture_status(&f, VERIFY_USER), 0x9000);
    model.work = false;
    model.work_size = 0;
}

static void set_up(void)
{
    model = (struct model){ 0 };
    chance = 7;
    card_fixture_init(&f);
    f.env.capacity = LIMIT;
    card_fixture_initialise(&f);
    begin_session();
    ck_assert_uint_eq(card_fixture_status(&f, "00 E4 02 00 02 2F03"), 0x9000);
}

static void tear_down(void)
{
    card_fixture_deinit(&f);
}

static unsigned below(unsigned bound)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % bound;
}

static unsigned used(void)
{
    unsigned sum = model.work_size;
    for (size_t i = 0; i < PLACES; i++)
        sum += model.key_bits[i] + model.file_size[i];
    return sum;
}

static unsigned send(uint8_t ins, uint16_t p1_p2, struct span data)
{
    uint8_t bytes[1024];
    struct writer command = WRITER_OF(bytes);
    const struct apdu apdu = {
        .ins = ins, .p1 = (uint8_t)(p1_p2 >> 8), .p2 = (uint8_t)p1_p2, .data = data
    };
    apdu_write(&apdu, &command);
    struct span answer = card_fixture_send(&f, written(&command));
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&in);
}

static unsigned write_file(uint16_t file, unsigned size, uint8_t byte)
{
    uint8_t bytes[FILE_MAX + 8] = {
        0x54, 2, 0, 0, 0x53, 0x82, (uint8_t)(size >> 8), (uint8_t)size
    };
    memset(bytes + 8, byte, size);
    return send(0xD7, file, span_of(bytes, 8 + size));
}

static unsigned delete_file(uint16_t file)
{
    const uint8_t name[] = { (uint8_t)(file >> 8), (uint8_t)file };
    return send(0xE4, 0x0200, SPAN_OF(name));
}

/* The status word for something that costs so much, in the place of what cost `before`. */
static unsigned expected(unsigned before, unsigned after)
{
    bool fits = !f.env.capacity || after <= before || used() - before + after <= f.env.capacity;
    return fits ? 0x9000 : 0x6A84;
}

static void make_key(unsigned place)
{
    unsigned size = below(3), bits = 128 + 64 * size;
    unsigned wanted = expected(model.key_bits[place], bits);
    uint16_t p1_p2 = (uint16_t)((place + 1) << 8 | (0xB0 + size));
    ck_assert_uint_eq(send(0x48, p1_p2, (struct span){ 0 }), wanted);
    if (wanted != 0x9000)
        return;
    model.keys[place] = true;
    model.key_bits[place] = bits;
}

static void make_file(unsigned place)
{
    unsigned size = below(FILE_MAX), wanted = expected(model.file_size[place], size);
    uint8_t byte = (uint8_t)below(256);
    ck_assert_uint_eq(write_file((uint16_t)(0xCF00 + place), size, byte), wanted);
    if (wanted != 0x9000)
        return;
    model.files[place] = true;
    model.file_size[place] = size;
    model.file_byte[place] = byte;
}

static void make_work_file(unsigned place)
{
    unsigned size = below(FILE_MAX), wanted = expected(model.work_size, size);
    (void)place;
    ck_assert_uint_eq(write_file(0x2F10, size, 0), wanted);
    if (wanted != 0x9000)
        return;
    model.work = true;
    model.work_size = size;
}

static void delete_key(unsigned place)
{
    unsigned wanted = model.keys[place] ? 0x9000 : 0x6A82;
    ck_assert_uint_eq(delete_file((uint16_t)(0xCC01 + place)), wanted);
    model.keys[place] = false;
    model.key_bits[place] = 0;
}

static void remove_file(unsigned place)
{
    unsigned wanted = model.files[place] ? 0x9000 : 0x6A82;
    ck_assert_uint_eq(delete_file((uint16_t)(0xCF00 + place)), wanted);
    model.files[place] = false;
    model.file_size[place] = 0;
}

static void power_cycle(unsigned place)
{
    (void)place;
    card_fixture_power_cycle(&f);
    begin_session();
}

static void check_file(unsigned place)
{
    const uint8_t offset[] = { 0x54, 2, 0, 0 };
    unsigned status = send(0xB1, (uint16_t)(0xCF00 + place), SPAN_OF(offset));
    struct span data = card_fixture_data(&f);
    ck_assert_uint_eq(status, model.files[place] ? 0x6282 : 0x6A82);
    ck_assert_uint_eq(data.size, model.file_size[place]);
    for (size_t i = 0; i < data.size; i++)
        ck_assert_uint_eq(data.at[i], model.file_byte[place]);
}

static void check_usage(void)
{
    unsigned files = 2; /* certificates and key of the device */
    for (size_t i = 0; i < PLACES; i++)
        files += model.keys[i] + model.files[i];
    ck_assert_uint_eq(card_fixture_status(&f, "80 64 05 00 14"), 0x9000);
    struct reader in = reader_of(card_fixture_data(&f));
    unsigned limit = f.env.capacity, left = used() < limit ? limit - used() : 0;
    ck_assert_uint_eq(read_u32(&in), left);
    ck_assert_uint_eq(read_u32(&in), used());
    ck_assert_uint_eq(read_u32(&in), used() + left);
    ck_assert_uint_eq(read_u32(&in), files);
    ck_assert_uint_eq(read_u32(&in), used() + left);
    ck_assert(read_finished(&in));
}

START_TEST(random_filling_fits_as_the_model_says)
{
    static void (*const deeds[])(unsigned) = { make_key,   make_file,   make_file,   make_work_file,
                                               delete_key, remove_file, power_cycle, check_file };
    unsigned full = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        deeds[below(COUNT_OF(deeds))](below(PLACES));
        struct reader in = reader_of(span_part(written(&f.answer), f.answer.size - 2, 2));
        full += read_u16(&in) == 0x6A84;
        check_usage();
    }
    ck_assert_uint_gt(full, STEPS / 20);
    for (unsigned i = 0; i < PLACES; i++)
        check_file(i);
}
END_TEST

START_TEST(smaller_memory_still_reads_and_deletes)
{
    make_file(0);
    for (unsigned i = 0; i < PLACES; i++)
        make_key(i);
    f.env.capacity = 300;
    power_cycle(0);
    ck_assert_uint_gt(used(), 1000);
    check_usage();
    check_file(0);
    ck_assert_uint_eq(write_file(0xCF01, 1, 0), 0x6A84);
    ck_assert_uint_eq(send(0x48, 0x09B0, (struct span){ 0 }), 0x6A84);
    /* An empty file takes no room; what is there can be made smaller. */
    ck_assert_uint_eq(write_file(0xCF01, 0, 0), 0x9000);
    model.files[1] = true;
    ck_assert_uint_eq(write_file(0xCF00, model.file_size[0], model.file_byte[0]), 0x9000);
    ck_assert_uint_eq(write_file(0xCF00, model.file_size[0] + 1, 0), 0x6A84);
    check_file(0);
    ck_assert_uint_eq(card_fixture_status(&f, "80 78 01 10 10 00112233445566778899AABBCCDDEEFF 00"),
                      0x9000);
    for (unsigned i = 0; i < PLACES; i++)
        delete_key(i);
    remove_file(0);
    check_usage();
    ck_assert_uint_eq(send(0x48, 0x01B2, (struct span){ 0 }), 0x9000);
}
END_TEST

START_TEST(keys_of_the_hardware_fill_its_memory)
{
    static const struct {
        uint16_t bits, keys;
    } published[] = { { 2048, 38 }, { 4096, 19 }, { 256, 300 } };
    for (size_t i = 0; i < COUNT_OF(published); i++) {
        const struct key key = { .spec = { .bits = published[i].bits } };
        size_t keys = CAPACITY_HARDWARE / key_cost(&key);
        ck_assert_uint_ge(keys, published[i].keys);
        ck_assert_uint_le(keys, published[i].keys + published[i].keys / 50);
    }
}
END_TEST

START_TEST(without_a_limit_the_usual_is_told)
{
    f.env.capacity = CAPACITY_UNLIMITED;
    make_key(0);
    ck_assert_uint_eq(card_fixture_status(&f, "80 50 00 00 00"), 0x9000);
    struct reader in = reader_of(card_fixture_data(&f));
    ck_assert_uint_eq(read_u32(&in), CAPACITY_TOLD);
    ck_assert_uint_eq(card_fixture_status(&f, "80 64 05 00 00"), 0x9000);
    in = reader_of(card_fixture_data(&f));
    ck_assert_uint_eq(read_u32(&in), CAPACITY_TOLD);
    ck_assert_uint_eq(read_u32(&in), used());
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH("capacity", set_up, tear_down, random_filling_fits_as_the_model_says,
                          smaller_memory_still_reads_and_deletes,
                          keys_of_the_hardware_fill_its_memory, without_a_limit_the_usual_is_told);
}
