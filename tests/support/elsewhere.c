/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/elsewhere.h"

#include <string.h>

#include "tests/support/require.h"

/* Number and last digit of the holder reference are its own. */
static void generate(struct elsewhere *e, unsigned i)
{
    char command[] = GENERATE_P256;
    char digit = (char)('1' + i);
    *strchr(command, '2') = digit;
    *(strrchr(command, '3') + 1) = digit;
    require(card_fixture_status(&e->card, command) == 0x9000, "a key");
}

void elsewhere_init(struct elsewhere *e)
{
    card_fixture_init(&e->card);
    card_fixture_initialise(&e->card);
    require(card_fixture_status(&e->card, VERIFY_USER) == 0x9000, "login");
    for (unsigned i = 0; i < CUSTODIANS_ELSEWHERE; i++) {
        papers_of_device(&e->card, &e->custodians[i]);
        generate(e, i);
        papers_take_request(&e->card, &e->custodians[i]);
    }
}

void elsewhere_deinit(struct elsewhere *e)
{
    card_fixture_deinit(&e->card);
}

void elsewhere_sign(struct elsewhere *e, unsigned custodian, struct span message,
                    struct writer *out)
{
    papers_sign(&e->card, (uint8_t)(custodian + 1), message, out);
}
