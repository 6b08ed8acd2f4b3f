/* The lines of a log as a daemon sends them, one after the other. */
#pragma once

#include "base/bytes.h"
#include "host/tool/cli/admin_client.h"

struct log_stream {
    struct admin_client *client;
    json_t *held;  /* what the last line is borrowed from; NULL: the client */
    uint64_t left; /* lines that were asked for: no daemon sends more for ever */
    bool ended;
    bool failed; /* the daemon went away, or said what cannot be understood; complained about */
};

/* Asks for at most `count` lines, from number `from` on. False after a complaint. */
MUST_CHECK bool log_stream_begin(struct log_stream *out, struct admin_client *client, uint64_t from,
                                 uint64_t count);
/* False at the end, or when it failed. The line is borrowed until the next call. Only after the
 * end may the client ask again. */
bool log_stream_next(struct log_stream *stream, struct span *out_line);
/* Reads on to the end. False when it failed. */
bool log_stream_finish(struct log_stream *stream);
/* Harmless twice. */
void log_stream_end(struct log_stream *stream);

/* The number that a line gives itself; 0: none. */
uint64_t log_line_number(struct span line);
