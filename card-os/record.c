/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/record.h"

#include <string.h>

#include "card-os/call.h"
#include "card-os/event.h"
#include "card-os/staging.h"
#include "storage/audit.h"

static int append_epoch(const struct call *c)
{
    struct audit_record record = c->record;
    record.action = AUDIT_EPOCH_BEGUN;
    record.object = 0;
    return event_begin_epoch(c->card->env, &record);
}

static int append(struct call *c, sw s)
{
    struct audit_record *record = &c->record;
    record->command[0] = c->apdu.cla;
    record->command[1] = c->apdu.ins;
    record->command[2] = c->apdu.p1;
    record->command[3] = c->apdu.p2;
    record->sw = s.value;
    record->alone = c->spent.pin_try && !sw_delivers(s); /* so each wrong PIN has a record */
    if (c->traits & SECRET_IN)
        memset(record->digest, 0, sizeof record->digest);
    int r = event_append(c->card->env, record);
    return !r && sw_ok(s) && c->traits & ENDS_EPOCH ? append_epoch(c) : r;
}

sw record_first(struct call *c)
{
    if (!(c->traits & RECORDED_FIRST))
        return SW_OK;
    bool first = !c->card->session.log_read;
    int r = first ? call_begin(c) : 0;
    if (!r && first)
        r = append(c, SW_OK);
    c->record.action = AUDIT_NOTHING;
    if (first)
        session_wanted(c)->log_read = true;
    return call_status(c, r);
}

/* Whether the host has shown a PIN or a custodian. */
static bool is_somebody(const struct call *c)
{
    const struct session *s = session_seen(c);
    return c->spent.right_pin || s->user || s->pin || s->officer ||
           !span_is_zero(span_of(s->custodians, sizeof s->custodians));
}

/* Decides whether the commit may use the store's reserve for a full medium: the end of a command
 * that spent a PIN's try may, and an ESSENTIAL command of a logged-in host. Refusals that cost no
 * try may not, or they would use the reserve up. */
static void choose_space(struct call *c, sw s)
{
    bool essential = c->traits & ESSENTIAL && sw_delivers(s) && is_somebody(c);
    bool ends = c->spent.pin_try && (essential || !sw_delivers(s));
    if (ends || essential)
        store_use_reserve(c->card->env->store, ends);
}

static bool leaves_record(const struct call *c, sw s)
{
    bool untold = c->traits & REFUSALS_ALONE && sw_delivers(s);
    return c->record.action != AUDIT_NOTHING && !untold;
}

/* Appends the record, and commits it together with what the command changed. */
static int append_and_commit(struct call *c, sw s)
{
    struct store *store = c->card->env->store;
    bool recorded = leaves_record(c, s);
    int r = recorded ? call_begin(c) : 0;
    if (!r && recorded)
        r = append(c, s);
    if (r || !store_in_transaction(store))
        return r;
    choose_space(c, s);
    return store_commit(store, recorded &&
                                   audit_traits_of(c->record.action)->durability == AUDIT_SECURITY);
}

/* Takes back what a refused command did, except for what c->spent says. That is done in the
 * transaction of the refusal's record, so that without the record the try of a PIN stays spent. */
static int undo(struct call *c)
{
    store_rollback(c->card->env->store);
    write_trim(&c->out, 0);
    if (!c->spent.settle)
        return 0;
    int r = call_begin(c);
    return r ? r : c->spent.settle(c, c->spent.id);
}

/* --- The end of a command --- */

sw record_close(struct card *card, struct call *c, sw s)
{
    int r = sw_delivers(s) ? 0 : undo(c);
    if (!r)
        r = append_and_commit(c, s);
    if (!r && sw_delivers(s)) {
        staging_take_over(card, &c->staged);
        return s;
    }
    staging_forget(card, &c->staged);
    if (!r)
        return s;
    /* No space is left for what a right PIN allowed: record that as a refusal. */
    if (r == STORE_FULL && c->spent.right_pin && sw_delivers(s))
        return record_close(card, c, call_status(c, r));
    store_rollback(c->card->env->store);
    write_trim(&c->out, 0);
    return call_status(c, r);
}

sw record_refusal(struct card *card, struct call *c, enum audit_action action, sw s)
{
    const struct session *session = &c->card->session;
    c->record.action = action;
    c->record.role = session->user ? AUDIT_USER : session->officer ? AUDIT_OFFICER : AUDIT_NOBODY;
    return record_close(card, c, s);
}
