/* Stores that older versions wrote, from tests/fixtures. Link with fixture_dep. */
#pragma once

#include "tests/support/folder.h"

#define FIXTURE_RECORDS 30 /* in its log */

/* The store of the first schema, in a folder of the caller's. */
struct folder fixture_copy(void);
/* A file that lies beside it. */
struct bytes fixture_file(const char *name);
