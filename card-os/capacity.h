/* How much memory the card has for what its users keep in it: a chip has 76 KB, ours what its owner
 * says (env.capacity), by default no limit.
 *
 * A key costs a byte for each of its bits, which is how the maker of the hardware counts: 38 keys
 * of RSA-2048, 19 of RSA-4096, 300 of 256 bits fill 76 KB. A file, the work file too, costs its
 * bytes, a custodian those of the certificate that he registered with. Names and numbers cost
 * nothing, nor does what the device came with: its key and its certificates. These costs are ours;
 * those of the hardware are not published.
 *
 * Who makes a key, a file or a custodian larger asks capacity_admit() first. */
#pragma once

#include "base/results.h"
#include "card-os/state.h"

struct call;

enum {
    CAPACITY_UNLIMITED = 0,
    CAPACITY_HARDWARE = 76 * 1024,
    CAPACITY_TOLD = 0x18000, /* as free by a card without a limit: what a new real one told */
};

/* Positive result, apart from those of the store: the card is full, the medium is not. */
enum { CARD_FULL = RESULTS_CAPACITY };

struct usage {
    uint64_t used;  /* bytes */
    uint32_t files; /* as many as ENUMERATE OBJECTS finds */
};
MUST_CHECK int capacity_usage(const struct call *c, struct usage *out);
/* What hosts may believe to be left. */
uint32_t capacity_free(const struct card *card, const struct usage *usage);

/* Whether what costs so many bytes now may cost so many. What does not grow always may, also on a
 * card that was given a smaller memory than it has filled. CARD_FULL. */
MUST_CHECK int capacity_admit(const struct call *c, size_t before, size_t after);
