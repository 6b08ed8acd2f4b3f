#include "card-os/session.h"

void session_wipe_unused(struct card *card)
{
    for (size_t i = 0; i < COUNT_OF(card->work_files); i++)
        if (card->session.work_file != &card->work_files[i] && card->work_files[i].size)
            secret_wipe(&card->work_files[i], sizeof card->work_files[i]);
}

void session_forget_binding(struct card *card)
{
    if (!card->secrets[HELD_BINDING].at)
        return;
    secret_deinit(&card->secrets[HELD_BINDING]);
    live_keys_drop_all(&card->live);
}

void session_end(struct card *card)
{
    secret_wipe(&card->session, sizeof card->session);
    session_forget_binding(card);
    session_wipe_unused(card);
}
