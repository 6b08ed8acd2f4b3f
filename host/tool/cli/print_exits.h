/* SPDX-License-Identifier: Apache-2.0 */
/* The page `glasshsm help exits`. */
#pragma once

#include <stdbool.h>

/* Prints all exit statuses and what each means. */
void tool_print_exits(bool as_json);
