/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/sm.h"

#include "base/failure.h"
#include "card-os/choices.h"
#include "card-os/call.h"
#include "card-os/record.h"
#include "card-os/session.h"
#include "card-os/staging.h"

static struct channel *channel_of(const struct card *card)
{
    return (void *)card->secrets[HELD_CHANNEL].at;
}

int sm_begin(struct call *c, const struct channel *channel)
{
    return held_want(c, HELD_CHANNEL, span_of(channel, sizeof *channel));
}

void sm_end(struct card *card)
{
    if (!sm_is_open(card))
        return;
    session_drop_secret(card, HELD_CHANNEL);
    if (card->session.protected_login) /* LOGIN_AFTER_CHANNEL in choices.h */
        session_end(card);
}

/* --- Commands --- */

/* Refuses and records a message that does not verify on an open channel, and ends the channel. */
static sw refuse(struct card *card, struct call *c, int result)
{
    sw s = result == CHANNEL_UNPROTECTED ? SW_UNPROTECTED
           : result == CHANNEL_BROKEN    ? SW_BROKEN_CHANNEL
                                         : call_status(c, result);
    s = record_refusal(card, c, AUDIT_SECURE_CHANNEL, s);
    sm_end(card);
    return s;
}

sw sm_receive(struct card *card, struct call *c)
{
    if (!channel_protects(&c->apdu)) {
        sm_end(card);
        return SW_OK;
    }
    if (!sm_is_open(card))
        return CHOICE_NO_CHANNEL;
    struct writer plain = WRITER_OF(card->plain);
    int r = channel_open_command(channel_of(card), &c->apdu, &plain, &c->apdu);
    if (r) {
        write_trim(&plain, 0);
        return refuse(card, c, r);
    }
    c->channel.used = true;
    c->channel.state = *channel_of(card);
    c->channel.room = c->out.capacity;
    c->out.capacity = channel_answer_max(c->channel.room);
    return SW_OK;
}

/* --- Answers --- */

/* Whether the channel that is open now is the one that the command came through, and not a new one
 * that the command opened. */
static bool goes_on(const struct call *c)
{
    const struct card *card = c->card;
    return sm_is_open(card) && span_equal(secret_span(&card->secrets[HELD_CHANNEL]),
                                          span_of(&c->channel.state, sizeof c->channel.state));
}

static int seal(struct card *card, struct call *c, sw s)
{
    struct span data = written(&c->out);
    struct writer room = WRITER_OF(card->plain);
    struct writer answer = writer_of(c->out.at, c->channel.room);
    int r = channel_seal_answer(&c->channel.state, data, s.value, &room, &answer);
    if (!r && answer.full)
        r = failure(FAULT_LIBRARY, "a protected answer exceeds its room");
    c->out = answer;
    return r;
}

sw sm_send(struct card *card, struct call *c, sw s)
{
    if (c->channel.used) {
        bool same = goes_on(c);
        int r = seal(card, c, s);
        if (r) {
            write_trim(&c->out, 0);
            sm_end(card);
            s = call_status(c, r);
        } else if (same) {
            *channel_of(card) = c->channel.state;
        }
        secret_wipe(card->plain, sizeof card->plain);
    }
    return s;
}
