/* SPDX-License-Identifier: Apache-2.0 */
/* Any sequence of commands to an initialised card whose PIN is known: commands are length-prefixed
 * as on the bridge. After each command the card must be well, and a refusal must have changed
 * nothing. */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/card_fixture.h"

#define COMMANDS_MAX 24

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct card_fixture *fresh_card(void)
{
    struct card_fixture *f = calloc(1, sizeof *f);
    require(f != NULL);
    card_fixture_init(f);
    card_fixture_initialise(f);
    require(card_fixture_status(f, VERIFY_USER) == 0x9000);
    f->cancelled = true; /* no prime search: it would be the fuzzer's whole day */
    return f;
}

static bool refused(struct span answer)
{
    uint8_t first = span_part(answer, answer.size - 2, 1).at[0];
    return first != 0x90 && first != 0x62;
}

static void play(struct card_fixture *f, struct span command)
{
    struct store_facts before = store_facts(f->store);
    struct span answer = card_fixture_send(f, command);
    struct store_facts after = store_facts(f->store);
    require(answer.size >= 2 && !f->answer.full);
    require(!f->card->broken);
    require(f->fault == 0 || answer.at[0] == 0x64);
    require(!store_in_transaction(f->store));
    /* What waited to be joined, a clock that was set, the command, and the epoch that it began. */
    require(after.log_size - before.log_size <= 4);
    if (refused(answer))
        require(answer.size == 2 && after.objects == before.objects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct card_fixture *f = fresh_card();
    struct reader in = reader_of(span_of(data, size));
    for (int i = 0; i < COMMANDS_MAX && read_left(&in) >= 2; i++) {
        struct span command = read_counted(&in);
        if (!read_failed(&in))
            play(f, command);
    }
    card_fixture_deinit(f);
    free(f);
    return 0;
}
