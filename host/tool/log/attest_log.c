/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/log/attest_log.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/failure.h"
#include "base/tlv.h"
#include "crypto/public_file.h"
#include "formats/custodian_file.h"
#include "formats/cvc.h"
#include "formats/file_ids.h"
#include "host/tool/card/card_verb.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/usage.h"
#include "host/tool/cli/value.h"
#include "host/tool/cli/whole_file.h"
#include "host/tool/log/log_evidence.h"
#include "host/tool/store/store.h"

enum { KEY_FILE_SIZE = 8192, PLACES = 256, NAME_MIN = 8 };

/* The key that is asked for. */
struct subject {
    uint8_t name[AUDIT_KEY_SIZE]; /* the key's name in records */
    size_t name_size; /* bytes of the name that are given; 0: the key is given by its place */
    uint16_t file;
};

/* How a key came to be. */
struct making {
    enum audit_keys how; /* AUDIT_KEPT: no such key */
    bool inside;         /* neither the key, nor what it was derived from, was ever outside */
    uint64_t record, time_ms;
    uint16_t file;
    uint8_t name[AUDIT_KEY_SIZE]; /* zeros for an AES key, which has no public part */
    /* Of a derived key: */
    uint16_t source;
    enum audit_keys source_how;
    uint8_t source_name[AUDIT_KEY_SIZE];
};

struct story {
    struct making making;
    /* Of the key; of the key into this token again; of the whole store. */
    unsigned exports, imports, copies;
    unsigned source_exports; /* of the key it was derived from: who has that has both */
    uint64_t first, last;    /* numbers of the records in the snapshot */
};

/* --- Which key --- */

static int read_public_key(struct span bytes, struct public_file *room, struct public_part *out)
{
    struct custodian_file custodian;
    struct cvc_request request;
    struct cvc plain;
    if (!custodian_file_read(bytes, &custodian))
        custodian.request = bytes;
    struct reader in = reader_of(custodian.request);
    struct tlv first = tlv_read(&in);
    struct reader value = reader_of(first.value);
    int r = CRYPTO_BAD_KEY;
    if (first.tag == CVC_AUTHENTICATED_REQUEST && !(r = cvc_read_request(&value, &request)))
        *out = request.inner.key;
    else if (first.tag == CVC_CERTIFICATE && !(r = cvc_read(&value, NULL, &plain)))
        *out = plain.key;
    else if (r >= 0 && !(r = public_file_read(bytes, room)))
        *out = room->part;
    return r;
}

static int name_key_of_file(const char *path, struct subject *out)
{
    uint8_t bytes[KEY_FILE_SIZE];
    struct writer content = WRITER_OF(bytes);
    struct public_file room;
    struct public_part key;
    int status = file_take(path, &content);
    if (status)
        return status;
    int r = read_public_key(written(&content), &room, &key);
    if (!r)
        r = audit_key_name(&key, out->name);
    out->name_size = AUDIT_KEY_SIZE;
    if (r > 0)
        return tool_complain(TOOL_FAILED,
                             "%s: not a public key, certificate or request that can be read", path);
    return r ? tool_complain(TOOL_FAILED, "%s", failure_last()->cause) : 0;
}

static int choose_subject(const struct attest_log_order *order, struct subject *out)
{
    struct writer name = WRITER_OF(out->name);
    if (order->file)
        return name_key_of_file(order->file, out);
    if (order->place && (!card_file_of(order->place, &out->file) || !file_is(out->file, FILE_KEY)))
        return usage_wrong(order->command, "%s is no key's place (cc01 to ccff)", order->place);
    if (order->name && (!hex_decode(order->name, &name) || name.size < NAME_MIN ||
                        span_is_zero(written(&name)))) /* AES keys have no name */
        return usage_wrong(order->command, "%s is no key's name: 16 to 24 hexadecimal digits",
                           order->name);
    out->name_size = order->name ? name.size : 0;
    return 0;
}

/* --- What the records say --- */

static bool is_named(const struct subject *subject, const uint8_t name[AUDIT_KEY_SIZE])
{
    return subject->name_size && span_equal(span_of(name, subject->name_size),
                                            span_of(subject->name, subject->name_size));
}

/* What it did to keys: a refusal nothing. */
static enum audit_keys effect_of(const struct audit_record *record)
{
    return record->sw == 0x9000 ? audit_traits_of(record->action)->keys : AUDIT_KEPT;
}

static struct making making_of(const struct audit_record *record, const struct making *places)
{
    struct making making = { .how = effect_of(record),
                             .inside = effect_of(record) == AUDIT_GENERATED,
                             .record = record->seq,
                             .time_ms = record->time_ms,
                             .file = record->object };
    memcpy(making.name, record->key, sizeof making.name);
    if (effect_of(record) != AUDIT_DERIVED)
        return making;
    const struct making *source = &places[record->command[2]];
    making.source = FILE_KEY | record->command[2];
    making.source_how = source->how;
    making.inside = source->inside;
    memcpy(making.source_name, source->name, sizeof making.source_name);
    return making;
}

/* How a key came to be, by what made it; NULL: that makes no key. */
static const char *origin_text(enum audit_keys how)
{
    switch (how) {
    case AUDIT_GENERATED:
        return "generated";
    case AUDIT_IMPORTED:
        return "imported";
    case AUDIT_DERIVED:
        return "derived";
    case AUDIT_KEPT:
    case AUDIT_EXPORTED:
    case AUDIT_DELETED:
    case AUDIT_ERASED:
    case AUDIT_COPIED:
    case AUDIT_DKEK:
        break;
    }
    return NULL;
}

static bool makes_key(const struct audit_record *record)
{
    return file_is(record->object, FILE_KEY) && origin_text(effect_of(record));
}

/* Which record counts: for a key given by name, the first, which tells how the token got it; for
 * one given by place, the last, which tells what is there now. */
struct telling {
    const struct subject *subject;
    struct making places[PLACES];
    struct story story;
};

static bool is_over(const struct telling *t, const struct audit_record *record)
{
    const struct making *making = &t->story.making;
    enum audit_keys effect = effect_of(record);
    return effect == AUDIT_ERASED || (effect == AUDIT_DELETED && record->object == making->file);
}

static void forget_places(struct telling *t, const struct audit_record *record)
{
    enum audit_keys effect = effect_of(record);
    if (effect == AUDIT_ERASED)
        memset(t->places, 0, sizeof t->places);
    else if (effect == AUDIT_DELETED && file_is(record->object, FILE_KEY))
        t->places[record->object & 0xFF] = (struct making){ 0 };
}

static void note_making(struct telling *t, const struct audit_record *record)
{
    struct making *making = &t->story.making;
    struct making made = making_of(record, t->places);
    t->places[record->object & 0xFF] = made;
    bool known = making->how != AUDIT_KEPT;
    if (is_named(t->subject, made.name) && known)
        t->story.imports += made.how == AUDIT_IMPORTED;
    else if (t->subject->name_size ? is_named(t->subject, made.name)
                                   : made.file == t->subject->file)
        t->story = (struct story){ .making = made, .first = t->story.first, .last = made.record };
}

static bool concerns(const struct telling *t, const struct audit_record *record)
{
    const struct making *making = &t->story.making;
    return span_is_zero(SPAN_OF(making->name))
               ? record->object == making->file
               : span_equal(SPAN_OF(record->key), SPAN_OF(making->name));
}

static void note_record(struct telling *t, const struct audit_record *record)
{
    struct story *story = &t->story;
    bool known = story->making.how != AUDIT_KEPT;
    story->last = record->seq;
    if (record->sw != 0x9000)
        return;
    enum audit_keys effect = effect_of(record);
    if (known && !t->subject->name_size && is_over(t, record))
        story->making = (struct making){ 0 };
    forget_places(t, record);
    if (makes_key(record))
        note_making(t, record);
    else if (known && effect == AUDIT_EXPORTED && concerns(t, record))
        story->exports += record->count;
    else if (known && effect == AUDIT_COPIED)
        story->copies++;
}

/* Counts exports before the derivation and after it. */
static unsigned count_exports(const struct log_file *log, const uint8_t name[AUDIT_KEY_SIZE])
{
    struct log_lines walk = log_lines(log);
    struct audit_record record;
    struct span line;
    unsigned count = 0;
    while (log_line_next(&walk, &line))
        if (audit_record_read(line, &record) && effect_of(&record) == AUDIT_EXPORTED &&
            span_equal(SPAN_OF(record.key), span_of(name, AUDIT_KEY_SIZE)))
            count += record.count;
    return count;
}

static struct story tell_story(const struct log_file *log, const struct subject *subject)
{
    struct telling t = { .subject = subject };
    struct log_lines walk = log_lines(log);
    struct audit_record record;
    struct span line;
    t.story.first = log->pruned.size + 1;
    while (log_line_next(&walk, &line))
        if (audit_record_read(line, &record))
            note_record(&t, &record);
    const struct making *making = &t.story.making;
    if (making->how == AUDIT_DERIVED && making->source_how != AUDIT_KEPT)
        t.story.source_exports = count_exports(log, making->source_name);
    return t.story;
}

/* --- Telling --- */

static const char *reason_of(const struct story *story)
{
    const struct making *making = &story->making;
    if (making->how == AUDIT_KEPT)
        return "none of these records tells of the key";
    if (making->inside)
        return "proved";
    if (making->how == AUDIT_IMPORTED)
        return "the key was brought in: others may have it";
    return making->source_how == AUDIT_KEPT
               ? "the key was derived from one of which these records do not tell"
               : "the key was derived from one that was brought in: others may know both";
}

static json_t *name_or_null(const uint8_t name[AUDIT_KEY_SIZE])
{
    struct span bytes = span_of(name, AUDIT_KEY_SIZE);
    return span_is_zero(bytes) ? json_null() : json_string(hex_of(bytes).text);
}

static json_t *file_text(uint16_t file)
{
    return json_sprintf("%04x", file);
}

static json_t *source_object(const struct story *story)
{
    const struct making *making = &story->making;
    if (making->how != AUDIT_DERIVED)
        return json_null();
    return json_pack("{s:o,s:o,s:s?,s:i}", "file", file_text(making->source), "key",
                     name_or_null(making->source_name), "origin", origin_text(making->source_how),
                     "exports", (int)story->source_exports);
}

static json_t *describe(const struct story *story)
{
    const struct making *making = &story->making;
    json_t *told = json_pack("{s:b,s:s,s:s?,s:I,s:I}", "proved", making->inside, "reason",
                             reason_of(story), "origin", origin_text(making->how), "first_record",
                             (json_int_t)story->first, "last_record", (json_int_t)story->last);
    if (making->how == AUDIT_KEPT)
        return told;
    json_t *more = json_pack("{s:o,s:o,s:I,s:I,s:o,s:i,s:i,s:i}", "key", name_or_null(making->name),
                             "file", file_text(making->file), "record", (json_int_t)making->record,
                             "ms", (json_int_t)making->time_ms, "source", source_object(story),
                             "exports", (int)story->exports, "imported_again", (int)story->imports,
                             "store_copies", (int)story->copies);
    bool good = told && more && json_object_update(told, more) == 0;
    json_decref(more);
    if (good)
        return told;
    json_decref(told);
    return NULL;
}

static void print_origin(const struct story *story)
{
    const struct making *making = &story->making;
    struct tm local;
    time_t seconds = (time_t)(making->time_ms / 1000);
    char when[32];
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &local));
    text_print(stdout, "origin  %s on %s, as %04x (record %" PRIu64 ")\n", origin_text(making->how),
               when, making->file, making->record);
    if (making->how != AUDIT_DERIVED)
        return;
    if (making->source_how == AUDIT_KEPT)
        text_print(stdout, "source  key %04x, of which these records do not tell\n",
                   making->source);
    else
        text_print(stdout, "source  key %04x, %s, exported %u times\n", making->source,
                   origin_text(making->source_how), story->source_exports);
}

static void print_story(const struct story *story)
{
    const struct making *making = &story->making;
    bool named = !span_is_zero(SPAN_OF(making->name));
    text_print(stdout, "key     %s\n",
               named ? hex_of(SPAN_OF(making->name)).text : "without a public half");
    print_origin(story);
    text_print(
        stdout,
        "copies  exported %u times, imported again %u times, with the whole store %u times\n",
        story->exports, story->imports, story->copies);
    text_print(stdout,
               "log     records %" PRIu64 " to %" PRIu64
               ", verified; what came later is not in it\n",
               story->first, story->last);
}

static int tell(const struct attest_log_order *order, const struct story *story)
{
    int status = story->making.inside ? TOOL_DONE : TOOL_NOT_ATTESTED;
    if (order->as_json)
        return value_print(describe(story)) ? TOOL_FAILED : status;
    if (story->making.how != AUDIT_KEPT)
        print_story(story);
    return status ? tool_complain(status, "%s", reason_of(story)) : status;
}

static int refuse_log(const struct attest_log_order *order, const struct log_judgement *judgement)
{
    int status = log_verdict_exit(judgement->verdict);
    const char *verdict = log_verdict_name(judgement->verdict);
    if (order->as_json) {
        json_t *told = json_pack("{s:b,s:s,s:n,s:s}", "proved", false, "reason", judgement->why,
                                 "origin", "verdict", verdict);
        return value_print(told) ? TOOL_FAILED : status;
    }
    return tool_complain(status, "%s: %s: %s", order->log, verdict, judgement->why);
}

int attest_by_log(const struct attest_log_order *order)
{
    SCOPED(log_evidence_end)
    struct log_evidence evidence = { .fresh.path = order->log, .receipt.path = order->receipt };
    struct log_judgement judgement = { 0 };
    struct subject subject = { 0 };
    int status = log_evidence_judge(&evidence, &judgement);
    if (!status)
        status = choose_subject(order, &subject);
    if (status)
        return status;
    if (judgement.why)
        return refuse_log(order, &judgement);
    struct story story = tell_story(&evidence.fresh.file, &subject);
    return tell(order, &story);
}
