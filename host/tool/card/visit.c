/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/card/visit.h"

#include <inttypes.h>
#include <time.h>

#include "formats/visit.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/value.h"

static void print_time(FILE *to, const char *before, uint64_t ms)
{
    char text[32];
    time_t seconds = (time_t)(ms / 1000);
    struct tm local;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &local));
    text_print(to, "%s%s", before, text);
}

static bool print_counts(FILE *to, const json_t *visit)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
#define X(name, text) { #name, text },
        VISIT_COUNTS(X)
#undef X
    };
    bool any = false;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t count = (uint64_t)value_number(visit, rows[i].name);
        if (!count)
            continue;
        text_print(to, "%s%s %" PRIu64, any ? ", " : "", rows[i].text, count);
        any = true;
    }
    return any;
}

void visit_print(FILE *to, const json_t *visit)
{
    uint64_t user_login_ms = (uint64_t)value_number(visit, "user_login_ms");
    uint64_t so_login_ms = (uint64_t)value_number(visit, "so_login_ms");
    if (user_login_ms)
        print_time(to, "last user login ", user_login_ms);
    else
        text_own(to, "no user login yet");
    if (so_login_ms)
        print_time(to, ", last SO login ", so_login_ms);
    text_own(to, "; since then: ");
    if (!print_counts(to, visit))
        text_own(to, "nothing");
    text_own(to, "\n");
}
