/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes command APDUs (ISO 7816-4 5.1 and 5.2): short and extended lengths, all four
 * cases. */
#pragma once

#include "base/bytes.h"

/* The largest Le, which is 0000 in the extended form: the host sets no limit. */
#define APDU_LE_MAX 65536

struct apdu {
    uint8_t cla, ins, p1, p2;
    struct span data; /* borrowed; empty in cases 1 and 2 */
    bool le_present;  /* cases 2 and 4 */
    uint32_t le;      /* the largest answer that the host accepts, in bytes; 0 when absent */
};

/* False for bytes that are not a command: shorter than a header, or with lengths that do not match
 * the size. */
MUST_CHECK bool apdu_parse(struct span command, struct apdu *out);
/* A command with the header CLA INS P1 P2 (one byte each, from the highest). le 0: no Le field. */
struct apdu apdu_of(uint32_t header, struct span data, uint32_t le);
/* Writes a command in the shortest form; le 0 means no Le field. */
void apdu_write(const struct apdu *apdu, struct writer *out);
