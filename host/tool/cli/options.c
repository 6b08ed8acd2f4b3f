/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/options.h"

#include <string.h>

const struct option_row *verb_option(const struct verb *verb, size_t index, size_t *out_at)
{
    for (size_t i = 0; i < VERB_GROUPS && verb->options[i].rows; i++)
        for (const struct option_row *row = verb->options[i].rows; row->name; row++)
            if (index-- == 0) {
                *out_at = verb->options[i].at + row->to;
                return row;
            }
    return NULL;
}

bool verb_knows(const struct verb *verb, const char *name)
{
    const struct option_row *row;
    size_t at;
    for (size_t i = 0; (row = verb_option(verb, i, &at)); i++)
        if (strcmp(row->name, name) == 0)
            return true;
    return false;
}
