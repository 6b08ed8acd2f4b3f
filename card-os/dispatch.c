/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a command: finds its row, checks form and access, runs the handler, records and commits.
 * Every command takes this path; dispatch() at the end shows its steps in order. */
#include "card-os/dispatch.h"

#include "base/failure.h"
#include "card-os/access.h"
#include "card-os/call.h"
#include "card-os/files.h"
#include "card-os/record.h"
#include "card-os/staging.h"
#include "card-os/strict.h"
#include "storage/audit.h"

static bool within(uint32_t value, struct range range)
{
    bool between = value >= range.min && value <= range.max;
    return between && (value - range.min) % range.step == 0;
}

/* A row is chosen by instruction, P1, P2 and whether there is data; check_shape() checks how long
 * the data is. */
static bool row_fits(const struct command *row, const struct apdu *apdu)
{
    bool data_fits = apdu->data.size ? row->data.max > 0 : row->data.min == 0;
    return within(apdu->p1, row->p1) && within(apdu->p2, row->p2) && data_fits;
}

/* On a strict card such a row is as if it were not there. */
static bool is_forbidden(const struct card *card, const struct command *row)
{
    return row->traits & EXTENSION && strict_forbids(card, EXTENSION_COMMANDS);
}

static sw find_row(struct call *c)
{
    const struct apdu *apdu = &c->apdu;
    if (apdu->cla & 0x7F) /* hosts use 00 and 80 as they like (protocol.md 16, 8) */
        return SW_UNKNOWN_CLA;

    bool known = false, addressed = false;
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *row = command_at(i);
        if (row->ins != apdu->ins || is_forbidden(c->card, row))
            continue;
        known = true;
        addressed |= within(apdu->p1, row->p1) && within(apdu->p2, row->p2);
        if (row_fits(row, apdu)) {
            c->row = row;
            c->traits = row->traits;
            return SW_OK;
        }
    }
    return !known ? SW_UNKNOWN_INS : addressed ? SW_WRONG_LENGTH : SW_WRONG_P1P2;
}

/* Also limits the room for the answer: to what the row states, or to Le if the row obeys it. */
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

/* From here on a refusal is recorded, if the row has a log action. */
static sw open_record(struct call *c)
{
    const struct file_class *files =
        file_command(c->row) ? file_class_of(c->card, file_addressed(c)) : NULL;
    c->record.action = c->row->action;
    if (files) {
        call_about_file(c, file_addressed(c));
        if (c->row->rule == FILE_READ) {
            c->record.action = files->reading;
            c->traits |= files->read_traits;
        }
        if (c->row->rule == FILE_WRITE)
            c->record.action = files->writing;
    }
    tell_running(c, c->row);
    return SW_OK;
}

static sw check_rule(struct call *c)
{
    enum rule rule = access_rule(c);
    sw s = access_check(c, rule);
    c->record.role = access_role(c, rule, s);
    return s;
}

/* Forced audit: at the limit of unacknowledged records, audited commands are refused. */
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
    if (c->out.full && sw_ok(s))
        s = call_status(c,
                        failure(FAULT_LIBRARY, "the answer to %s exceeds its row", c->row->name));
    if (sw_ok(s) && c->row->traits & ENDS_SESSION)
        session_want_new(c);
    return s;
}

static void cut_answer(struct call *c)
{
    if (c->traits & QUIET_WITHOUT_LE && !c->apdu.le_present)
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
        s = record_first(c);
    if (sw_ok(s))
        s = run_row(c);
    s = record_close(card, c, s);
    cut_answer(c);
    tell_running(c, NULL);
    return s;
}
