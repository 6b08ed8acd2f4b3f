/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a store, or a snapshot of one, by the identification in its first page. */
#include <sys/stat.h>

#include "storage/open.h"
#include "storage/schema.h"

bool store_is_one(const char *path)
{
    struct db_mark mark;
    return db_peek(path, &mark) == 0 && mark.application == SCHEMA_APPLICATION;
}

bool store_is_one_open(int file, uint64_t *out_size)
{
    struct db_mark mark;
    struct stat facts;
    if (db_peek_open(file, &mark) || mark.application != SCHEMA_APPLICATION)
        return false;
    *out_size = mark.size;
    return fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size >= 0 &&
           mark.size <= (uint64_t)facts.st_size;
}
