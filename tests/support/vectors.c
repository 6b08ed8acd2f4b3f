/* SPDX-License-Identifier: Apache-2.0 */
/* Reading known answers. TEST_VECTORS, the path of tests/vectors, comes from meson. */
#include "tests/support/vectors.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#define BLANKS " \t\r\n"

void vectors_open(struct vectors *all, const char *path)
{
    char whole[PATH_MAX];
    snprintf(whole, sizeof whole, "%s/%s", TEST_VECTORS, path);
    *all = (struct vectors){ .path = path, .file = fopen(whole, "r") };
    ck_assert_msg(all->file != NULL, "tests/vectors/%s: %s", path, strerror(errno));
}

void vectors_close(struct vectors *all)
{
    if (all->file)
        fclose(all->file);
    all->file = NULL;
}

/* Cuts the blanks off both ends. */
static char *trimmed(char *text)
{
    text += strspn(text, BLANKS);
    size_t size = strlen(text);
    while (size && strchr(BLANKS, text[size - 1]))
        size--;
    text[size] = '\0';
    return text;
}

static const char *keep(struct vector *block, const char *text)
{
    size_t size = strlen(text) + 1;
    ck_assert_msg(size <= sizeof block->text - block->text_size, "%s:%u: block too long",
                  block->path, block->line);
    char *kept = memcpy(block->text + block->text_size, text, size);
    block->text_size += size;
    return kept;
}

static void add_field(struct vector *block, char *line)
{
    char *equals = strchr(line, '=');
    ck_assert_msg(equals != NULL, "%s:%u: no \"name = value\"", block->path, block->line);
    ck_assert_msg(block->count < VECTOR_FIELDS, "%s:%u: too many fields", block->path, block->line);
    *equals = '\0';
    block->fields[block->count].name = keep(block, trimmed(line));
    block->fields[block->count].value = keep(block, trimmed(equals + 1));
    block->count++;
}

bool vectors_next(struct vectors *all, struct vector *out)
{
    char line[8 * 1024];
    *out = (struct vector){ .path = all->path };
    while (fgets(line, sizeof line, all->file)) {
        out->line = ++all->line;
        bool comment = strchr(line, '#') != NULL;
        line[strcspn(line, "#")] = '\0';
        char *content = trimmed(line);
        if (*content)
            add_field(out, content);
        else if (out->count && !comment)
            return true;
    }
    return out->count > 0;
}

const char *vector_text(const struct vector *block, const char *name)
{
    for (size_t i = 0; i < block->count; i++)
        if (strcmp(block->fields[i].name, name) == 0)
            return block->fields[i].value;
    ck_abort_msg("%s:%u: the block before this line has no \"%s\"", block->path, block->line, name);
    return NULL;
}

struct span vector_bytes(struct vector *block, const char *name)
{
    const char *text = vector_text(block, name);
    struct writer out =
        writer_of(block->bytes + block->bytes_size, sizeof block->bytes - block->bytes_size);
    ck_assert_msg(hex_decode(text, &out), "%s:%u: \"%s\" is not hexadecimal", block->path,
                  block->line, name);
    block->bytes_size += out.size;
    return written(&out);
}
