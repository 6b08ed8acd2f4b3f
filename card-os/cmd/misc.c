/* Commands that touch neither files nor keys. */
#include "card-os/cmd/cmd.h"

sw cmd_get_challenge(struct call *c)
{
    const struct env *env = c->card->env;
    size_t size = c->out.capacity;
    return call_status(c, env->random(env->context, write_room(&c->out, size), size));
}
