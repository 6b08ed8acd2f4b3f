/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of the tokens of a private world. */
#pragma once

/* Removes from this process's environment all but what a daemon reads: COMMAND alone is meant by
 * variables such as LD_PRELOAD and ASAN_OPTIONS. pcscd gets an environment of its own. */
void environment_clean(void);
