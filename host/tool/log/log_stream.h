/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the lines of a log one after the other from a daemon. */
#pragma once

#include "base/bytes.h"
#include "host/tool/cli/admin_client.h"

struct log_stream {
    struct admin_client *client;
    /* Object from which the last line is borrowed; NULL: it is borrowed from the client. */
    json_t *held;
    uint64_t left; /* lines still to come of those asked for: a daemon cannot send for ever */
    bool ended;
    bool failed; /* after a complaint: the daemon is gone, or its answer is not understood */
};

/* Asks for at most `count` lines, from number `from` on. False after a complaint. */
MUST_CHECK bool log_stream_begin(struct log_stream *out, struct admin_client *client, uint64_t from,
                                 uint64_t count);
/* Gives the next line, borrowed until the next call; false at the end or after a failure. The
 * client may send its next request only after the end. */
bool log_stream_next(struct log_stream *stream, struct span *out_line);
/* Reads and drops the remaining lines. 0, TOOL_BROKEN_LOG if the daemon says that its log is
 * altered, or TOOL_FAILED. */
MUST_CHECK int log_stream_finish(struct log_stream *stream);
/* Releases the line that is held. Harmless twice. */
void log_stream_end(struct log_stream *stream);

/* The record's number in the line; 0: there is none. */
uint64_t log_line_number(struct span line);
