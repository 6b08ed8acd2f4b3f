/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/nist.h"

#include <check.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER        "/usr/lib/python3/dist-packages/cryptography_vectors/asymmetric"
#define LINE_MAX_SIZE 5000

bool nist_installed(void)
{
    return access(FOLDER, R_OK) == 0;
}

static struct nist_field *find(struct nist_record *record, const char *name)
{
    for (size_t i = 0; i < record->count; i++)
        if (strcmp(record->fields[i].name, name) == 0)
            return &record->fields[i];
    return NULL;
}

static struct nist_field *begin_field(struct nist_record *record, const char *name)
{
    struct nist_field *field = find(record, name);
    if (!field) {
        ck_assert_uint_lt(record->count, NIST_FIELDS);
        field = &record->fields[record->count++];
        ck_assert_uint_lt(strlen(name), sizeof field->name);
        strcpy(field->name, name);
    }
    *field->value = 0;
    return field;
}

static void append(struct nist_field *field, const char *text)
{
    size_t size = strlen(field->value);
    for (; *text; text++)
        if (*text != ' ' && size + 1 < sizeof field->value)
            field->value[size++] = *text;
    field->value[size] = 0;
}

struct walk {
    struct nist_record *record;
    const char *last;
    nist_use *use;
    void *context;
};

static void end_field(const struct walk *w)
{
    struct nist_record *record = w->record;
    struct nist_field *field = record->open;
    record->open = NULL;
    if (!field || !*field->value || strcmp(field->name, w->last) != 0)
        return;
    record->storage = WRITER_OF(record->bytes);
    w->use(w->context, record);
}

static bool is_hexadecimal(const char *line)
{
    return *line && strspn(line, "0123456789abcdefABCDEF ") == strlen(line);
}

static void take_value(const struct walk *w, char *line, char *equals)
{
    *equals = 0;
    w->record->open = begin_field(w->record, line);
    snprintf(w->record->open->value, sizeof w->record->open->value, "%s", equals + 3);
    end_field(w);
}

/* "# Name:", or the same without "#". */
static void take_label(const struct walk *w, char *line)
{
    line[strlen(line) - 1] = 0;
    w->record->open = begin_field(w->record, line + strspn(line, "# "));
}

static void take_line(const struct walk *w, char *line)
{
    struct nist_record *record = w->record;
    char *equals = *line == '#' ? NULL : strstr(line, " = ");
    if (record->open && is_hexadecimal(line)) {
        append(record->open, line);
        return;
    }
    end_field(w);
    if (*line == '[')
        snprintf(record->section, sizeof record->section, "%.*s", (int)strcspn(line + 1, "]"),
                 line + 1);
    else if (equals)
        take_value(w, line, equals);
    else if (*line == '#' && line[strlen(line) - 1] == ':')
        take_label(w, line);
}

void nist_each(const char *file, const char *last, nist_use *use, void *context)
{
    char path[PATH_MAX], line[LINE_MAX_SIZE];
    snprintf(path, sizeof path, FOLDER "/%s", file);
    FILE *in = fopen(path, "r");
    ck_assert_msg(in != NULL, "%s cannot be read", path);
    struct nist_record *record = calloc(1, sizeof *record);
    const struct walk w = { record, last, use, context };
    while (fgets(line, sizeof line, in)) {
        size_t size = strlen(line);
        while (size && isspace((unsigned char)line[size - 1]))
            line[--size] = 0;
        take_line(&w, line);
    }
    end_field(&w);
    fclose(in);
    free(record);
}

const char *nist_text(const struct nist_record *record, const char *name)
{
    const struct nist_field *field = find((struct nist_record *)record, name);
    ck_assert_msg(field != NULL, "no field \"%s\"", name);
    return field->value;
}

/* Numbers may have an odd count of digits. */
struct span nist_bytes(struct nist_record *record, const char *name)
{
    const char *text = nist_text(record, name);
    char even[sizeof record->fields[0].value + 1];
    size_t before = record->storage.size;
    snprintf(even, sizeof even, "%s%s", strlen(text) % 2 ? "0" : "", text);
    ck_assert_msg(hex_decode(even, &record->storage), "\"%s\" is no bytes: %s", name, text);
    return span_part(written(&record->storage), before, record->storage.size);
}
