/* SPDX-License-Identifier: Apache-2.0 */
/* What a test needs before it can test anything. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/failure.h"

/* Aborts where it does not work; also in programs that are no check suites. */
static inline void require(bool works, const char *what)
{
    if (works)
        return;
    fprintf(stderr, "the test cannot work: %s; %s\n", what, failure_last()->cause);
    abort();
}
