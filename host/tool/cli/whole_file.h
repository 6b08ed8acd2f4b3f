/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes whole files for verbs. Each call gives 0, or the exit status after a
 * complaint. */
#pragma once

#include "base/bytes.h"
#include "host/tool/cli/draft.h"

/* Appends the content of a file, "-" for standard input, to out. A file that does not fit is
 * refused. */
MUST_CHECK int file_take(const char *path, struct writer *out);
/* Whether file_deliver() of something binary would be refused because of its place: for what shall
 * not be done then. */
MUST_CHECK int file_foresee(const char *path, int kind);
/* Writes content to a file by the rules of draft.h (kind: a set of enum draft_kind), or for path
 * NULL to standard output, but nothing binary to a terminal. */
MUST_CHECK int file_deliver(const char *path, struct span content, int kind);
