/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/log/record_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host/tool/cli/terminal_text.h"

static void print_when(const struct audit_record *record, enum record_clock clock)
{
    char text[32];
    time_t seconds = (time_t)(record->time_ms / 1000);
    struct tm local;
    if (clock != RECORD_LOCAL) {
        text_print(stdout, "%17" PRIu64,
                   clock == RECORD_RAW ? record->ticks_us : record->continued_us);
        return;
    }
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &local));
    text_print(stdout, "%s.%03u", text, (unsigned)(record->time_ms % 1000));
}

static void print_note(const struct audit_record *record)
{
    size_t size = strnlen((const char *)record->digest, sizeof record->digest);
    text_own(stdout, "  \"");
    terminal_text(stdout, span_of(record->digest, size));
    text_own(stdout, "\"");
}

void record_print(const struct audit_record *record, enum record_clock clock)
{
    const char *action = audit_action_text(record->action);
    char key[2 * sizeof record->key + 1] = "";
    struct writer out = writer_of(key, sizeof key - 1);
    if (!span_is_zero(SPAN_OF(record->key)))
        write_hex(&out, SPAN_OF(record->key));
    text_print(stdout, "%6" PRIu64 "  ", record->seq);
    print_when(record, clock);
    text_print(stdout, "  %-24s  %04X  %-7s", action ? action : "?", record->sw,
               audit_role_text(record->role));
    if (record->object)
        text_print(stdout, "  %04x", record->object);
    if (*key)
        text_print(stdout, "  key %.16s", key);
    if (audit_traits_of(record->action)->digest == AUDIT_TEXT)
        print_note(record);
    if (record->count > 1)
        text_print(stdout, "  %u times since %u ms before", record->count, record->since_ms);
    text_own(stdout, "\n");
}
