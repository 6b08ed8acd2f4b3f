/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory the card has for keys, files and custodians: the chip has 76 KB, this card has
 * what the setting says (env.capacity), by default no limit.
 *
 * A key costs a byte for each of its bits, which is how the maker of the hardware counts: 38 keys
 * of RSA-2048, 19 of RSA-4096, 300 of 256 bits fill 76 KB. A file, the work file too, costs its
 * bytes, a custodian the bytes of the certificate it registered with. Names and numbers cost
 * nothing, and neither do the device key and the device's certificates. How the hardware counts is
 * not published; these costs are our own.
 *
 * A function that makes a key, a file or a custodian larger asks capacity_admit() first. */
#pragma once

#include "base/results.h"
#include "card-os/state.h"

struct call;

enum {
    CAPACITY_UNLIMITED = 0,
    CAPACITY_HARDWARE = 76 * 1024,
    CAPACITY_TOLD =
        0x18000, /* bytes that a card without a limit says are free, as a new real one did */
};

/* Positive result, apart from those of the store: the card is full, the medium is not. */
enum { CARD_FULL = RESULTS_CAPACITY };

struct usage {
    uint64_t used;  /* bytes */
    uint32_t files; /* as many as ENUMERATE OBJECTS finds */
};
/* What keys, files and custodians take now. Any fault of the store. */
MUST_CHECK int capacity_usage(const struct call *c, struct usage *out);
/* Bytes that the card says are free. */
uint32_t capacity_free(const struct card *card, const struct usage *usage);

/* Whether an object that costs `before` bytes now may cost `after` bytes. An object that does not
 * grow always may, also on a card whose limit was set below what it holds. CARD_FULL: it may
 * not. */
MUST_CHECK int capacity_admit(const struct call *c, size_t before, size_t after);
