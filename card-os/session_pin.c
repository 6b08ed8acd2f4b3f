#include "card-os/session_pin.h"

#include <string.h>

#include "card-os/binding.h"
#include "card-os/device.h"

struct session_pin {
    uint8_t digits[SESSION_PIN_SIZE];
    bool stays; /* over a reset */
    bool bound;
    uint8_t binding[BINDING_SIZE];
};

static struct session_pin *held(const struct card *card)
{
    return (void *)card->session_pin.at;
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

int session_pin_make(struct call *c, struct writer *out)
{
    struct card *card = c->card;
    uint16_t options = 0;
    SCOPED_SECRET(digits, SESSION_PIN_SIZE);
    int r = device_options(card->env->store, &options);
    if (!r)
        r = make_digits(card->env, digits);
    if (!r && !held(card))
        r = secret_init(&card->session_pin, sizeof(struct session_pin));
    if (r)
        return r;
    memcpy(held(card)->digits, digits, SESSION_PIN_SIZE);
    held(card)->stays = options & OPTION_CLEARED_PIN;
    held(card)->bound = binding_held(card);
    if (held(card)->bound)
        memcpy(held(card)->binding, card->binding.at, BINDING_SIZE);
    write_span(out, SPAN_OF(held(card)->digits));
    return 0;
}

bool session_pin_matches(struct call *c, struct span candidate)
{
    const struct session_pin *pin = held(c->card);
    if (!pin || !span_equal(candidate, SPAN_OF(pin->digits)))
        return false;
    c->bound = pin->bound;
    if (pin->bound)
        memcpy(c->binding, pin->binding, BINDING_SIZE);
    return true;
}

void session_pin_forget(struct card *card)
{
    secret_deinit(&card->session_pin);
}

void session_pin_reset(struct card *card)
{
    if (held(card) && !held(card)->stays)
        session_pin_forget(card);
}
