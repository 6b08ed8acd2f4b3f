/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/options.h"

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
