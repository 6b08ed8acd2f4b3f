/* THE road: find, check, open, run, record, close. */
#include "card-os/dispatch.h"

#include <string.h>

#include "base/failure.h"
#include "card-os/capacity.h"
#include "card-os/event.h"
#include "card-os/files.h"
#include "card-os/keys.h"
#include "card-os/pin.h"
#include "card-os/sm.h"
#include "card-os/staging.h"
#include "storage/audit.h"

static bool within(uint32_t value, struct range range)
{
    bool between = value >= range.min && value <= range.max;
    return between && (value - range.min) % range.step == 0;
}

/* A row is chosen by instruction, P1, P2 and the presence of data; its lengths are checked
 * afterwards. */
static bool row_fits(const struct command *row, const struct apdu *apdu)
{
    bool data_fits = apdu->data.size ? row->data.max > 0 : row->data.min == 0;
    return within(apdu->p1, row->p1) && within(apdu->p2, row->p2) && data_fits;
}

static sw find_row(struct call *c)
{
    const struct apdu *apdu = &c->apdu;
    if (apdu->cla & 0x7F) /* hosts use 00 and 80 as they like (protocol.md 16, 8) */
        return SW_UNKNOWN_CLA;

    bool known = false, addressed = false;
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *row = command_at(i);
        if (row->ins != apdu->ins || (row->traits & EXTENSION && c->card->strict))
            continue;
        known = true;
        addressed |= within(apdu->p1, row->p1) && within(apdu->p2, row->p2);
        if (row_fits(row, apdu)) {
            c->row = row;
            return SW_OK;
        }
    }
    return !known ? SW_UNKNOWN_INS : addressed ? SW_WRONG_LENGTH : SW_WRONG_P1P2;
}

/* Also gives the answer its room: what the row promises, or less where it obeys Le. */
static sw check_shape(struct call *c)
{
    if (!within((uint32_t)c->apdu.data.size, c->row->data))
        return SW_WRONG_LENGTH;
    size_t room = c->row->answer;
    if (c->row->traits & OBEYS_LE && c->apdu.le_present && c->apdu.le < room)
        room = c->apdu.le;
    if (room < c->out.capacity)
        c->out.capacity = room;
    return SW_OK;
}

static void tell_running(const struct call *c, const struct command *row)
{
    const struct env *env = c->card->env;
    if (env->running)
        env->running(env->context, row);
}

/* From here on a refusal is worth a record, if the row says so. */
static sw open_record(struct call *c)
{
    const struct file_class *class =
        file_command(c->row) ? file_class_of(c->card, file_addressed(c)) : NULL;
    c->record.action = c->row->action;
    if (class) {
        call_about_file(c, file_addressed(c));
        if (c->row->rule == FILE_READ)
            c->record.action = class->reading;
        if (c->row->rule == FILE_WRITE)
            c->record.action = class->writing;
    }
    tell_running(c, c->row);
    return SW_OK;
}

static sw check_rule(struct call *c)
{
    sw s = access_check(c);
    c->record.role = access_role(c, s);
    return s;
}

/* When an auditor is waited for, nothing that he must see happens. */
static sw check_quota(struct call *c)
{
    bool exhausted = audit_exhausted(c->card->env->store, c->record.action);
    return exhausted ? SW_NOT_ALLOWED : SW_OK;
}

static sw run_row(struct call *c)
{
    int r = c->row->traits & ATOMIC ? call_begin(c) : 0;
    if (r)
        return call_status(c, r);
    sw s = c->row->run(c);
    if (c->out.full && sw_ok(s) && c->protected && c->row->answer > channel_answer_max(c->room))
        return SW_WRONG_LENGTH; /* it would fit outside of the channel */
    if (c->out.full && sw_ok(s))
        s = call_status(c,
                        failure(FAULT_LIBRARY, "the answer to %s exceeds its row", c->row->name));
    if (sw_ok(s) && c->row->traits & ENDS_SESSION)
        session_want_new(c);
    return s;
}

/* --- The record --- */

/* None of a command that was refused before its row was found. */
static unsigned traits_of(const struct call *c)
{
    return c->row ? c->row->traits : 0;
}

static int append_epoch(const struct call *c)
{
    struct audit_record record = c->record;
    record.action = AUDIT_EPOCH_BEGUN;
    record.object = 0;
    return event_begin_epoch(c->card->env, &record);
}

static int append_record(struct call *c, sw s)
{
    struct audit_record *record = &c->record;
    record->command[0] = c->apdu.cla;
    record->command[1] = c->apdu.ins;
    record->command[2] = c->apdu.p1;
    record->command[3] = c->apdu.p2;
    record->sw = s.value;
    record->alone = c->spent && !sw_delivers(s); /* wrong PINs come to an end: each is told */
    if (traits_of(c) & SECRET_IN)
        memset(record->digest, 0, sizeof record->digest);
    int r = event_append(c->card->env, record);
    return !r && sw_ok(s) && traits_of(c) & ENDS_EPOCH ? append_epoch(c) : r;
}

/* The log is read after the record that it was, which is thus part of what is read; and once a
 * session is enough. */
static sw announce_reading(struct call *c)
{
    if (c->record.action != AUDIT_LOG_READ)
        return SW_OK;
    bool first = !c->card->session.log_read;
    int r = first ? call_begin(c) : 0;
    if (!r && first)
        r = append_record(c, SW_OK);
    c->record.action = AUDIT_NOTHING;
    if (first)
        session_wanted(c)->log_read = true;
    return call_status(c, r);
}

static bool is_somebody(const struct call *c)
{
    const struct session *s = session_seen(c);
    return c->verified || s->user || s->pin || s->officer ||
           !span_is_zero(span_of(s->custodians, sizeof s->custodians));
}

/* The reserve is for the end of what spent a try, a login or a refusal, and for what its row says.
 * Refusals that cost nothing must not use it up. */
static void choose_space(struct call *c, sw s)
{
    bool essential = traits_of(c) & ESSENTIAL && sw_delivers(s) && is_somebody(c);
    bool ends = c->spent && (essential || !sw_delivers(s));
    if (ends || essential)
        store_use_reserve(c->card->env->store, ends);
}

static bool leaves_record(const struct call *c, sw s)
{
    bool untold = traits_of(c) & REFUSALS_ALONE && sw_delivers(s);
    return c->record.action != AUDIT_NOTHING && !untold;
}

/* State change and record become durable together, or neither does. */
static int append_and_commit(struct call *c, sw s)
{
    struct store *store = c->card->env->store;
    bool recorded = leaves_record(c, s);
    int r = recorded ? call_begin(c) : 0;
    if (!r && recorded)
        r = append_record(c, s);
    if (r || !store_in_transaction(store))
        return r;
    choose_space(c, s);
    return store_commit(store, recorded && audit_class_of(c->record.action) == AUDIT_SECURITY);
}

/* Takes back what the command did, but for the use of a key that was spent on wrong input. A right PIN is given its try back, in the transaction of the
 * refusal's record: with no record it stays spent. */
static int undo(struct call *c)
{
    store_rollback(c->card->env->store);
    write_trim(&c->out, 0);
    if (c->verified)
        return pin_refund(c, c->verified);
    if (!c->used || c->fault)
        return 0;
    int r = call_begin(c);
    return r ? r : key_spend(c, c->used);
}

/* State, record and session become true together, or none of them. No answer without its record:
 * when that cannot be made, the answer is emptied, and nothing has changed. */
static sw close_record(struct card *card, struct call *c, sw s)
{
    int r = sw_delivers(s) ? 0 : undo(c);
    if (!r)
        r = append_and_commit(c, s);
    if (!r && sw_delivers(s)) {
        sm_bind_login(c);
        staging_take_over(card, &c->staged);
        return s;
    }
    staging_forget(card, &c->staged);
    if (!r)
        return s;
    /* Not enough space for what a right PIN has allowed: that is a refusal like any other. */
    if (r == STORE_FULL && c->verified && sw_delivers(s))
        return close_record(card, c, call_status(c, r));
    store_rollback(c->card->env->store);
    write_trim(&c->out, 0);
    return call_status(c, r);
}

static void cut_answer(struct call *c)
{
    if (traits_of(c) & QUIET_WITHOUT_LE && !c->apdu.le_present)
        write_trim(&c->out, 0);
}

sw dispatch(struct card *card, struct call *c)
{
    sw s = find_row(c);
    if (sw_ok(s))
        s = check_shape(c);
    if (sw_ok(s))
        s = open_record(c);
    if (sw_ok(s))
        s = check_rule(c);
    /* An approval policy will stand here: after the access rule, before anything is done. */
    if (sw_ok(s))
        s = check_quota(c);
    if (sw_ok(s))
        s = announce_reading(c);
    if (sw_ok(s))
        s = run_row(c);
    s = close_record(card, c, s);
    cut_answer(c);
    tell_running(c, NULL);
    return s;
}

sw dispatch_refuse(struct card *card, struct call *c, enum audit_action action, sw s)
{
    const struct session *session = &c->card->session;
    c->record.action = action;
    c->record.role = session->user ? AUDIT_USER : session->officer ? AUDIT_OFFICER : AUDIT_NOBODY;
    return close_record(card, c, s);
}

/* --- What handlers call --- */

struct reader call_data(const struct call *c)
{
    return reader_of(c->apdu.data);
}

int call_begin(struct call *c)
{
    return store_enter(c->card->env->store);
}

uint16_t call_file(const struct call *c)
{
    uint16_t named = (uint16_t)(c->apdu.p1 << 8 | c->apdu.p2);
    return named ? named : session_seen(c)->current_file;
}

static bool go_on(void *context)
{
    const struct env *env = context;
    return !env->cancelled(env->context);
}

struct patience call_patience(const struct call *c)
{
    return (struct patience){ go_on, (void *)(uintptr_t)c->card->env };
}

void call_about_file(struct call *c, uint16_t file)
{
    c->record.object = file;
}

sw call_status(struct call *c, int result)
{
    if (result < 0)
        c->fault = result;
    switch (result) {
    case 0:
        return SW_OK;
    case STORE_ABSENT:
        return SW_NOT_FOUND;
    case STORE_FULL:
        c->fault = failure(FAULT_DISK, "no space is left for the store");
        return SW_NO_SPACE;
    case CARD_FULL:
        return SW_NO_SPACE;
    case FAULT_STOPPED:
        return SW_STOPPED;
    case FAULT_MEMORY:
    case FAULT_DISK:
        return SW_MEMORY_FAILURE;
    case FAULT_BROKEN:
        c->broken = true;
        return SW_BROKEN;
    case FAULT_LIBRARY:
        return SW_BROKEN;
    default: /* an answer that its receiver should have dealt with */
        c->fault = failure(FAULT_LIBRARY, "unexpected result %d", result);
        return SW_BROKEN;
    }
}
