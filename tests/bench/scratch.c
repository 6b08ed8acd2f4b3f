/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static const char name[] = "/bench-XXXXXX";

void scratch_make(struct scratch *scratch)
{
    bench_require(getcwd(scratch->path, sizeof scratch->path - sizeof name), "getcwd");
    strcat(scratch->path, name);
    bench_require(mkdtemp(scratch->path), "a scratch folder");
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *where)
{
    (void)facts, (void)kind, (void)where;
    return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
    nftw(scratch->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
