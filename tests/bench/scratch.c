#include "tests/bench/scratch.h"

#include <dirent.h>
#include <fcntl.h>
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

void scratch_remove(struct scratch *scratch)
{
    DIR *listing = opendir(scratch->path);
    if (!listing)
        return;
    for (struct dirent *entry; (entry = readdir(listing));)
        unlinkat(dirfd(listing), entry->d_name, 0);
    closedir(listing);
    rmdir(scratch->path);
}
