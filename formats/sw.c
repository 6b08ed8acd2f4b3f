/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the status words. */
#include "formats/sw.h"

#include <stddef.h>

#include "base/scope.h"

static const struct {
    uint16_t value;
    const char *text;
} texts[] = {
#define X(name, number, text) { number, text },
    STATUS_WORDS(X)
#undef X
};

sw sw_wrong_pin(unsigned tries_left)
{
    return (sw){ (uint16_t)(STATUS_WRONG_PIN | (tries_left < 15 ? tries_left : 15)) };
}

const char *sw_text(uint16_t value)
{
    if ((value & 0xFFF0) == STATUS_WRONG_PIN)
        value = STATUS_WRONG_PIN;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].value == value)
            return texts[i].text;
    return "unknown status word";
}
