/* Files as a whole, as verbs take and give them. Each gives 0, or the exit status after a
 * complaint. */
#pragma once

#include "base/bytes.h"
#include "host/tool/cli/draft.h"

/* Appends the content of a file; "-" is standard input. A file that does not fit is refused. */
MUST_CHECK int file_take(const char *path, struct writer *out);
/* To a file, as draft.h writes them; kind: of enum draft_kind. Or to standard output for NULL. */
MUST_CHECK int file_deliver(const char *path, struct span content, int kind);
