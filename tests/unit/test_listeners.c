/* SPDX-License-Identifier: Apache-2.0 */
/* host/tool/listeners: lines of /proc/net/tcp (proc(5)), as a kernel on x86 prints them. */
#include "host/tool/world/listeners.h"
#include "tests/support/suite.h"

#define REST " 00000000:00000000 00:00000000 00000000     0        0 21 1 0 100 0 0 10 0\n"

START_TEST(who_listens_where)
{
    static const struct {
        const char *line;
        bool any, everyone;
    } cases[] = {
        { "  sl  local_address rem_address   st tx_queue rx_queue\n", false, false },
        { "   0: 00000000:8C7B 00000000:0000 0A" REST, true, true },
        { "   0: 0100007F:8C7B 00000000:0000 0A" REST, true, false },
        { "  10: 0101A8C0:8C7B 00000000:0000 0A" REST, true, true },
        { "   0: 00000000:8C7C 00000000:0000 0A" REST, false, false }, /* another port */
        { "   0: 0100007F:8C7B 0100007F:1234 01" REST, false, false }, /* a connection */
        { "   1: 00000000000000000000000000000000:8C7B 00000000000000000000000000000000:0000 "
          "0A" REST,
          true, true },
        { "   1: 00000000000000000000000001000000:8C7B 00000000000000000000000000000000:0000 "
          "0A" REST,
          true, false },
        { "   1: 0000000000000000FFFF00000100007F:8C7B 00000000000000000000000000000000:0000 "
          "0A" REST,
          true, false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct listeners found = { 0 };
        listeners_take_line(&found, cases[i].line, 35963);
        ck_assert_msg(found.any == cases[i].any && found.everyone == cases[i].everyone, "%s",
                      cases[i].line);
    }
}
END_TEST

START_TEST(a_missing_table_has_none)
{
    struct listeners found = { 0 };
    listeners_read(&found, "/nonexistent/tcp", 1);
    ck_assert(!found.any);
}
END_TEST

int main(void)
{
    return RUN_TESTS("listeners", who_listens_where, a_missing_table_has_none);
}
