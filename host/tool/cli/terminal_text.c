/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/terminal_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "host/tool/cli/exits.h"

/* --- Characters --- */

enum { NOT_UTF8 = -1 };

struct character {
    size_t size; /* bytes; 1 for a byte that begins no character */
    int32_t code;
};

/* By the first byte: the number of bytes, the byte's own bits, and the least code that needs so
 * many bytes. */
static const struct utf8_form {
    uint8_t mask, lead, bits;
    size_t size;
    int32_t least;
} forms[] = {
    { 0x80, 0x00, 0x7F, 1, 0 },
    { 0xE0, 0xC0, 0x1F, 2, 0x80 },
    { 0xF0, 0xE0, 0x0F, 3, 0x800 },
    { 0xF8, 0xF0, 0x07, 4, 0x10000 },
};

static struct character decode(const struct utf8_form *form, struct span text)
{
    const struct character none = { 1, NOT_UTF8 };
    struct reader in = reader_of(span_part(text, 0, form->size));
    int32_t code = read_u8(&in) & form->bits;
    for (size_t i = 1; i < form->size; i++) {
        uint8_t next = read_u8(&in);
        if ((next & 0xC0) != 0x80)
            return none;
        code = code << 6 | (next & 0x3F);
    }
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (read_failed(&in) || code < form->least || code > 0x10FFFF || surrogate)
        return none;
    return (struct character){ form->size, code };
}

static struct character next_character(struct span text)
{
    struct reader in = reader_of(text);
    uint8_t first = read_u8(&in);
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if ((first & forms[i].mask) == forms[i].lead)
            return decode(&forms[i], text);
    return (struct character){ 1, NOT_UTF8 };
}

/* Codes that are replaced: they command a terminal, change the direction of writing, are invisible
 * or drawn over their neighbours; and codes that are no characters. In order. */
static const struct range {
    int32_t first, last;
} hidden[] = {
#include "host/tool/cli/hidden_characters.h"
};

static int compare_range(const void *one, const void *other)
{
    int32_t code = *(const int32_t *)one;
    const struct range *range = other;
    return (code > range->last) - (code < range->first);
}

static bool is_seen(int32_t code)
{
    return code != NOT_UTF8 &&
           !bsearch(&code, hidden, COUNT_OF(hidden), sizeof *hidden, compare_range);
}

static struct span rest_of(struct span text, size_t from)
{
    return span_part(text, from, text.size - from);
}

/* The number of printable ASCII bytes at the beginning, at most `most`: nearly all of most
 * texts. */
static size_t count_plain(struct span text, size_t most)
{
    struct reader in = reader_of(span_part(text, 0, most));
    size_t count = 0;
    for (uint8_t c; read_left(&in) && (c = read_u8(&in)) >= ' ' && c < 0x7F;)
        count++;
    return count;
}

static struct span print_plain(FILE *to, struct span text, size_t count)
{
    fwrite(text.at, 1, count, to);
    return rest_of(text, count);
}

/* --- Foreign text --- */

/* Returns the number of characters printed. */
static size_t print_field(FILE *to, struct span text)
{
    size_t count = 0;
    while (text.size && count < TEXT_FIELD_MAX) {
        size_t plain = count_plain(text, TEXT_FIELD_MAX - count);
        text = print_plain(to, text, plain);
        count += plain;
        if (!text.size || count == TEXT_FIELD_MAX)
            break;
        struct character next = next_character(text);
        if (is_seen(next.code))
            fwrite(text.at, 1, next.size, to);
        else
            putc('?', to);
        text = rest_of(text, next.size);
        count++;
    }
    if (text.size)
        fputs("...", to);
    return count;
}

void terminal_text(FILE *to, struct span text)
{
    print_field(to, text);
}

void text_lines(FILE *to, struct span text)
{
    while (text.size) {
        struct character next = next_character(text);
        if (next.code == '\n' || is_seen(next.code))
            fwrite(text.at, 1, next.size, to);
        else
            putc('?', to);
        text = rest_of(text, next.size);
    }
}

bool text_own(FILE *to, const char *text)
{
    return fputs(text, to) >= 0;
}

/* --- Formats --- */

struct conversion {
    char flags[8];
    int width, precision; /* -1: none */
    char size[3], kind;
};

static int read_number(const char **at, va_list *arguments)
{
    if (**at == '*') {
        ++*at;
        return va_arg(*arguments, int);
    }
    int number = 0;
    for (; **at >= '0' && **at <= '9'; ++*at)
        number = number * 10 + (**at - '0');
    return number;
}

static void take_while(const char **at, const char *set, char *out, size_t room)
{
    size_t size = strspn(*at, set), kept = size < room - 1 ? size : room - 1;
    memcpy(out, *at, kept);
    out[kept] = 0;
    *at += size;
}

/* Reads what follows a '%'; *at is then behind the conversion. */
static struct conversion read_conversion(const char **at, va_list *arguments)
{
    struct conversion out = { .width = -1, .precision = -1 };
    take_while(at, "-+ #0", out.flags, sizeof out.flags);
    if (**at == '*' || (**at >= '1' && **at <= '9'))
        out.width = read_number(at, arguments);
    if (**at == '.') {
        ++*at;
        out.precision = read_number(at, arguments);
    }
    take_while(at, "hlzjt", out.size, sizeof out.size);
    out.kind = *(*at)++;
    return out;
}

static void pad(FILE *to, const struct conversion *c, size_t printed)
{
    for (size_t i = printed; c->width > 0 && i < (size_t)c->width; i++)
        putc(' ', to);
}

static size_t count_characters(struct span text)
{
    size_t count = 0;
    for (; text.size && count < TEXT_FIELD_MAX; count++)
        text = rest_of(text, next_character(text).size);
    return count;
}

static void print_string(FILE *to, const struct conversion *c, const char *text)
{
    const char *shown = text ? text : "-";
    size_t size = c->precision < 0 ? strlen(shown) : strnlen(shown, (size_t)c->precision);
    struct span field = span_of((const uint8_t *)shown, size);
    bool left = strchr(c->flags, '-');
    if (!left)
        pad(to, c, count_characters(field));
    size_t printed = print_field(to, field);
    if (left)
        pad(to, c, printed);
}

#define NUMBER_FORMAT_SIZE 48
/* Writes the conversion again, for a number whose type has this size. */
static void write_number_format(const struct conversion *c, const char *size,
                                char out[NUMBER_FORMAT_SIZE])
{
    char width[16] = "", precision[16] = "";
    if (c->width >= 0)
        snprintf(width, sizeof width, "%d", c->width);
    if (c->precision >= 0)
        snprintf(precision, sizeof precision, ".%d", c->precision);
    snprintf(out, NUMBER_FORMAT_SIZE, "%%%s%s%s%s%c", c->flags, width, precision, size, c->kind);
}

static void print_real(FILE *to, const struct conversion *c, double value)
{
    char format[NUMBER_FORMAT_SIZE];
    write_number_format(c, "", format);
    fprintf(to, format, value);
}

static void print_integer(FILE *to, const struct conversion *c, uintmax_t value)
{
    char format[NUMBER_FORMAT_SIZE];
    write_number_format(c, "j", format);
    if (strchr("di", c->kind))
        fprintf(to, format, (intmax_t)value);
    else
        fprintf(to, format, value);
}

/* Takes an argument of the conversion's type. An int is widened with its sign, which an unsigned
 * one does not have. */
static uintmax_t take_integer(const struct conversion *c, va_list *arguments)
{
    bool has_sign = strchr("di", c->kind);
    bool wide = strchr(c->size, 'l') || strchr(c->size, 'z') || strchr(c->size, 'j') ||
                strchr(c->size, 't');
    if (wide) /* long, long long, size_t and the like have 64 bits here */
        return va_arg(*arguments, uint64_t);
    return has_sign ? (uintmax_t)va_arg(*arguments, int) : va_arg(*arguments, unsigned);
}

static void print_conversion(FILE *to, const struct conversion *c, va_list *arguments)
{
    if (c->kind == '%')
        putc('%', to);
    else if (c->kind == 's')
        print_string(to, c, va_arg(*arguments, const char *));
    else if (strchr("diuxXo", c->kind))
        print_integer(to, c, take_integer(c, arguments));
    else if (strchr("feg", c->kind))
        print_real(to, c, va_arg(*arguments, double));
    else
        abort(); /* never reached: tests/printing.py refuses other formats */
}

static void print_pieces(FILE *to, const char *format, va_list arguments)
{
    va_list left;
    va_copy(left, arguments);
    while (*format) {
        if (*format != '%') {
            putc(*format++, to);
            continue;
        }
        format++;
        struct conversion c = read_conversion(&format, &left);
        print_conversion(to, &c, &left);
    }
    va_end(left);
}

/* Prints a whole message in one write, because standard error has no buffer, and other processes
 * write there, too. */
static void print_at_once(FILE *to, const char *before, const char *format, va_list arguments,
                          const char *after)
{
    char *said = NULL;
    size_t size = 0;
    FILE *paper = open_memstream(&said, &size);
    FILE *on = paper ? paper : to;
    fputs(before, on);
    print_pieces(on, format, arguments);
    fputs(after, on);
    if (paper && fclose(paper) == 0)
        fwrite(said, 1, size, to);
    free(said);
}

void text_vprint(FILE *to, const char *format, va_list arguments)
{
    if (to == stderr)
        print_at_once(to, "", format, arguments, "");
    else
        print_pieces(to, format, arguments);
}

void text_complain(const char *before, const char *format, va_list arguments, const char *after)
{
    print_at_once(stderr, before, format, arguments, after);
}

void text_print(FILE *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_vprint(to, format, arguments);
    va_end(arguments);
}

/* --- JSON --- */

static void print_escaped(FILE *to, int32_t code)
{
    if (code > 0xFFFF) {
        fprintf(to, "\\u%04x", 0xD800 + (unsigned)((code - 0x10000) >> 10));
        code = 0xDC00 + ((code - 0x10000) & 0x3FF);
    }
    fprintf(to, "\\u%04x", (unsigned)code);
}

static void print_json(FILE *to, struct span json)
{
    while (json.size) {
        json = print_plain(to, json, count_plain(json, json.size));
        if (!json.size)
            break;
        struct character next = next_character(json);
        if (is_seen(next.code))
            fwrite(json.at, 1, next.size, to);
        else if (next.code < ' ')
            /* Neither control characters nor bytes that are no UTF-8 stand in valid JSON. */
            putc('?', to);
        else
            print_escaped(to, next.code);
        json = rest_of(json, next.size);
    }
}

void text_json_line(FILE *to, struct span json)
{
    print_json(to, json);
    putc('\n', to);
}

/* Wipes the text, which may hold secrets, and is therefore made in one piece. */
static void dump_json(FILE *to, const json_t *value)
{
    size_t flags = JSON_COMPACT | JSON_ENCODE_ANY, size = json_dumpb(value, NULL, 0, flags);
    char *text = malloc(size);
    if (!text)
        return;
    json_dumpb(value, text, size, flags);
    print_json(to, span_of(text, size));
    secret_wipe(text, size);
    free(text);
}

int text_json(FILE *to, const json_t *value)
{
    if (!value) {
        fputs("glasshsm: the answer cannot be put into JSON\n", stderr);
        return TOOL_FAILED;
    }
    dump_json(to, value);
    putc('\n', to);
    return ferror(to) ? TOOL_FAILED : TOOL_DONE;
}

json_t *text_value(struct span text)
{
    json_t *value = json_stringn(text.size ? (const char *)text.at : "", text.size);
    char *copy = value ? NULL : malloc(text.size);
    if (!copy)
        return value;
    struct writer to = writer_of((uint8_t *)copy, text.size);
    while (text.size) {
        struct character next = next_character(text);
        struct span bytes = span_part(text, 0, next.size);
        write_span(&to, next.code == NOT_UTF8 ? span_of_text("?") : bytes);
        text = rest_of(text, next.size);
    }
    value = json_stringn(copy, to.size);
    free(copy);
    return value;
}
