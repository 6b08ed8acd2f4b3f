#include "card-os/sm.h"

#include "base/failure.h"
#include "card-os/choices.h"
#include "card-os/dispatch.h"

static struct channel *channel_of(const struct card *card)
{
    return (void *)card->channel.at;
}

int sm_begin(struct card *card, const struct channel *channel)
{
    int r = sm_is_open(card) ? 0 : secret_init(&card->channel, sizeof *channel);
    if (!r)
        *channel_of(card) = *channel;
    return r;
}

void sm_end(struct card *card)
{
    if (!sm_is_open(card))
        return;
    secret_deinit(&card->channel);
    if (card->session.protected_login && !sw_ok(CHOICE_LOGIN_AFTER_CHANNEL))
        card_end_session(card);
}

/* --- Commands --- */

/* A message that does not verify, while the channel was open: recorded, for somebody tried. */
static sw refuse(struct call *c, int result)
{
    sw s = result < 0                      ? call_status(c, result)
           : result == CHANNEL_UNPROTECTED ? SW_UNPROTECTED
                                           : SW_BROKEN_CHANNEL;
    s = dispatch_refuse(c, AUDIT_SECURE_CHANNEL, s);
    sm_end(c->card);
    return s;
}

sw sm_receive(struct call *c)
{
    struct card *card = c->card;
    if (!channel_protects(&c->apdu)) {
        sm_end(c->card);
        return SW_OK;
    }
    if (!sm_is_open(card))
        return CHOICE_NO_CHANNEL;
    struct writer plain = WRITER_OF(card->plain);
    int r = channel_open_command(channel_of(card), &c->apdu, &plain, &c->apdu);
    if (r) {
        write_trim(&plain, 0);
        return refuse(c, r);
    }
    c->protected = true;
    c->channel = *channel_of(card);
    c->out.capacity -= CHANNEL_OVERHEAD;
    return SW_OK;
}

/* --- Answers --- */

static bool logs_in(enum audit_action action)
{
    return action == AUDIT_USER_LOGIN || action == AUDIT_SO_LOGIN ||
           action == AUDIT_CUSTODIAN_LOGIN || action == AUDIT_INITIALIZE;
}

/* Whether the open channel is the one through which the command came, and not one that it opened.
 */
static bool goes_on(const struct call *c)
{
    const struct card *card = c->card;
    return sm_is_open(card) && span_equal(span_of(card->channel.at, sizeof c->channel),
                                          span_of(&c->channel, sizeof c->channel));
}

static int seal(struct call *c, sw s)
{
    struct span data = written(&c->out);
    struct writer room = WRITER_OF(c->card->plain);
    struct writer answer = writer_of(c->out.at, c->out.capacity + CHANNEL_OVERHEAD);
    int r = channel_seal_answer(&c->channel, data, s.value, &room, &answer);
    if (!r && answer.full)
        r = failure(FAULT_LIBRARY, "a protected answer exceeds its room");
    c->out = answer;
    return r;
}

sw sm_send(struct call *c, sw s)
{
    struct card *card = c->card;
    if (c->protected) {
        bool same = goes_on(c);
        card->session.protected_login |= sw_ok(s) && logs_in(c->record.action);
        int r = seal(c, s);
        if (r) {
            write_trim(&c->out, 0);
            sm_end(card);
            s = call_status(c, r);
        } else if (same) {
            *channel_of(card) = c->channel;
        }
        secret_wipe(card->plain, sizeof card->plain);
    }
    return s;
}
