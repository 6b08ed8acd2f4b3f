/* Where a PIN comes from: a file, an environment variable, or a prompt. Never the command line,
 * which every user of the machine can read. */
#pragma once

#include "base/secret.h"
#include "host/client/client.h"

struct pin_source {
    const char *name;     /* as the prompt calls it: "User PIN" */
    const char *file;     /* its first line; NULL: not from a file */
    const char *variable; /* name of an environment variable; NULL: not from one */
    enum client_pin kind; /* an SO-PIN is 8 bytes, written as 16 hexadecimal digits */
    bool twice;           /* a new one: a prompt asks again, and compares */
};

/* The PIN's bytes go to at; the caller wipes them (SCOPED_SECRET). 0, or the exit status after a
 * complaint. */
MUST_CHECK int pin_source_read(const struct pin_source *source, uint8_t at[CLIENT_PIN_MAX],
                               struct span *out);

#define SOURCE_LINE_MAX 256
/* Lines of text from the same places, for what is no PIN: so many of them, one after the other,
 * each handed to `take` until it gives another status than 0. An environment variable has one. A
 * prompt numbers them when there are more. */
MUST_CHECK int source_read_lines(const struct pin_source *source, unsigned count,
                                 int (*take)(void *context, struct span line), void *context);
