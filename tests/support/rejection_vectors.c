/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/rejection_vectors.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/vectors.h"
#include "tests/support/wycheproof.h"

static bool is_for(const struct vector *block, const char *file, json_t *test)
{
    return strcmp(vector_text(block, "file"), file) == 0 &&
           atoll(vector_text(block, "test")) == json_integer_value(json_object_get(test, "tcId"));
}

struct span rejection_message(const char *file, json_t *test, struct writer *storage)
{
    if (strcmp(wycheproof_text(test, "result"), "valid") == 0)
        return wycheproof_bytes(test, "msg", storage);
    struct vectors all;
    struct vector block;
    struct span message = { 0 };
    vectors_open(&all, "rejection.txt");
    while (!message.at && vectors_next(&all, &block)) {
        if (!is_for(&block, file, test))
            continue;
        size_t before = storage->size;
        write_span(storage, vector_bytes(&block, "message"));
        message = span_part(written(storage), before, storage->size);
    }
    vectors_close(&all);
    return message;
}
