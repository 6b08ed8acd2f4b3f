/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes by getrandom(2). */
#include "base/chance.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/failure.h"

enum {
    NEVER_CUT_SHORT = 256
}; /* getrandom(2): requests up to this size are not interrupted by
                                   signals */

int chance_fill(uint8_t *out, size_t size)
{
    struct writer left = writer_of(out, size);
    while (left.size < size) {
        size_t some = size - left.size < NEVER_CUT_SHORT ? size - left.size : NEVER_CUT_SHORT;
        if (getrandom(write_room(&left, some), some, 0) != (ssize_t)some)
            return failure(FAULT_LIBRARY, "getrandom: %s", strerror(errno));
    }
    return 0;
}
