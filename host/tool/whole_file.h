/* Files as a whole, as verbs take and give them. Each gives 0, or the exit status after a
 * complaint. */
#pragma once

#include "base/bytes.h"

/* Appends the content of a file; "-" is standard input. A file that does not fit is refused. */
MUST_CHECK int file_take(const char *path, struct writer *out);
/* To a file, or to standard output for NULL. A new file is for its owner alone: the content may be
 * confidential. */
MUST_CHECK int file_deliver(const char *path, struct span content);
/* The same, unless there is such a file. */
MUST_CHECK int file_deliver_new(const char *path, struct span content);
