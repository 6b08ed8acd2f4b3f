/* SPDX-License-Identifier: Apache-2.0 */
/* Stores that older versions wrote, from tests/fixtures. Link with fixture_dep. */
#pragma once

#include "tests/support/folder.h"

/* The store of a schema, from 1 on, in a folder of the caller's. */
struct folder fixture_copy(unsigned schema);
/* A file that lies beside it. */
struct bytes fixture_file(unsigned schema, const char *name);
/* Records in its log. */
unsigned fixture_records(unsigned schema);
