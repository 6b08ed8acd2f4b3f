/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { WORD_MAX = 40 }; /* for longer words nothing is proposed */

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* How many letters have to be changed, added, dropped, or swapped with the next. */
static unsigned distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    unsigned d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= rows; i++)
        for (size_t j = 0; j <= columns; j++) {
            if (!i || !j) {
                d[i][j] = (unsigned)(i + j);
                continue;
            }
            unsigned changed = d[i - 1][j - 1] + !same(a[i - 1], b[j - 1]);
            d[i][j] = least_of(changed, least_of(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                d[i][j] = least_of(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[rows][columns];
}

void nearest_consider(struct nearest *search, const char *candidate)
{
    size_t size = strlen(search->typed);
    if (size < 2 || size > WORD_MAX || strlen(candidate) > WORD_MAX)
        return;
    bool begins = strncasecmp(search->typed, candidate, size) == 0;
    unsigned found = begins ? 0 : distance(search->typed, candidate);
    if (found > (size + 1) / 3 || (search->word && found >= search->distance))
        return;
    search->word = candidate;
    search->distance = found;
}
