/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/dkek_fixture.h"

#include "tests/support/suite.h"

#define INITIALIZE_DKEK                                                                            \
    "80 50 00 00 1C 80020001 8106363438323139 82083537363231383830 910103 920101"
#define IMPORT_SHARE "80 52 00 00 20 " HASH " 00"

void dkek_fixture_init(struct card_fixture *f)
{
    card_fixture_init(f);
    ck_assert_uint_eq(card_fixture_status(f, INITIALIZE_DKEK), 0x9000);
    ck_assert_uint_eq(card_fixture_status(f, IMPORT_SHARE), 0x9000);
}

struct kek dkek_fixture_kek(void)
{
    uint8_t share[KEK_SIZE];
    struct kek kek;
    for (size_t i = 0; i < sizeof share; i++)
        share[i] = (uint8_t)i;
    ck_assert_int_eq(kek_derive(SPAN_OF(share), &kek), 0);
    return kek;
}
