/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers as text: blocks of lines `name = value`, blank lines between blocks, comments from
 * "#" to the end of the line. Values are text or hexadecimal.
 *
 * What is wrong with a file fails the running test, with file and line. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/bytes.h"

#define VECTOR_FIELDS 32

struct vector {
    const char *path;
    unsigned line; /* of the block's last line */
    size_t count;
    struct {
        const char *name, *value;
    } fields[VECTOR_FIELDS];
    char text[16 * 1024]; /* holds names and values */
    size_t text_size;
    uint8_t bytes[8 * 1024]; /* holds what vector_bytes() has decoded */
    size_t bytes_size;
};

struct vectors {
    const char *path;
    FILE *file;
    unsigned line;
};

/* path: below tests/vectors, "curve/P-256.txt"; it must live as long as the vectors. The test fails
 * if the file is missing. */
void vectors_open(struct vectors *all, const char *path);
/* Harmless twice. */
void vectors_close(struct vectors *all);
/* The next block; false at the end of the file. */
bool vectors_next(struct vectors *all, struct vector *out);

/* The test fails if the block has no such field, or it is not hexadecimal. Both live as long as the
 * block. */
const char *vector_text(const struct vector *block, const char *name);
struct span vector_bytes(struct vector *block, const char *name);
