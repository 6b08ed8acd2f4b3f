/* SPDX-License-Identifier: Apache-2.0 */
/* The report of `glasshsm conform`: its counts, and printing it. */
#pragma once

#include "host/tool/conform/conform_play.h"

/* How many cases of conformance the program has, and how many of them are safe. */
void conform_count(unsigned *out_all, unsigned *out_safe);
/* The counts of a run, as the report has them. */
json_t *conform_counts(const struct conform *p);
/* The report (docs/CONFORMANCE.md) as text. */
void conform_print(const json_t *report);
