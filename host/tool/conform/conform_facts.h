/* glasshsm conform: what hardware was seen to answer (docs/HARDWARE.md), and whether a card answers
 * so. Facts are a list of rows, objects of docs/CONFORMANCE.md, which the caller owns. */
#pragma once

#include <jansson.h>

#include "formats/transcript.h"

/* A row of docs/HARDWARE.md on which cases may rest. The program has them inside
 * (tests/transcripts/embed.py). */
struct hardware_fact {
    const char *number, *firmware, *seen, *sources;
};
extern const struct hardware_fact hardware_facts[]; /* ended by one without a number */

/* All of them, none asked. NULL: no memory. */
json_t *conform_facts(void);
/* Those that a case rests on: a list of the same rows. */
json_t *conform_facts_of(json_t *facts, const struct transcript_case *at);
/* The card answered the case as hardware did, or did not. Once otherwise stays otherwise. */
void conform_facts_note(json_t *facts, const struct transcript_case *at, bool as_seen);
/* How many rows went this way: "as seen", "otherwise", "not asked". */
unsigned conform_facts_count(const json_t *facts, const char *way);
