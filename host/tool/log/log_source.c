/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/log/log_source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/value.h"
#include "host/tool/log/log_stream.h"
#include "storage/audit.h"

const struct option_row log_store_rows[] = {
    { "store", "DIR", "read the store of a token that is not running",
      INTO_TEXT(struct tool_place, folder) },
    { "passphrase-file", "F", "... which is unlocked by the passphrase in this file",
      INTO_TEXT(struct tool_place, passphrase_file) },
    { "key-file", "F", "... whose key file lies elsewhere",
      INTO_TEXT(struct tool_place, key_file) },
    { "anchor", "F", "... whose anchor lies elsewhere", INTO_TEXT(struct tool_place, anchor) },
    OPTIONS_END,
};

static void write_section(FILE *to, uint32_t number, struct span note)
{
    fprintf(to, "-- handover %u\n%.*s", number, (int)note.size, (const char *)note.at);
}

/* --- A daemon --- */

static int malformed(void)
{
    return tool_complain(TOOL_FAILED, "the daemon's answer is not what this version understands");
}

static struct span text_in(const json_t *object, const char *key)
{
    return value_span(json_object_get(object, key));
}

static bool read_hashes(const json_t *list, struct writer *out)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *text = json_array_get(list, i);
        if (!json_is_string(text) || !base64_decode(value_span(text), out))
            return false;
    }
    return json_is_array(list);
}

static bool read_handovers(const json_t *list, struct log_source *out)
{
    FILE *to = open_memstream(&out->handovers, &out->handovers_size);
    if (!to)
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *note = json_array_get(list, i);
        if (json_is_string(note))
            write_section(to, (uint32_t)i + 1, value_span(note));
    }
    return fclose(to) == 0 && json_is_array(list);
}

static bool read_head(const json_t *answer, struct log_source *out)
{
    struct writer checkpoint = WRITER_OF(out->checkpoint), receipt = WRITER_OF(out->receipt),
                  peaks = WRITER_OF(out->peaks);
    write_span(&checkpoint, text_in(answer, "checkpoint"));
    write_span(&receipt, text_in(answer, "receipt"));
    out->pruned = (uint64_t)value_number(answer, "pruned");
    bool good = read_hashes(json_object_get(answer, "peaks"), &peaks) &&
                read_handovers(json_object_get(answer, "handovers"), out);
    out->checkpoint_size = checkpoint.size;
    out->receipt_size = receipt.size;
    out->peaks_size = peaks.size;
    return good && out->checkpoint_size && out->receipt_size;
}

static json_t *question(struct log_source *source, json_t *request)
{
    return admin_ask(&source->client, request) ? admin_answer(&source->client) : NULL;
}

static void forget_head(struct log_source *source)
{
    free(source->handovers);
    source->handovers = NULL;
}

static int ask_head(struct log_source *out)
{
    forget_head(out);
    json_t *answer = question(out, json_pack("{s:s}", "request", "checkpoint"));
    if (!answer)
        return TOOL_FAILED;
    bool good = read_head(answer, out);
    json_decref(answer);
    return good ? 0 : malformed();
}

static int connect_daemon(struct log_source *out)
{
    if (crypto_init()) /* not before a store is opened, which does it itself, and first */
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    return admin_open(out->place.daemon.socket, out->place.daemon.name, &out->client)
               ? ask_head(out)
               : TOOL_FAILED;
}

static int ask_lines(struct log_source *source, uint64_t first, uint64_t last, log_take *take,
                     void *context)
{
    SCOPED(log_stream_end) struct log_stream stream;
    struct span line;
    if (!log_stream_begin(&stream, &source->client, first, last - first + 1))
        return TOOL_FAILED;
    while (!source->torn && log_stream_next(&stream, &line)) {
        source->torn = log_line_number(line) != first++;
        if (!source->torn && !take(context, line))
            return TOOL_FAILED;
    }
    int status = log_stream_finish(&stream);
    if (status)
        return status;
    source->torn |= first <= last;
    return source->torn ? TOOL_BROKEN_LOG : 0;
}

static int ask_consistency(struct log_source *source, uint64_t from, uint64_t to,
                           struct writer *out)
{
    json_t *answer = question(source, json_pack("{s:s,s:I,s:I}", "request", "consistency", "from",
                                                (json_int_t)from, "to", (json_int_t)to));
    if (!answer)
        return TOOL_FAILED;
    bool good = read_hashes(json_object_get(answer, "hashes"), out);
    json_decref(answer);
    return good ? 0 : malformed();
}

/* --- A store at rest --- */

static int store_complain(int r)
{
    if (r > 0)
        return tool_complain(TOOL_FAILED,
                             "this store signs nothing yet, or is full, or the log has "
                             "no such size");
    return tool_complain(TOOL_FAILED, "the log cannot be read: %s", failure_last()->cause);
}

static int sign_now(struct store *store, struct writer *out)
{
    int r = store_begin(store);
    if (!r)
        r = audit_checkpoint(store, out);
    if (!r)
        return store_commit(store, true);
    store_rollback(store);
    return r;
}

static int load_handovers(struct log_source *out)
{
    FILE *to = open_memstream(&out->handovers, &out->handovers_size);
    uint32_t epoch = audit_head(out->store).epoch;
    int r = to ? 0 : failure(FAULT_MEMORY, "no memory for handovers");
    for (uint32_t k = 1; !r && k < epoch; k++) {
        uint8_t bytes[CHECKPOINT_MAX];
        struct writer note = WRITER_OF(bytes);
        r = audit_handover(out->store, k, &note);
        if (!r)
            write_section(to, k, written(&note));
    }
    if (to && fclose(to) != 0 && !r)
        r = failure(FAULT_MEMORY, "no memory for handovers");
    return r;
}

static int load_head(struct log_source *out)
{
    struct writer checkpoint = WRITER_OF(out->checkpoint), receipt = WRITER_OF(out->receipt),
                  peaks = WRITER_OF(out->peaks);
    int r = tool_place_open(&out->place.store, &out->store);
    if (r)
        return r;
    r = sign_now(out->store, &checkpoint);
    if (!r)
        r = audit_receipt(out->store, &receipt);
    if (!r)
        r = audit_pruned_peaks(out->store, &peaks);
    if (!r)
        r = load_handovers(out);
    out->checkpoint_size = checkpoint.size;
    out->receipt_size = receipt.size;
    out->peaks_size = peaks.size;
    out->pruned = audit_head(out->store).pruned;
    return r ? store_complain(r) : 0;
}

struct taking {
    log_take *take;
    void *context;
    uint64_t next, last;
    bool refused; /* `take` returned false */
};

static bool take_line(void *context, uint64_t seq, struct span line)
{
    struct taking *taking = context;
    if (seq > taking->last || seq != taking->next)
        return false;
    taking->next++;
    taking->refused = !taking->take(taking->context, line);
    return !taking->refused;
}

static int load_lines(struct log_source *source, uint64_t first, uint64_t last, log_take *take,
                      void *context)
{
    struct taking taking = { take, context, first, last, false };
    int r = audit_read(source->store, first, take_line, &taking);
    if (r && r != FAULT_BROKEN)
        return store_complain(r);
    source->torn = !taking.refused && (r || taking.next <= last);
    return taking.refused ? TOOL_FAILED : source->torn ? TOOL_BROKEN_LOG : 0;
}

static int load_consistency(struct log_source *source, uint64_t from, uint64_t to,
                            struct writer *out)
{
    int r = audit_consistency(source->store, from, to, out);
    return r ? store_complain(r) : 0;
}

/* --- Either --- */

int log_source_open(const struct log_place *place, struct log_source *out)
{
    memset(out, 0, sizeof *out);
    out->place = *place;
    return place->store.folder ? load_head(out) : connect_daemon(out);
}

int log_source_again(struct log_source *source)
{
    uint64_t pruned = source->pruned;
    source->torn = false;
    int status = source->store ? 0 : ask_head(source);
    if (status || source->pruned > pruned)
        return status;
    return tool_complain(TOOL_BROKEN_LOG,
                         "the log of this token is broken: lines are missing that were never "
                         "pruned, after record %" PRIu64,
                         pruned);
}

void log_source_close(struct log_source *source)
{
    admin_close(&source->client);
    store_close(&source->store);
    forget_head(source);
}

int log_source_lines(struct log_source *source, uint64_t first, uint64_t last, log_take *take,
                     void *context)
{
    if (first > last)
        return 0;
    return source->store ? load_lines(source, first, last, take, context)
                         : ask_lines(source, first, last, take, context);
}

int log_source_consistency(struct log_source *source, uint64_t from, uint64_t to,
                           struct writer *out)
{
    return source->store ? load_consistency(source, from, to, out)
                         : ask_consistency(source, from, to, out);
}
