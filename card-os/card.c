/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/card.h"

#include <string.h>

#include "base/secret.h"
#include "card-os/dispatch.h"
#include "card-os/event.h"
#include "card-os/session.h"
#include "card-os/session_pin.h"
#include "card-os/sm.h"
#include "card-os/strict.h"
#include "storage/audit.h"

/* TD1 offers T=1, without which hosts do not connect; the historical bytes announce extended
 * lengths. */
static const uint8_t atr[] = { 0x3B, 0xDE, 0x96, 0xFF, 0x81, 0x91, 0xFE, 0x1F,
                               0xC3, 0x80, 0x31, 0x81, 0x54, 0x48, 0x53, 0x4D,
                               0x31, 0x73, 0x80, 0x21, 0x40, 0x81, 0x07, 0x92 };
const struct span card_atr = { atr, sizeof atr };

static int record_power(const struct env *env, enum audit_action action)
{
    int r = store_begin(env->store);
    if (!r)
        store_use_reserve(env->store, false);
    if (!r && action == AUDIT_POWER_ON)
        r = audit_start_boot(env->store);
    if (!r)
        r = event_append_own(env, action);
    if (!r)
        return store_commit(env->store, true);
    store_rollback(env->store);
    return r;
}

int card_init(struct card *card, const struct env *env)
{
    /* What follows `scratch` is written before it is read. While it is not touched, the system
     * gives it no memory. */
    memset(card, 0, offsetof(struct card, scratch));
    int r = record_power(env, AUDIT_POWER_ON);
    if (!r)
        r = strict_power_on(card, env->store);
    if (!r)
        card->env = env;
    return r;
}

void card_deinit(struct card *card)
{
    if (!card->env)
        return;
    (void)!record_power(card->env, AUDIT_POWER_OFF); /* a power cut leaves the record out as well */
    card_reset(card);
    session_drop_secret(card, HELD_SESSION_PIN);
    live_keys_drop_all(&card->live);
    card->env = NULL;
}

void card_reset(struct card *card)
{
    session_end(card);
    session_drop_secret(card, HELD_CHANNEL);
    if (!session_pin_stays(card))
        session_drop_secret(card, HELD_SESSION_PIN);
}

static sw answer_command(struct card *card, struct call *c, struct span command)
{
    if (card->broken)
        return SW_BROKEN;
    if (!apdu_parse(command, &c->apdu)) {
        sm_end(card);
        return SW_WRONG_LENGTH;
    }
    sw s = sm_receive(card, c);
    return sw_ok(s) ? dispatch(card, c) : s;
}

static struct work_file *spare_of(struct card *card)
{
    return &card->work_files[card->session.work_file == &card->work_files[0]];
}

int card_transmit(struct card *card, struct span command, struct writer *answer)
{
    struct call c = { .card = card, .spare = spare_of(card), .live = &card->live };
    c.out = writer_of(answer->at + answer->size, answer->capacity - answer->size - 2);
    c.scratch = WRITER_OF(card->scratch);
    sw s = sm_send(card, &c, answer_command(card, &c, command));
    card->broken |= c.broken;
    session_wipe_unused(card);
    write_trim(&c.scratch, 0);
    secret_wipe(&c.binding, sizeof c.binding);
    channel_wipe(&c.channel.state);
    secret_wipe_stack(64 * 1024);
    answer->size += c.out.size;
    write_u16(answer, s.value);
    return c.fault;
}
