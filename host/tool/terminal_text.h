/* Text of others (labels, notes) on a terminal. */
#pragma once

#include <stdio.h>

#include "base/bytes.h"

/* Prints the text, with '?' for control characters: nothing in it may command a terminal, or look
 * like another line. */
void terminal_text(FILE *to, struct span text);
