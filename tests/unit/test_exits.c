/* SPDX-License-Identifier: Apache-2.0 */
/* host/tool/exits: every refusal of a card has its stable exit status. */
#include "host/client/client.h"
#include "host/tool/cli/exits.h"
#include "storage/open.h"
#include "tests/support/suite.h"

START_TEST(refusals_have_their_status)
{
    static const struct {
        int result;
        uint16_t word;
        int status;
    } cases[] = {
        { 0, 0x9000, 0 },
        { READER_NO_SERVICE, 0, 30 },
        { READER_NONE, 0, 31 },
        { READER_LOST, 0, 33 },
        { READER_DENIED, 0, 34 },
        { CLIENT_REFUSED, 0x63C0, 40 },
        { CLIENT_REFUSED, 0x63C9, 40 },
        { CLIENT_REFUSED, 0x6983, 41 },
        { CLIENT_REFUSED, 0x6A88, 42 },
        { CLIENT_REFUSED, 0x6982, 43 },
        { CLIENT_REFUSED, 0x6A82, 44 },
        { CLIENT_REFUSED, 0x6A84, 45 },
        { CLIENT_REFUSED, 0x6D00, 46 },
        { CLIENT_REFUSED, 0x6F00, 47 },
        { CLIENT_UNTRUSTED, 0, 35 },
        { CLIENT_CHANNEL_BROKEN, 0, 36 },
        { CLIENT_MALFORMED, 0, 1 },
        { -1, 0, 1 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ck_assert_int_eq(tool_exit_of(cases[i].result, cases[i].word), cases[i].status);
        ck_assert_ptr_nonnull(tool_exit_text(cases[i].status));
    }
}
END_TEST

START_TEST(refused_stores_are_in_the_list)
{
    for (int refusal = STORE_MISSING; refusal <= STORE_DENIED; refusal++)
        ck_assert_ptr_nonnull(tool_exit_text(store_exit_status(refusal)));
}
END_TEST

int main(void)
{
    return RUN_TESTS("exits", refusals_have_their_status, refused_stores_are_in_the_list);
}
