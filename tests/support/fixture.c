/* SPDX-License-Identifier: Apache-2.0 */
/* Stores that older versions wrote. */
#include "tests/support/fixture.h"

#include <stdio.h>

#include "base/scope.h"

struct bytes fixture_file(unsigned schema, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, SOURCE_ROOT "/tests/fixtures/schema-%u/%s", schema, name);
    return file_read(path);
}

/* With rights as a daemon leaves them, which a checkout does not keep. */
struct folder fixture_copy(unsigned schema)
{
    static const char *const names[] = { "token.db", "seal.key", "anchor" };
    struct folder folder = folder_make();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        SCOPED(bytes_free) struct bytes content = fixture_file(schema, names[i]);
        file_write(folder_file(&folder, names[i]).text, span_of(content.at, content.size), 0600);
    }
    return folder;
}

unsigned fixture_records(unsigned schema)
{
    return schema == 1 ? 30 : 35;
}
