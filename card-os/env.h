/* What a card needs from outside. The daemon fills in the real ones; tests a store in memory, a
 * clock that ticks by one and random bytes from a seed. Nothing else reaches the card: two cards
 * can live in one process, and every run can be repeated exactly. */
#pragma once

#include "base/bytes.h"
#include "crypto/curves.h"
#include "storage/store.h"

struct command;

struct env {
    struct store *store;
    bool share_login; /* IMPORT DKEK SHARE wants a login, also where the hardware wants none */
    bool pin_bound;   /* INITIALIZE makes a device whose keys are bound to the PIN: binding.h */
    const struct curve *device_curve;    /* of a new device's key, unless an authority certifies it;
                                         NULL: brainpoolP256r1 */
    uint32_t capacity;                   /* bytes for keys and files; 0: no limit: capacity.h */
    struct span build;                   /* identifies the program, for the log; may be empty */
    void *context;                       /* handed to the functions below */
    uint64_t (*time_ms)(void *context);  /* wall clock, Unix epoch */
    uint64_t (*ticks_us)(void *context); /* since power-on, CLOCK_BOOTTIME */
    int (*random)(void *context, uint8_t *out, size_t size);
    /* Long work (prime search) asks whether to go on. True stops it: the command answers 6400,
     * nothing is changed. */
    bool (*cancelled)(void *context);
    /* The row that is about to run, and NULL when its answer is made. May be NULL itself. */
    void (*running)(void *context, const struct command *row);
};
