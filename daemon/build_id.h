/* SPDX-License-Identifier: Apache-2.0 */
/* Which program this is: the build id that the linker put into it. */
#pragma once

#include "base/bytes.h"

/* Empty when there is none. */
struct span build_id(void);
