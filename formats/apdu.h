/* Command APDUs, ISO 7816-4 5.1 and 5.2: short and extended lengths, all four cases. */
#pragma once

#include "base/bytes.h"

/* What a host that sets no limit may get: Le 0000 of the extended form. */
#define APDU_LE_MAX 65536

struct apdu {
    uint8_t cla, ins, p1, p2;
    struct span data; /* borrowed; empty in cases 1 and 2 */
    bool le_present;  /* cases 2 and 4 */
    uint32_t le;      /* how many bytes the host wants at most; 0 when absent */
};

/* False for anything that is no command: shorter than a header, or lengths that do not add up. */
MUST_CHECK bool apdu_parse(struct span command, struct apdu *out);
/* A command whose header is CLA, INS, P1, P2. le 0: no answer is wanted. */
struct apdu apdu_of(uint32_t header, struct span data, uint32_t le);
/* Writes a command in the shortest form; le 0 means no Le field. */
void apdu_write(const struct apdu *apdu, struct writer *out);
