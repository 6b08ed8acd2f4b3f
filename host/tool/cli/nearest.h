/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the word that was probably meant by one that is not known. */
#pragma once

struct nearest {
    const char *typed; /* set by the caller; the rest is 0 at first */
    const char *word;  /* the nearest candidate so far; NULL: none is near */
    unsigned distance; /* of `word` */
};

/* Compares with a candidate. It is near when few letters are wrong, missing, too many or swapped
 * with a neighbour, or when what was typed is its beginning. */
void nearest_consider(struct nearest *search, const char *candidate);
