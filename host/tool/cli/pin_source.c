/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/pin_source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/usage.h"

enum {
    LINE_MAX_SIZE = SOURCE_LINE_MAX,
    SO_PIN_SIZE = 8, /* typed as 16 digits */
    NEW_PIN_MIN = 6,
    INTERRUPT = 0x03, /* Ctrl-C is read as a character, because a signal would leave the echo off */
};

/* --- Options --- */

const struct option_row pin_rows[] = {
    { "pin-file", "F", "the user PIN is the first line of this file",
      INTO_TEXT(struct pin_source, file) },
    { "pin-env", "V", "... or the value of this environment variable; default: a prompt",
      INTO_TEXT(struct pin_source, variable) },
    OPTIONS_END,
};

const struct option_row so_pin_rows[] = {
    { "so-pin-file", "F", "the SO-PIN, 16 hexadecimal digits, is the first line of this file",
      INTO_TEXT(struct pin_source, file) },
    { "so-pin-env", "V", "... or the value of this environment variable; default: a prompt",
      INTO_TEXT(struct pin_source, variable) },
    OPTIONS_END,
};

const struct option_row new_pin_rows[] = {
    { "new-pin-file", "F", "the new PIN is the first line of this file",
      INTO_TEXT(struct pin_source, file) },
    { "new-pin-env", "V", "... or the value of this environment variable; default: a prompt",
      INTO_TEXT(struct pin_source, variable) },
    OPTIONS_END,
};

/* --- A line of text, from one of three places --- */

/* Reads up to the end of the line, byte by byte, so that nothing behind it is consumed. */
static int read_line(int fd, struct writer *out)
{
    for (char c = 0;;) {
        ssize_t got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (c == INTERRUPT) {
            errno = ECANCELED;
            return -1;
        }
        if (got == 0 || c == '\n')
            return 0;
        write_u8(out, (uint8_t)c);
        secret_wipe(&c, 1);
    }
}

static int complain_of_file(const struct pin_source *source)
{
    return tool_complain(TOOL_FAILED, "%s: %s", source->file, strerror(errno));
}

static int from_file(const struct pin_source *source, struct writer *out)
{
    int fd = open(source->file, O_RDONLY | O_CLOEXEC);
    int status = fd < 0 || read_line(fd, out) ? complain_of_file(source) : 0;
    if (fd >= 0)
        close(fd);
    return status;
}

static int from_variable(const struct pin_source *source, struct writer *out)
{
    const char *value = getenv(source->variable);
    if (isdigit((unsigned char)*source->variable)) /* perhaps the PIN itself: not repeated */
        return usage_wrong(source->command,
                           "an environment variable that holds the %s is named here, and no name "
                           "begins with a digit",
                           source->name);
    if (!value)
        return usage_wrong(source->command, "there is no environment variable %s",
                           source->variable);
    write_text(out, value);
    return 0;
}

static int print_prompt(int terminal, const char *before, const struct pin_source *source)
{
    int copy = dup(terminal);
    FILE *to = copy < 0 ? NULL : fdopen(copy, "w");
    if (!to)
        return -1;
    bool owned = source->of && *source->of;
    text_print(to, "%s%s%s%s: ", before, source->name, owned ? " of " : "",
               owned ? source->of : "");
    return fclose(to);
}

static int ask(int terminal, const char *before, const struct pin_source *source,
               struct writer *out)
{
    struct termios usual, silent;
    if (tcgetattr(terminal, &usual) < 0)
        return -1;
    silent = usual;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    silent.c_lflag |= ECHONL;
    silent.c_cc[VEOL] = INTERRUPT; /* makes Ctrl-C end the line, so that it is read at once */
    if (tcsetattr(terminal, TCSAFLUSH, &silent) < 0)
        return -1;
    int result = print_prompt(terminal, before, source) ? -1 : read_line(terminal, out);
    tcsetattr(terminal, TCSAFLUSH, &usual);
    return result;
}

static int ask_twice(int terminal, const struct pin_source *source, struct writer *out)
{
    SCOPED_SECRET(bytes, LINE_MAX_SIZE);
    struct writer again = WRITER_OF(bytes);
    if (ask(terminal, "", source, out) || ask(terminal, "Again, ", source, &again))
        return tool_complain(TOOL_FAILED, "the terminal: %s", strerror(errno));
    return span_equal(written(out), written(&again))
               ? 0
               : tool_complain(TOOL_FAILED, "the two entries differ; nothing was changed");
}

static int from_prompt(const struct pin_source *source, struct writer *out)
{
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int status = 0;
    if (terminal < 0)
        return usage_wrong(source->command,
                           "there is no terminal to ask for the %s: name a file or an environment "
                           "variable that holds it",
                           source->name);
    if (source->twice)
        status = ask_twice(terminal, source, out);
    else if (ask(terminal, "", source, out))
        status = tool_complain(TOOL_FAILED, "the terminal: %s", strerror(errno));
    close(terminal);
    return status;
}

/* --- The PIN's bytes --- */

static bool take_digits(struct span line, struct writer *out)
{
    SCOPED_SECRET(text, LINE_MAX_SIZE + 1);
    struct writer copy = writer_of(text, LINE_MAX_SIZE);
    write_span(&copy, line);
    text[copy.size] = 0;
    return !copy.full && hex_decode((const char *)text, out) && out->size == SO_PIN_SIZE;
}

static int take_line(const struct pin_source *source, struct span line, struct writer *out)
{
    if (source->kind == CLIENT_SO_PIN)
        return take_digits(line, out)
                   ? 0
                   : usage_wrong(source->command, "an SO-PIN is 16 hexadecimal digits");
    write_span(out, line);
    size_t least = source->twice ? NEW_PIN_MIN : 1;
    return out->size >= least && !out->full
               ? 0
               : usage_wrong(source->command, "a PIN has %zu to %d characters", least,
                             CLIENT_PIN_MAX);
}

int pin_source_read(const struct pin_source *source, uint8_t at[CLIENT_PIN_MAX], struct span *out)
{
    SCOPED_SECRET(bytes, LINE_MAX_SIZE);
    tool_forbid_dumps();
    struct writer line = WRITER_OF(bytes);
    struct writer pin = writer_of(at, CLIENT_PIN_MAX);
    int status = source->file       ? from_file(source, &line)
                 : source->variable ? from_variable(source, &line)
                                    : from_prompt(source, &line);
    if (!status && line.full)
        status = usage_wrong(source->command, "the %s is too long", source->name);
    if (!status)
        status = take_line(source, written(&line), &pin);
    if (!status)
        *out = written(&pin);
    return status;
}

/* --- Lines --- */

struct lines {
    const struct pin_source *source;
    unsigned number, count;
    int fd; /* of the file; -1: none */
};

static int next_line(const struct lines *lines, struct writer *out)
{
    const struct pin_source *source = lines->source;
    if (lines->fd >= 0)
        return read_line(lines->fd, out) ? complain_of_file(source) : 0;
    if (source->variable)
        return from_variable(source, out);
    char name[80];
    struct pin_source numbered = *source;
    snprintf(name, sizeof name, "%s %u", source->name, lines->number);
    if (lines->count > 1)
        numbered.name = name;
    return from_prompt(&numbered, out);
}

int source_read_lines(const struct pin_source *source, unsigned count,
                      int (*take)(void *context, struct span line), void *context)
{
    struct lines lines = { source, 1, count, -1 };
    tool_forbid_dumps();
    if (source->file && (lines.fd = open(source->file, O_RDONLY | O_CLOEXEC)) < 0)
        return complain_of_file(source);
    if (source->variable && count > 1)
        return usage_wrong(source->command, "an environment variable holds one line only");
    int status = 0;
    for (; !status && lines.number <= count; lines.number++) {
        SCOPED_SECRET(bytes, LINE_MAX_SIZE);
        struct writer line = WRITER_OF(bytes);
        status = next_line(&lines, &line);
        if (!status)
            status = line.full ? usage_wrong(source->command, "the %s is too long", source->name)
                               : take(context, written(&line));
    }
    if (lines.fd >= 0)
        close(lines.fd);
    return status;
}
