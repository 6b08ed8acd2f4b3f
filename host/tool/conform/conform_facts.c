/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm conform: counts how a card's answers compare with those of hardware. */
#include "host/tool/conform/conform_facts.h"

#include <string.h>

#include "host/tool/cli/value.h"

static const char otherwise[] = "otherwise";

static const char *way_of(const json_t *row)
{
    return value_text(row, "way", NULL);
}

json_t *conform_facts(void)
{
    json_t *facts = json_array();
    for (const struct hardware_fact *fact = hardware_facts; fact->number; fact++)
        if (json_array_append_new(facts, json_pack("{s:s,s:s,s:s,s:s,s:s}", "fact", fact->number,
                                                   "firmware", fact->firmware, "seen", fact->seen,
                                                   "sources", fact->sources, "way", "not asked"))) {
            json_decref(facts);
            return NULL;
        }
    return facts;
}

static json_t *find(json_t *facts, struct span number)
{
    for (size_t i = 0; i < json_array_size(facts); i++) {
        json_t *row = json_array_get(facts, i);
        const char *name = value_text(row, "fact", NULL);
        if (name && span_equal(number, span_of_text(name)))
            return row;
    }
    return NULL;
}

json_t *conform_facts_of(json_t *facts, const struct transcript_case *at)
{
    json_t *list = json_array();
    struct span numbers = at->facts;
    while (numbers.size) {
        json_t *row = find(facts, transcript_trim(transcript_cut(&numbers, ' ')));
        if (row)
            json_array_append(list, row);
    }
    return list;
}

void conform_facts_note(json_t *facts, const struct transcript_case *at, bool as_seen)
{
    json_t *list = conform_facts_of(facts, at);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *row = json_array_get(list, i);
        const char *before = way_of(row);
        if (!as_seen || (before && strcmp(before, otherwise) != 0))
            json_object_set_new(row, "way", json_string(as_seen ? "as seen" : otherwise));
    }
    json_decref(list);
}

unsigned conform_facts_count(const json_t *facts, const char *way)
{
    unsigned count = 0;
    for (size_t i = 0; i < json_array_size(facts); i++) {
        const char *is = way_of(json_array_get(facts, i));
        count += is && strcmp(is, way) == 0;
    }
    return count;
}
