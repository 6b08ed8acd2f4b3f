/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: facts, that is answers which were seen from hardware (docs/HARDWARE.md), and
 * whether a card answers the same. A list of facts is JSON, with a row of docs/CONFORMANCE.md for
 * each, and belongs to the caller. */
#pragma once

#include <jansson.h>

#include "formats/transcript.h"

/* A row of docs/HARDWARE.md, which cases refer to. The rows are compiled into the program
 * (tests/transcripts/embed.py). */
struct hardware_fact {
    const char *number, *firmware, *seen, *sources;
};
extern const struct hardware_fact hardware_facts[]; /* the last row has no number */

/* A list of all facts, none of them asked so far. NULL: no memory. */
json_t *conform_facts(void);
/* The facts that a case rests on: a list of rows of `facts`. */
json_t *conform_facts_of(json_t *facts, const struct transcript_case *at);
/* Notes for these facts whether the card answered the case as hardware did. A fact that was
 * answered otherwise once stays so. */
void conform_facts_note(json_t *facts, const struct transcript_case *at, bool as_seen);
/* The number of facts with this result: "as seen", "otherwise" or "not asked". */
unsigned conform_facts_count(const json_t *facts, const char *way);
