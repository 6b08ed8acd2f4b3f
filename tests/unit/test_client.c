/* SPDX-License-Identifier: Apache-2.0 */
/* host/client: which cards are of the family. ATRs from docs/protocol.md 1.1. */
#include "host/client/client.h"
#include "tests/support/suite.h"

static bool is_family(const char *text)
{
    uint8_t bytes[40];
    struct writer atr = WRITER_OF(bytes);
    ck_assert(hex_decode(text, &atr));
    return client_is_family(written(&atr));
}

START_TEST(family_is_known_by_its_historical_bytes)
{
    ck_assert(is_family("3BFE1800008131FE45 8031815448534D31738021408107 FA"));
    ck_assert(is_family("3B8E8001 8031815448534D31738021408107 18"));
    ck_assert(is_family("3BDE96FF8191FE1FC3 8031815448534D31738021408107 92"));
    ck_assert(!is_family("3BF81300008131FE454A434F5076323431B7"));
    ck_assert(!is_family("3BDE96FF8191FE1FC3 8031815448534D317380214081"));
    ck_assert(!is_family(""));
}
END_TEST

int main(void)
{
    return RUN_TESTS("client", family_is_known_by_its_historical_bytes);
}
