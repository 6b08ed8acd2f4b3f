/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/session.h"

void session_wipe_unused(struct card *card)
{
    for (size_t i = 0; i < COUNT_OF(card->work_files); i++)
        if (card->session.work_file != &card->work_files[i] && card->work_files[i].size)
            secret_wipe(&card->work_files[i], sizeof card->work_files[i]);
}

/* How long the card holds a secret, and what goes with it. */
static const struct {
    bool needs_pin;      /* held while the user PIN is verified, and no longer */
    bool made_keys_live; /* keys were opened with it */
} lives[HELD_SECRETS] = {
    [HELD_BINDING] = { .needs_pin = true, .made_keys_live = true },
};

void session_drop_secret(struct card *card, enum held_secret which)
{
    if (card->secrets[which].at && lives[which].made_keys_live)
        live_keys_drop_all(&card->live);
    secret_deinit(&card->secrets[which]);
}

void session_drop_unverified(struct card *card)
{
    for (int i = 0; i < HELD_SECRETS && !card->session.pin; i++)
        if (lives[i].needs_pin)
            session_drop_secret(card, (enum held_secret)i);
}

void session_forget_holders(struct card *card)
{
    card->session.chosen = (struct holder){ 0 };
    card->session.holder_count = 0;
}

void session_end(struct card *card)
{
    secret_wipe(&card->session, sizeof card->session);
    session_drop_unverified(card);
    session_wipe_unused(card);
}
