/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/failure.h"

#define LINE_MAX_SIZE 1024

static const char *const level_names[] = {
    [LOG_INFO] = "info",
    [LOG_WARNING] = "warning",
    [LOG_ERROR] = "error",
};

static void write_escaped(struct writer *out, char c)
{
    if (c == '"' || c == '\\')
        write_u8(out, '\\');
    write_u8(out, (unsigned char)c < ' ' ? ' ' : (uint8_t)c);
}

static void write_value(struct writer *out, const char *text)
{
    if (*text && !strpbrk(text, " \t\r\n\"\\=")) {
        write_text(out, text);
        return;
    }
    write_u8(out, '"');
    for (; *text; text++)
        write_escaped(out, *text);
    write_u8(out, '"');
}

static void write_field(struct writer *out, const struct log_field *field)
{
    write_u8(out, ' ');
    write_text(out, field->key);
    write_u8(out, '=');
    if (field->text)
        write_value(out, field->text);
    else
        write_decimal(out, field->number);
}

/* Never waits: the reader of the log may have stopped reading. A line that would have to wait is
 * dropped, and the number of dropped lines is told when there is room again. A pipe that is
 * writable takes a line as a whole, but only one thread's at a time. */
static bool try_write(int fd, const char *line, size_t size)
{
    struct pollfd room = { .fd = fd, .events = POLLOUT };
    ssize_t sent = send(fd, line, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == ENOTSOCK && poll(&room, 1, 0) > 0 && room.revents & POLLOUT)
        sent = write(fd, line, size);
    return sent == (ssize_t)size;
}

static void write_unless_full(int fd, const char *line, size_t size)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static unsigned long lost;
    char told[80];
    pthread_mutex_lock(&lock);
    int length =
        lost ? snprintf(told, sizeof told, "level=warning event=messages_lost count=%lu\n", lost)
             : 0;
    if (lost && try_write(fd, told, (size_t)length))
        lost = 0;
    lost += !try_write(fd, line, size);
    pthread_mutex_unlock(&lock);
}

void log_write(int fd, enum log_level level, const char *event, const struct log_field *fields)
{
    char line[LINE_MAX_SIZE];
    struct writer out = writer_of(line, sizeof line - 1); /* one byte is kept for the newline */
    write_text(&out, "level=");
    write_text(&out, level_names[level]);
    write_text(&out, " event=");
    write_text(&out, event);
    for (; fields->key; fields++)
        write_field(&out, fields);
    line[out.size] = '\n';
    write_unless_full(fd, line, out.size + 1);
}

void log_fault(const char *event, const struct failure *fault)
{
    if (!fault->kind)
        log_event(LOG_ERROR, event, log_text("cause", "unknown"));
    else
        log_event(LOG_ERROR, event, log_text("cause", fault->cause), log_text("file", fault->file),
                  log_number("line", (uint64_t)fault->line));
}
