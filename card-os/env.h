/* SPDX-License-Identifier: Apache-2.0 */
/* What a card needs from outside: store, settings, clocks, random bytes. The daemon gives it the
 * real ones; tests give it a store in memory, a clock that ticks by one, and random bytes from a
 * seed. Nothing else reaches the card, so that two cards can live in one process, and every run can
 * be repeated exactly. */
#pragma once

#include "base/bytes.h"
#include "crypto/curves.h"
#include "storage/store.h"

struct command;

struct env {
    struct store *store;
    bool share_login; /* setting card.share-login: IMPORT DKEK SHARE always needs a login */
    bool pin_bound;   /* INITIALIZE binds the device's keys to its PINs: binding.h */
    const struct curve *device_curve;    /* of a new device's key, unless an authority certifies it;
                                         NULL: brainpoolP256r1 */
    uint32_t capacity;                   /* bytes for keys and files; 0: no limit: capacity.h */
    struct span build;                   /* identifies the program, for the log; may be empty */
    void *context;                       /* handed to the functions below */
    uint64_t (*time_ms)(void *context);  /* wall clock, Unix epoch */
    uint64_t (*ticks_us)(void *context); /* since power-on, CLOCK_BOOTTIME */
    /* Fills out with random bytes. Returns 0 or a fault. */
    int (*random)(void *context, uint8_t *out, size_t size);
    /* Whether long work (the search for primes) shall stop: then its command answers 6400, and
     * nothing has changed. */
    bool (*cancelled)(void *context);
    /* Tells which row is about to run, and (row NULL) that its answer is made. The function may be
     * NULL. */
    void (*running)(void *context, const struct command *row);
};
