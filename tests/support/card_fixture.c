/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/card_fixture.h"

#include <stdlib.h>

#include "card-os/command.h"
#include "card-os/device.h"
#include "crypto/crypto.h"
#include "formats/apdu.h"
#include "tests/support/require.h"

static uint64_t fixed_time(void *context)
{
    struct card_fixture *f = context;
    return 1764000000000 + f->ticks;
}

static uint64_t counted_ticks(void *context)
{
    struct card_fixture *f = context;
    return ++f->ticks;
}

/* Numerical Recipes' linear congruence: repeatable, and good enough for salts that protect nothing.
 */
static int seeded_random(void *context, uint8_t *out, size_t size)
{
    struct card_fixture *f = context;
    for (size_t i = 0; i < size; i++) {
        f->seed = f->seed * 1664525 + 1013904223;
        out[i] = (uint8_t)(f->seed >> 24);
    }
    return 0;
}

static int random_that_fails_once(void *context, uint8_t *out, size_t size)
{
    struct card_fixture *f = context;
    f->env.random = seeded_random;
    (void)out, (void)size;
    return FAULT_LIBRARY;
}

static bool is_cancelled(void *context)
{
    struct card_fixture *f = context;
    return f->cancelled;
}

static void note_row(void *context, const struct command *row)
{
    struct card_fixture *f = context;
    if (row)
        f->last_row = row->name;
}

void card_fixture_power_on(struct card_fixture *f)
{
    f->card = calloc(1, sizeof *f->card);
    require(f->card, "no memory");
    require(card_init(f->card, &f->env) == 0, "power-on");
}

void card_fixture_power_off(struct card_fixture *f)
{
    if (!f->card)
        return;
    card_deinit(f->card);
    free(f->card);
    f->card = NULL;
}

void card_fixture_attach(struct card_fixture *f, struct store *store)
{
    *f = (struct card_fixture){ .seed = 1, .store = store };
    f->answer = WRITER_OF(f->answer_bytes);
    f->env = (struct env){
        .store = store,
        .context = f,
        .time_ms = fixed_time,
        .ticks_us = counted_ticks,
        .random = seeded_random,
        .cancelled = is_cancelled,
        .running = note_row,
    };
}

void card_fixture_init(struct card_fixture *f)
{
    struct store *store = NULL;
    struct store_refusal why;
    require(crypto_init() == 0, "crypto_init");
    require(store_create(&(struct store_place){ 0 }, &store, &why) == 0, "store_create");
    card_fixture_attach(f, store);
    require(device_personalise(&f->env, NULL) == 0, "personalising");
    card_fixture_power_on(f);
}

void card_fixture_deinit(struct card_fixture *f)
{
    card_fixture_power_off(f);
    store_close(&f->store);
}

void card_fixture_power_cycle(struct card_fixture *f)
{
    card_fixture_power_off(f);
    card_fixture_power_on(f);
}

void card_fixture_fail_random_once(struct card_fixture *f)
{
    f->env.random = random_that_fails_once;
}

struct span card_fixture_send(struct card_fixture *f, struct span command)
{
    f->last_row = NULL;
    write_trim(&f->answer, 0);
    f->fault = card_transmit(f->card, command, &f->answer);
    return written(&f->answer);
}

struct span card_fixture_send_hex(struct card_fixture *f, const char *command)
{
    static uint8_t bytes[CARD_APDU_MAX];
    struct writer out = WRITER_OF(bytes);
    require(hex_decode(command, &out), command);
    return card_fixture_send(f, written(&out));
}

uint16_t card_fixture_status(struct card_fixture *f, const char *command)
{
    return answer_status(card_fixture_send_hex(f, command));
}

uint16_t card_fixture_command(struct card_fixture *f, uint32_t header, struct span data)
{
    static uint8_t bytes[CARD_APDU_MAX];
    struct writer command = WRITER_OF(bytes);
    const struct apdu apdu = apdu_of(header, data, APDU_LE_MAX);
    apdu_write(&apdu, &command);
    require(!command.full, "a command too long");
    return answer_status(card_fixture_send(f, written(&command)));
}

uint16_t answer_status(struct span answer)
{
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&in);
}

struct span card_fixture_data(const struct card_fixture *f)
{
    return span_part(written(&f->answer), 0, f->answer.size - 2);
}

static bool take_record(void *context, uint64_t seq, struct span line)
{
    (void)seq;
    require(audit_record_read(line, context), "a record that cannot be read");
    return true;
}

struct audit_record card_fixture_last_record(const struct card_fixture *f)
{
    struct audit_record record = { 0 };
    require(audit_read(f->store, audit_head(f->store).size, take_record, &record) == 0, "the log");
    return record;
}

void card_fixture_initialise(struct card_fixture *f)
{
    require(card_fixture_status(f, INITIALIZE) == 0x9000, "INITIALIZE");
    card_reset(f->card);
}
