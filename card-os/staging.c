/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/staging.h"

#include <string.h>

#include "base/secret.h"
#include "card-os/session.h"

const struct session *session_seen(const struct call *c)
{
    return c->staged.session_changed ? &c->staged.session : &c->card->session;
}

struct session *session_wanted(struct call *c)
{
    if (!c->staged.session_changed)
        c->staged.session = c->card->session;
    c->staged.session_changed = true;
    return &c->staged.session;
}

void session_want_new(struct call *c)
{
    *session_wanted(c) = (struct session){ 0 };
    held_drop(c, HELD_BINDING);
}

struct session *session_logging_in(struct call *c)
{
    struct session *session = session_wanted(c);
    session->protected_login |= c->channel.used;
    return session;
}

struct session *session_losing(struct call *c)
{
    c->staged.loses = true;
    return session_wanted(c);
}

/* --- Secrets --- */

struct span held_seen(const struct call *c, enum held_secret which)
{
    const struct staged_secret *staged = &c->staged.secrets[which];
    return secret_span(staged->changed ? &staged->value : &c->card->secrets[which]);
}

int held_want(struct call *c, enum held_secret which, struct span bytes)
{
    struct secret value = { 0 };
    int r = secret_init(&value, bytes.size);
    if (r)
        return r;
    struct writer out = writer_of(value.at, value.size);
    write_span(&out, bytes);
    held_drop(c, which);
    c->staged.secrets[which] = (struct staged_secret){ true, value };
    return 0;
}

void held_drop(struct call *c, enum held_secret which)
{
    struct staged_secret *staged = &c->staged.secrets[which];
    secret_deinit(&staged->value);
    staged->changed = c->card->secrets[which].at;
}

/* --- The end of the command --- */

static void take_secret(struct card *card, enum held_secret which, struct staged_secret *staged)
{
    if (!staged->changed)
        return;
    session_drop_secret(card, which);
    card->secrets[which] = staged->value;
    *staged = (struct staged_secret){ 0 };
}

void staging_take_over(struct card *card, struct staged *staged)
{
    if (staged->session_changed)
        card->session = staged->session;
    for (int i = 0; i < HELD_SECRETS; i++)
        take_secret(card, (enum held_secret)i, &staged->secrets[i]);
    secret_wipe(&staged->session, sizeof staged->session);
}

/* Takes over only what the staged session lacks: what is false in the card's session stays
 * false. */
static void take_loss(struct card *card, const struct session *wanted)
{
    card->session.user &= wanted->user;
    card->session.pin &= wanted->pin;
    card->session.officer &= wanted->officer;
    card->session.channel_chosen &= wanted->channel_chosen;
    if (wanted->custodian == NO_CUSTODIAN)
        card->session.custodian = NO_CUSTODIAN;
    if (!wanted->chosen.name_size)
        card->session.chosen = wanted->chosen;
    session_drop_unverified(card);
}

void staging_forget(struct card *card, struct staged *staged)
{
    if (staged->loses)
        take_loss(card, &staged->session);
    for (int i = 0; i < HELD_SECRETS; i++)
        secret_deinit(&staged->secrets[i].value);
    secret_wipe(staged, sizeof *staged);
}
