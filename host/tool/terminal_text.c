#include "host/tool/terminal_text.h"

/* How many bytes the control character has that begins here: one, or two in C1, which UTF-8 writes
 * as C2 80 to C2 9F. 0: another character. */
static size_t control_at(struct span text, size_t i)
{
    if (text.at[i] < 0x20 || text.at[i] == 0x7F)
        return 1;
    bool c1 =
        text.at[i] == 0xC2 && i + 1 < text.size && text.at[i + 1] >= 0x80 && text.at[i + 1] < 0xA0;
    return c1 ? 2 : 0;
}

void terminal_text(FILE *to, struct span text)
{
    for (size_t i = 0; i < text.size;) {
        size_t control = control_at(text, i);
        putc(control ? '?' : text.at[i], to);
        i += control ? control : 1;
    }
}
