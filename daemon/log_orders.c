/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/log_orders.h"

#include <string.h>

#include "base/failure.h"
#include "base/text.h"
#include "card-os/strict.h"
#include "daemon/admin_record.h"
#include "daemon/log.h"
#include "formats/merkle.h"
#include "formats/sw.h"
#include "formats/visit.h"
#include "storage/audit.h"

#define VISIT_RECORDS 4096

/* --- Records --- */

json_t *order_record_cancel(struct power *power, struct errand *errand)
{
    int r = admin_record(power, AUDIT_ADMIN_CANCEL, errand->uid, (struct span){ 0 });
    return r ? NULL : json_true();
}

/* --- Refusals --- */

static const struct {
    int result;
    const char *sentence;
} sentences[] = {
    { STORE_ABSENT, "this store signs nothing yet: it was made by an older version" },
    { STORE_FULL, "no space is left for the store" },
    { AUDIT_FIXED, "the policy is fixed until the device is initialised" },
    { AUDIT_NO_NOTE, "that is no checkpoint" },
    { AUDIT_FOREIGN, "that checkpoint is of another token" },
    { AUDIT_UNSIGNED, "that checkpoint is not signed by the key of its epoch" },
    { AUDIT_AHEAD, "that checkpoint covers more records than there are: this store is older" },
    { AUDIT_FORKED, "that checkpoint is of another history than this log" },
    { AUDIT_OLD, "a checkpoint that covers as much was acknowledged before" },
};

static json_t *refuse(struct errand *errand, int r)
{
    errand->error = "a fault of the machine; the daemon's own log tells which";
    for (size_t i = 0; i < COUNT_OF(sentences); i++)
        if (sentences[i].result == r)
            errand->error = sentences[i].sentence;
    if (r < 0)
        log_fault("order_failed", failure_last());
    return NULL;
}

/* --- checkpoint --- */

static json_t *text_of(const struct writer *text)
{
    return json_stringn((const char *)text->at, text->size);
}

static int add_handovers(struct store *store, json_t *out)
{
    uint32_t epoch = audit_head(store).epoch;
    int r = 0;
    for (uint32_t k = 1; !r && k < epoch; k++) {
        uint8_t bytes[CHECKPOINT_MAX];
        struct writer note = WRITER_OF(bytes);
        r = audit_handover(store, k, &note);
        json_array_append_new(out, text_of(&note));
    }
    return r;
}

static void add_hashes(struct span hashes, json_t *out)
{
    uint8_t text_bytes[BASE64_SIZE(SHA256_SIZE)];
    for (size_t at = 0; at < hashes.size; at += SHA256_SIZE) {
        struct writer text = WRITER_OF(text_bytes);
        write_base64(&text, span_part(hashes, at, SHA256_SIZE));
        json_array_append_new(out, text_of(&text));
    }
}

static int add_peaks(struct store *store, json_t *out)
{
    uint8_t bytes[64 * SHA256_SIZE];
    struct writer peaks = WRITER_OF(bytes);
    int r = audit_pruned_peaks(store, &peaks);
    if (!r)
        add_hashes(written(&peaks), out);
    return r;
}

static int sign(struct power *power, struct writer *out)
{
    int r = store_begin(power->store);
    store_use_reserve(power->store, false);
    return r ? r : admin_conclude(power, audit_checkpoint(power->store, out));
}

json_t *order_checkpoint(struct power *power, struct errand *errand)
{
    uint8_t note_bytes[CHECKPOINT_MAX], receipt_bytes[RECEIPT_MAX];
    struct writer note = WRITER_OF(note_bytes), receipt = WRITER_OF(receipt_bytes);
    struct store *store = power->store;
    json_t *handovers = json_array(), *peaks = json_array();
    int r = errand->reads_log ? admin_record_reading(power, errand->uid) : 0;
    if (!r)
        r = sign(power, &note);
    if (!r)
        r = audit_receipt(store, &receipt);
    if (!r)
        r = add_handovers(store, handovers);
    if (!r)
        r = add_peaks(store, peaks);
    json_t *answer = json_pack("{s:o,s:o,s:I,s:o,s:o}", "checkpoint", text_of(&note), "receipt",
                               text_of(&receipt), "pruned", (json_int_t)audit_head(store).pruned,
                               "handovers", handovers, "peaks", peaks);
    if (!r)
        return answer;
    json_decref(answer);
    return refuse(errand, r);
}

/* --- visit --- */

static bool add_to_visit(void *context, uint64_t seq, struct span line)
{
    struct audit_record record;
    (void)seq;
    if (audit_record_read(line, &record))
        visit_add(context, &record);
    return true;
}

/* Counts from the last records of the log. This is not recorded as a reading of the log, because no
 * record's content is shown. */
json_t *order_visit(struct power *power, struct errand *errand)
{
    struct visit visit = { 0 };
    uint64_t size = audit_head(power->store).size;
    uint64_t from = size > VISIT_RECORDS ? size - VISIT_RECORDS + 1 : 1;
    int r = audit_read(power->store, from, add_to_visit, &visit);
    if (r)
        return refuse(errand, r);
    json_t *answer = json_pack("{s:I,s:I}", "user_login_ms", (json_int_t)visit.user_login_ms,
                               "so_login_ms", (json_int_t)visit.so_login_ms);
#define X(name, text) json_object_set_new(answer, #name, json_integer((json_int_t)visit.name));
    VISIT_COUNTS(X)
#undef X
    return answer;
}

/* --- consistency --- */

json_t *order_consistency(struct power *power, struct errand *errand)
{
    uint8_t bytes[MERKLE_PROOF_MAX];
    struct writer hashes = WRITER_OF(bytes);
    json_int_t from = json_integer_value(json_object_get(errand->request, "from"));
    json_int_t to = json_integer_value(json_object_get(errand->request, "to"));
    int r = from > 0 && to > 0
                ? audit_consistency(power->store, (uint64_t)from, (uint64_t)to, &hashes)
                : AUDIT_AHEAD;
    if (r)
        return refuse(errand, r == STORE_ABSENT ? AUDIT_AHEAD : r);
    json_t *list = json_array();
    add_hashes(written(&hashes), list);
    return json_pack("{s:o}", "hashes", list);
}

/* --- acknowledge --- */

static int acknowledge(struct power *power, struct span note, uint32_t uid)
{
    struct audit_record event;
    int r = admin_event(power, AUDIT_LOG_ACKNOWLEDGED, uid, &event);
    if (!r)
        r = store_begin(power->store);
    store_use_reserve(power->store, false);
    return r ? r : admin_conclude(power, audit_acknowledge(power->store, note, &event));
}

json_t *order_acknowledge(struct power *power, struct errand *errand)
{
    const json_t *note = json_object_get(errand->request, "note");
    struct span text = span_of(json_string_value(note), json_string_length(note));
    int r = text.at ? acknowledge(power, text, errand->uid) : AUDIT_NO_NOTE;
    if (r)
        return refuse(errand, r);
    struct audit_head head = audit_head(power->store);
    return json_pack("{s:I,s:I,s:I}", "acknowledged", (json_int_t)head.acknowledged, "epoch",
                     (json_int_t)head.epoch, "pruned", (json_int_t)head.pruned);
}

/* --- note --- */

static bool is_note(struct span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] < 0x20 || text.at[i] == 0x7F)
            return false;
    return text.size > 0 && text.size <= sizeof((struct audit_record){ 0 }.digest);
}

json_t *order_note(struct power *power, struct errand *errand)
{
    const json_t *value = json_object_get(errand->request, "text");
    struct span text = span_of(json_string_value(value), json_string_length(value));
    if (!is_note(text)) {
        errand->error = "a note is a line of 1 to 32 bytes";
        return NULL;
    }
    int r = admin_record(power, AUDIT_LOG_NOTE, errand->uid, text);
    if (r)
        return refuse(errand, r);
    return json_pack("{s:I}", "record", (json_int_t)audit_head(power->store).size);
}

/* --- policy --- */

static const char *const forced_names[] = {
    [AUDIT_FORCED_OFF] = "off",
    [AUDIT_FORCED_ON] = "on",
    [AUDIT_FORCED_FIXED] = "fixed",
};
static const char *const reading_names[] = {
    [AUDIT_READ_BY_USER] = "pin",
    [AUDIT_READ_FREELY] = "free",
};

/* Takes the value named by a request's member; without the member *out stays as it is. */
static bool read_name(const json_t *request, const char *key, const char *const *names,
                      size_t count, unsigned *inout)
{
    const json_t *value = json_object_get(request, key);
    const char *text = json_string_value(value);
    for (unsigned i = 0; text && i < count; i++)
        if (strcmp(text, names[i]) == 0) {
            *inout = i;
            return true;
        }
    return !value;
}

static bool read_count(const json_t *request, const char *key, uint64_t max, uint64_t *inout)
{
    const json_t *value = json_object_get(request, key);
    json_int_t number = json_integer_value(value);
    if (!value)
        return true;
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > max)
        return false;
    *inout = (uint64_t)number;
    return true;
}

static bool read_keep(const json_t *request, uint64_t *inout)
{
    const char *text = json_string_value(json_object_get(request, "keep"));
    if (!text)
        return read_count(request, "keep", INT64_MAX, inout);
    *inout = AUDIT_KEEP_ALL;
    return strcmp(text, "all") == 0;
}

static bool read_policy(const json_t *request, struct audit_policy *inout)
{
    unsigned forced = inout->forced, reading = inout->reading;
    uint64_t limit = inout->limit;
    bool good = read_name(request, "forced", forced_names, COUNT_OF(forced_names), &forced) &&
                read_name(request, "read", reading_names, COUNT_OF(reading_names), &reading) &&
                read_count(request, "limit", UINT32_MAX, &limit) && limit > 0 &&
                read_keep(request, &inout->keep);
    inout->forced = (enum audit_forced)forced;
    inout->reading = (enum audit_reading)reading;
    inout->limit = (uint32_t)limit;
    return good;
}

static int set_policy(struct power *power, const struct audit_policy *policy, uint32_t uid)
{
    struct audit_record event;
    int r = admin_event(power, AUDIT_AUDIT_POLICY, uid, &event);
    if (!r)
        r = store_begin(power->store);
    return r ? r : admin_conclude(power, audit_set_policy(power->store, policy, &event));
}

static bool same_policy(const struct audit_policy *a, const struct audit_policy *b)
{
    return a->forced == b->forced && a->limit == b->limit && a->keep == b->keep &&
           a->reading == b->reading;
}

static json_t *tell_policy(const struct store *store)
{
    struct audit_policy policy = audit_policy(store);
    struct audit_head head = audit_head(store);
    json_t *keep =
        policy.keep == AUDIT_KEEP_ALL ? json_string("all") : json_integer((json_int_t)policy.keep);
    return json_pack("{s:s,s:I,s:o,s:s,s:I,s:I,s:I,s:I,s:I}", "forced", forced_names[policy.forced],
                     "limit", (json_int_t)policy.limit, "keep", keep, "read",
                     reading_names[policy.reading], "used", (json_int_t)head.used, "size",
                     (json_int_t)head.size, "acknowledged", (json_int_t)head.acknowledged, "pruned",
                     (json_int_t)head.pruned, "epoch", (json_int_t)head.epoch);
}

json_t *order_policy(struct power *power, struct errand *errand)
{
    struct audit_policy now = audit_policy(power->store), wanted = now;
    if (!read_policy(errand->request, &wanted)) {
        errand->error =
            "forced is off, on or fixed; limit a number from 1; keep a number or all; "
            "read pin or free";
        return NULL;
    }
    if (wanted.forced != AUDIT_FORCED_OFF && strict_is_on(&power->card)) {
        errand->error = "the token is strict, and no hardware forces an audit; it cannot be both";
        return NULL;
    }
    int r = same_policy(&now, &wanted) ? 0 : set_policy(power, &wanted, errand->uid);
    return r ? refuse(errand, r) : tell_policy(power->store);
}
