/* SPDX-License-Identifier: Apache-2.0 */
#include "base/extents.h"

#include <errno.h>
#include <unistd.h>

/* Where the next part begins; `size`: there is none. */
static off_t next_begin(int file, off_t from, off_t size)
{
    off_t begin = lseek(file, from, SEEK_DATA);
    if (begin < 0)
        return errno == ENXIO ? size : from;
    return begin;
}

/* Where the part ends. Somebody may dig holes meanwhile: it always has something. */
static off_t end_of(int file, off_t begin, off_t size)
{
    off_t end = lseek(file, begin, SEEK_HOLE);
    return end <= begin || end > size ? size : end;
}

bool extents_each(int file, off_t size, visit_extent *visit, void *context)
{
    off_t begin = next_begin(file, 0, size);
    while (begin < size) {
        off_t end = end_of(file, begin, size);
        if (!visit(context, begin, end))
            return false;
        begin = end < size ? next_begin(file, end, size) : size;
    }
    return true;
}
