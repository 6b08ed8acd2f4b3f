/* SPDX-License-Identifier: Apache-2.0 */
/* Power on and off: opens the store as the configuration says and starts the card on it. All of it
 * runs in the card thread, which owns store and card from then on. */
#pragma once

#include <stdbool.h>

#include "base/results.h"
#include "card-os/card.h"
#include "daemon/config.h"
#include "storage/open.h"
#include "storage/snapshot.h"

struct power {
    const struct config *config;
    struct store *store;
    struct env env;
    struct card card;
    struct snapshot *snapshot; /* that errand snapshot_of is making; NULL: none is being made */
    const void *snapshot_of;
    bool on;
    uint64_t since_us; /* CLOCK_BOOTTIME at power-on: the card's ticks count from there */
    /* Polled by long commands, which end when it is true; the owner sets it before power_on(). */
    bool (*cancelled)(void *context);
    /* Called with the row of the command that begins, and with NULL after it (card-os/env.h); may
     * be NULL. */
    void (*running)(void *context, const struct command *row);
    void *context;
};

/* Positive result, beside those of storage/open.h: the token is set to be strict, but its audit is
 * forced, which no hardware has. */
enum { POWER_CONTRADICTED = RESULTS_POWER };

/* Opens the store and makes *power a card that is ready for commands. Before, *power is zero but
 * for `cancelled`, `running` and their context; config must outlive it. An ephemeral token is
 * created, gets its identity and, unless it shall be blank, the development PINs. Positive: the
 * store is refused (storage/open.h, POWER_CONTRADICTED) and out_why tells why. Any fault. After
 * either, power_off() cleans up. */
MUST_CHECK int power_on(struct power *power, const struct config *config,
                        struct store_refusal *out_why);
/* Closes card and store. Harmless twice, and on zeroed memory. */
void power_off(struct power *power);
