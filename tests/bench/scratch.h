/* SPDX-License-Identifier: Apache-2.0 */
/* A scratch folder on the file system that the benchmark was started on: the system's temporary
 * folder may be in memory, where a sync costs nothing. */
#pragma once

struct scratch {
    char path[256];
};

void scratch_make(struct scratch *scratch);
/* With all that is in it. */
void scratch_remove(struct scratch *scratch);
