/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/session_pin.h"

#include <string.h>

#include "card-os/binding.h"
#include "card-os/device.h"
#include "card-os/staging.h"

struct session_pin {
    uint8_t digits[SESSION_PIN_SIZE];
    bool stays; /* over a reset */
    bool bound;
    uint8_t binding[BINDING_SIZE];
};

static const struct session_pin *read(struct span held)
{
    return (const void *)held.at;
}

static void pin_wipe(struct session_pin *pin)
{
    secret_wipe(pin, sizeof *pin);
}

/* 250 is the largest multiple of ten that a byte holds: no digit is likelier than another. */
static int make_digits(const struct env *env, uint8_t out[SESSION_PIN_SIZE])
{
    for (size_t i = 0; i < SESSION_PIN_SIZE;) {
        uint8_t byte;
        int r = env->random(env->context, &byte, 1);
        if (r)
            return r;
        if (byte < 250)
            out[i++] = (uint8_t)('0' + byte % 10);
    }
    return 0;
}

static void add_binding(const struct call *c, struct session_pin *pin)
{
    pin->bound =
        binding_held(c) && span_copy(held_seen(c, HELD_BINDING), pin->binding, BINDING_SIZE);
}

int session_pin_make(struct call *c, struct writer *out)
{
    const struct env *env = c->card->env;
    uint16_t options = 0;
    SCOPED(pin_wipe) struct session_pin pin = { 0 };
    int r = device_options(env->store, &options);
    if (!r)
        r = make_digits(env, pin.digits);
    pin.stays = options & OPTION_CLEARED_PIN;
    add_binding(c, &pin);
    if (!r)
        r = held_want(c, HELD_SESSION_PIN, span_of(&pin, sizeof pin));
    if (!r)
        write_span(out, SPAN_OF(pin.digits));
    return r;
}

bool session_pin_matches(struct call *c, struct span candidate)
{
    const struct session_pin *pin = read(held_seen(c, HELD_SESSION_PIN));
    if (!pin || !span_equal(candidate, SPAN_OF(pin->digits)))
        return false;
    c->binding.known = pin->bound;
    if (pin->bound)
        memcpy(c->binding.key, pin->binding, BINDING_SIZE);
    return true;
}

bool session_pin_stays(const struct card *card)
{
    const struct session_pin *pin = read(secret_span(&card->secrets[HELD_SESSION_PIN]));
    return pin && pin->stays;
}
