/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's log: one line an event on standard error, words and key=value pairs that a machine
 * can split again:
 *
 *     level=info event=attached port=35963
 *
 * A line is written in one call, so lines of both threads never mix. The daemon never waits for a
 * reader who does not read: lines are dropped then, and a later one tells how many. Values that
 * hold blanks or quotes are quoted and escaped as in JSON. Secrets have no way in: fields take text
 * and numbers.
 *
 *     log_event(LOG_INFO, "attached", log_number("port", port));                              */
#pragma once

#include <stddef.h>
#include <unistd.h>
#include <stdint.h>

enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log_field {
    const char *key; /* NULL: no field */
    const char *text;
    uint64_t number; /* when text is NULL */
};

static inline struct log_field log_text(const char *key, const char *text)
{
    return (struct log_field){ .key = key, .text = text };
}

static inline struct log_field log_number(const char *key, uint64_t number)
{
    return (struct log_field){ .key = key, .number = number };
}

/* Logs an event with any number of fields; what makes the line longer than about a kilobyte is cut
 * off. */
#define log_event(level, event, ...)                                                               \
    log_write(STDERR_FILENO, (level), (event),                                                     \
              (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
/* Writes an event's line to any descriptor; the fields end with one whose key is NULL. */
void log_write(int fd, enum log_level level, const char *event, const struct log_field *fields);

/* Logs a fault as an error, with its place and cause. */
struct failure;
void log_fault(const char *event, const struct failure *fault);
