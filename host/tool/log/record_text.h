/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a record of the log as a line for people. */
#pragma once

#include "formats/audit_record.h"

enum record_clock {
    RECORD_LOCAL,     /* local time */
    RECORD_RAW,       /* microseconds since power-on */
    RECORD_CONTINUED, /* microseconds since the token was created */
};

void record_print(const struct audit_record *record, enum record_clock clock);
