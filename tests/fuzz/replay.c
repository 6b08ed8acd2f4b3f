/* SPDX-License-Identifier: Apache-2.0 */
/* Plays a corpus through a fuzz target, and every prefix of each entry: the fuzzer's findings as
 * plain tests. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

#define ENTRY_MAX (1 << 16)
#define PREFIXES  24 /* of an entry; more would only be slow */

static size_t read_entry(const char *folder, const char *name, uint8_t *out)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "rb");
    size_t size = in ? fread(out, 1, ENTRY_MAX, in) : 0;
    if (in)
        fclose(in);
    return size;
}

/* Each prefix lies in memory of its own size, so that a sanitizer sees the byte behind it. */
static void play_prefix(const uint8_t *entry, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    for (size_t i = 0; i < size; i++)
        exact[i] = entry[i];
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

int main(int argc, char **argv)
{
    static uint8_t entry[ENTRY_MAX];
    unsigned played = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder)
        return EXIT_FAILURE;
    for (struct dirent *file; (file = readdir(folder)) != NULL;) {
        if (file->d_name[0] == '.')
            continue;
        size_t size = read_entry(argv[1], file->d_name, entry);
        size_t step = size / PREFIXES + 1;
        for (size_t prefix = 0; prefix < size; prefix += step)
            play_prefix(entry, prefix);
        play_prefix(entry, size);
        played++;
    }
    closedir(folder);
    printf("%u entries\n", played);
    return played ? EXIT_SUCCESS : EXIT_FAILURE;
}
