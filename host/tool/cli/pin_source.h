/* SPDX-License-Identifier: Apache-2.0 */
/* Where a PIN comes from: a file, an environment variable, or a prompt. Never the command line,
 * which every user of the machine can read. */
#pragma once

#include "base/secret.h"
#include "host/client/client.h"
#include "host/tool/cli/options.h"

struct pin_source {
    const char *name;                   /* in the prompt: "User PIN" */
    const char *of;                     /* whose, in the prompt; NULL or "": not said */
    const char *file;                   /* the PIN is its first line; NULL: not from a file */
    const char *variable;               /* name of an environment variable; NULL: not from one */
    enum client_pin kind;               /* an SO-PIN is 8 bytes, written as 16 hexadecimal digits */
    bool twice;                         /* for a new PIN: the prompt asks again, and compares */
    const struct command_line *command; /* for usage_wrong(); NULL: not known */
};

/* Options that set file and variable of a struct pin_source. */
extern const struct option_row pin_rows[], so_pin_rows[], new_pin_rows[];

/* Reads the PIN into `at`, which the caller wipes (SCOPED_SECRET); *out points to it. 0, or the
 * exit status after a complaint. */
MUST_CHECK int pin_source_read(const struct pin_source *source, uint8_t at[CLIENT_PIN_MAX],
                               struct span *out);

#define SOURCE_LINE_MAX 256
/* Reads `count` lines of text, which are no PINs, from the same kinds of source, and hands each to
 * `take` until that returns another status than 0. An environment variable has one line. A prompt
 * numbers the lines when there are more. */
MUST_CHECK int source_read_lines(const struct pin_source *source, unsigned count,
                                 int (*take)(void *context, struct span line), void *context);
