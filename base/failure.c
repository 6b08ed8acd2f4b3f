/* SPDX-License-Identifier: Apache-2.0 */
/* Stores the first fault of each thread until failure_clear(). */
#include "base/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct failure first;

int failure_note(enum failure_kind kind, const char *file, int line, const char *format, ...)
{
    if (first.kind)
        return kind;

    va_list arguments;
    va_start(arguments, format);
    vsnprintf(first.cause, sizeof first.cause, format, arguments);
    va_end(arguments);
    first.kind = kind;
    first.file = file;
    first.line = line;
    return kind;
}

const struct failure *failure_last(void)
{
    return &first;
}

void failure_clear(void)
{
    memset(&first, 0, sizeof first);
}
