/* SPDX-License-Identifier: Apache-2.0 */
/* The folder that a path names something in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/scope.h"

/* Writes the path of the folder, as dirname(3) gives it: "." for a name alone. False, with
 * ENAMETOOLONG, when it does not fit into size bytes with its zero. */
MUST_CHECK bool path_folder(const char *path, char *out, size_t size);
/* Syncs the folder, so that a name given in it survives a power cut. False with errno. */
MUST_CHECK bool path_sync_folder(const char *path);
/* Whether both paths name something in one and the same folder. */
bool path_share_folder(const char *one, const char *other);
