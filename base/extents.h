/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a file that have blocks. Holes, which read as zeros, take no space: what copies or
 * overwrites a file leaves them out, so that a file which pretends to be long costs nothing. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Does something with the bytes from `from` up to `to`; false ends the walk. */
typedef bool visit_extent(void *context, off_t from, off_t to);

/* Visits each part of the first `size` bytes, in order. Where the file system does not tell,
 * that is all of them. The offset of `file` is moved. False: the visitor said so. */
bool extents_each(int file, off_t size, visit_extent *visit, void *context);
