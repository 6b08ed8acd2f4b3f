/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that touch neither files nor keys. */
#include "card-os/call.h"
#include "card-os/cmd/cmd.h"
#include "card-os/staging.h"

/* Keeps a challenge for EXTERNAL AUTHENTICATE; hosts ask for eight bytes for that. */
static void remember_challenge(struct session *session, struct span challenge)
{
    struct writer remembered = WRITER_OF(session->challenge);
    if (challenge.size >= CHALLENGE_MIN)
        write_span(&remembered, challenge);
    session->challenge_size = (uint8_t)remembered.size;
}

sw cmd_get_challenge(struct call *c)
{
    const struct env *env = c->card->env;
    size_t size = c->out.capacity;
    int r = env->random(env->context, write_room(&c->out, size), size);
    if (!r)
        remember_challenge(session_wanted(c), written(&c->out));
    return call_status(c, r);
}
