/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the log of a store at rest long, in a moment:
 *
 *     fill_log FOLDER COUNT
 *
 * Opens it as the daemon does, with the key file in its folder, and appends signatures. */
#include <stdio.h>
#include <stdlib.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "storage/audit.h"
#include "storage/open.h"

#define A_TRANSACTION 500

static int append(struct store *store, uint64_t number)
{
    struct audit_record event = { .action = AUDIT_SIGN,
                                  .command = { 0x80, 0x68, 0x01, 0x70 },
                                  .role = AUDIT_USER,
                                  .sw = 0x9000,
                                  .object = 0xCC01,
                                  .time_ms = 1764000000000 + number,
                                  .ticks_us = 1000 * number };
    struct writer random = WRITER_OF(event.random), digest = WRITER_OF(event.digest);
    write_u64(&random, ~number);
    for (unsigned i = 0; i < 4; i++)
        write_u64(&digest, ~(number << i));
    return audit_append(store, &event);
}

static int fill(struct store *store, uint64_t count)
{
    int r = 0;
    for (uint64_t done = 0; !r && done < count;) {
        r = store_begin(store);
        for (unsigned i = 0; !r && i < A_TRANSACTION && done < count; i++)
            r = append(store, done++);
        if (!r)
            r = store_commit(store, false);
    }
    return r;
}

int main(int argc, char **argv)
{
    SCOPED(store_close) struct store *store = NULL;
    struct store_refusal why = { 0 };
    if (argc != 3)
        return EXIT_FAILURE;
    const struct store_place place = { .folder = argv[1], .unlock = UNLOCK_KEY_FILE };
    int r = crypto_init();
    if (!r)
        r = store_open(&place, &store, &why);
    if (!r)
        r = fill(store, strtoull(argv[2], NULL, 10));
    if (r)
        fprintf(stderr, "%s\n", r > 0 ? why.sentence : failure_last()->cause);
    return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
