/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/power.h"

#include <stdio.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/failure.h"
#include "card-os/device.h"
#include "card-os/strict.h"
#include "daemon/build_id.h"
#include "storage/authority_files.h"

/* --- What the card needs from outside --- */

static uint64_t wall_ms(void *context)
{
    (void)context;
    return wall_clock_ms();
}

static uint64_t ticks_us(void *context)
{
    const struct power *power = context;
    return clock_us(CLOCK_BOOTTIME) - power->since_us;
}

static int chance(void *context, uint8_t *out, size_t size)
{
    (void)context;
    return chance_fill(out, size);
}

static bool cancelled(void *context)
{
    const struct power *power = context;
    return power->cancelled(power->context);
}

static void running(void *context, const struct command *row)
{
    const struct power *power = context;
    if (power->running)
        power->running(power->context, row);
}

static struct env outside(struct power *power)
{
    return (struct env){
        .store = power->store,
        .share_login = power->config->share_login,
        .pin_bound = power->config->pin_bound,
        .capacity = power->config->capacity,
        .build = build_id(),
        .context = power,
        .time_ms = wall_ms,
        .ticks_us = ticks_us,
        .random = chance,
        .cancelled = cancelled,
        .running = running,
    };
}

/* --- The store --- */

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static int open_place(struct power *power, const struct config *config,
                      struct store_refusal *out_why)
{
    struct store_place place = {
        .folder = config->ephemeral ? NULL : config->folder,
        .anchor = or_null(config->anchor),
        .accept_rollback = config->accept_rollback,
    };
    const struct unlock_wish wish = { .key_file = or_null(config->key_file),
                                      .passphrase_file = or_null(config->passphrase_file),
                                      .credential = or_null(config->credential) };
    SCOPED(unlock_room_wipe) struct unlock_room room = { 0 };
    int r = store_unlock_by(&place, &wish, &room);
    if (r)
        return r;
    return config->ephemeral ? store_create(&place, &power->store, out_why)
                             : store_open(&place, &power->store, out_why);
}

/* --- A new token in memory --- */

static int open_authority(const struct power *power, const char *folder, struct authority *out)
{
    SCOPED(authority_files_deinit) struct authority_files files = { 0 };
    int r = authority_files_read(folder, &files);
    if (!r)
        r = authority_open(out, files.root, files.issuer, files.issuer_key,
                           power->env.time_ms(power->env.context));
    return r > 0 ? failure(FAULT_DISK, "%s: %s", folder, authority_text(r)) : r;
}

static int personalise(struct power *power, const struct config *config)
{
    SCOPED(authority_deinit) struct authority authority = { 0 };
    if (!*config->authority)
        return device_personalise(&power->env, NULL);
    int r = open_authority(power, config->authority, &authority);
    return r ? r : device_personalise(&power->env, &authority);
}

/* INITIALIZE DEVICE (protocol.md 4) takes the same road as the one that a host sends. */
static int initialise(struct power *power, const struct config *config)
{
    SCOPED_SECRET(so_pin_bytes, sizeof config->so_pin);
    struct writer so_pin = writer_of(so_pin_bytes, sizeof so_pin_bytes);
    if (!hex_decode(config->so_pin, &so_pin))
        return failure(FAULT_BROKEN, "ephemeral.so-pin is not hexadecimal");
    struct span user_pin = span_of_text(config->user_pin);

    SCOPED_SECRET(bytes, 128);
    struct writer command = writer_of(bytes, sizeof bytes);
    write_u32(&command, 0x80500000);
    write_u8(&command, (uint8_t)(4 + 2 + user_pin.size + 2 + so_pin.size + 3));
    write_u32(&command, 0x80020001); /* 80: options; only "RESET RETRY COUNTER allowed" */
    write_u16(&command, (uint16_t)(0x8100 | user_pin.size));
    write_span(&command, user_pin);
    write_u16(&command, (uint16_t)(0x8200 | so_pin.size));
    write_span(&command, written(&so_pin));
    write_span(&command, SPAN_OF(((const uint8_t[]){ 0x91, 1, 3 }))); /* tries of the user PIN */
    if (command.full)
        return failure(FAULT_BROKEN, "the development PINs are too long");

    uint8_t *room = secret_alloc(CARD_APDU_MAX);
    if (!room)
        return failure(FAULT_MEMORY, "no memory for an answer");
    struct writer answer = writer_of(room, CARD_APDU_MAX);
    int r = card_transmit(&power->card, written(&command), &answer);
    struct reader status = reader_of(written(&answer));
    uint16_t sw = read_u16(&status);
    secret_free(room);
    card_reset(&power->card);
    if (r == 0 && sw != 0x9000)
        return failure(FAULT_BROKEN, "the card refused its development PINs with %04X", sw);
    return r;
}

/* --- Strict --- */

/* A strict card cannot have a forced audit, which refuses commands that the hardware would run. */
static int check_strict(const struct power *power, struct store_refusal *out_why)
{
    bool strict;
    int r = strict_load(power->store, &strict);
    if (r || !strict || strict_possible(power->store))
        return r;
    snprintf(out_why->sentence, sizeof out_why->sentence,
             "The token is strict, and its audit is forced; a forced audit is never given up. "
             "`glasshsm store strict %s off` makes it start.",
             power->config->folder);
    return POWER_CONTRADICTED;
}

static int make_strict(const struct power *power)
{
    return power->config->strict ? strict_set(&power->env, true, 0) : 0;
}

/* --- */

int power_on(struct power *power, const struct config *config, struct store_refusal *out_why)
{
    power->config = config;
    int r = open_place(power, config, out_why);
    if (!r)
        r = check_strict(power, out_why);
    if (r)
        return r;
    power->since_us = clock_us(CLOCK_BOOTTIME);
    power->env = outside(power);
    if (config->ephemeral)
        r = personalise(power, config);
    if (r == 0 && config->ephemeral)
        r = make_strict(power);
    if (r == 0)
        r = card_init(&power->card, &power->env);
    power->on = r == 0;
    if (r == 0 && config->ephemeral && !config->blank)
        r = initialise(power, config);
    return r;
}

void power_off(struct power *power)
{
    if (power->on)
        card_deinit(&power->card);
    power->on = false;
    snapshot_drop(&power->snapshot);
    store_close(&power->store);
}
