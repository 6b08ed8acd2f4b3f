/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/log/log_stream.h"

#include "base/text.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/value.h"

static bool fail(struct log_stream *stream, const char *why)
{
    stream->failed = true;
    if (why)
        tool_complain(0, "%s", why);
    return false;
}

bool log_stream_begin(struct log_stream *out, struct admin_client *client, uint64_t from,
                      uint64_t count)
{
    *out = (struct log_stream){ .client = client, .left = count };
    return admin_ask(client, json_pack("{s:s,s:I,s:I,s:b}", "request", "log", "from",
                                       (json_int_t)from, "count", (json_int_t)count, "plain", 1));
}

/* Reads the label that the text must begin with; reads nothing if it does not. */
static bool take_label(struct reader *in, const char *label)
{
    struct span wanted = span_of_text(label);
    return span_equal(read_span(in, wanted.size), wanted);
}

uint64_t log_line_number(struct span line)
{
    struct reader in = reader_of(line);
    uint64_t number = take_label(&in, "{\"seq\":") ? read_decimal(&in) : 0;
    return read_failed(&in) ? 0 : number;
}

/* Whether the line is a record itself, not the object in which an older daemon wraps one. */
static bool is_record(struct span line)
{
    struct reader in = reader_of(line);
    return take_label(&in, "{\"seq\":") && read_decimal(&in) && take_label(&in, ",\"inc\":");
}

static bool fail_to_understand(struct log_stream *stream)
{
    return fail(stream, "the daemon's answer is not what this version understands");
}

/* Unwraps an object: the end, or a line from an older daemon. */
static bool unwrap(struct log_stream *stream, struct span *inout)
{
    stream->held = admin_parse(stream->client, *inout);
    if (!stream->held)
        return fail(stream, NULL);
    *inout = value_span(json_object_get(stream->held, "line"));
    stream->ended = value_flag(stream->held, "end");
    return inout->at || (!stream->ended && fail_to_understand(stream));
}

bool log_stream_next(struct log_stream *stream, struct span *out_line)
{
    log_stream_end(stream);
    if (stream->ended || stream->failed)
        return false;
    if (!admin_line(stream->client, out_line))
        return fail(stream, NULL);
    if (!is_record(*out_line) && !unwrap(stream, out_line))
        return false;
    return stream->left-- || fail_to_understand(stream);
}

int log_stream_finish(struct log_stream *stream)
{
    struct span ignored;
    while (log_stream_next(stream, &ignored))
        ;
    if (!stream->failed)
        return TOOL_DONE;
    return stream->client->altered ? TOOL_BROKEN_LOG : TOOL_FAILED;
}

void log_stream_end(struct log_stream *stream)
{
    json_decref(stream->held);
    stream->held = NULL;
}
