/* Random bytes of the machine. */
#pragma once

#include "base/bytes.h"

/* Any size; waits until the machine has gathered enough, soon after it was started. */
MUST_CHECK int chance_fill(uint8_t *out, size_t size);
