/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/binding.h"

#include "base/failure.h"
#include "card-os/staging.h"

int binding_keep(struct call *c)
{
    return c->binding.known ? held_want(c, HELD_BINDING, SPAN_OF(c->binding.key)) : 0;
}

bool binding_held(const struct call *c)
{
    return held_seen(c, HELD_BINDING).size;
}

/* What bytes are sealed for: a label, and the number of a key or the reference of a PIN. */
struct purpose {
    uint8_t bytes[32];
};

static struct span purpose_of(const char *label, uint8_t number, struct purpose *purpose)
{
    struct writer out = WRITER_OF(purpose->bytes);
    write_text(&out, label);
    write_u8(&out, number);
    return written(&out);
}

static const char key_label[] = "glasshsm 2 bound key", pin_label[] = "glasshsm 2 binding";

void binding_seal(const struct call *c, uint8_t id, struct span material, struct writer *out)
{
    struct purpose purpose;
    store_wrap(held_seen(c, HELD_BINDING).at, purpose_of(key_label, id, &purpose), material, out);
}

int binding_open(const struct call *c, uint8_t id, struct span sealed, struct writer *out_material)
{
    struct purpose purpose;
    if (!binding_held(c))
        return BINDING_ABSENT;
    if (store_unwrap(held_seen(c, HELD_BINDING).at, purpose_of(key_label, id, &purpose), sealed,
                     out_material))
        return failure(FAULT_BROKEN, "key %02X is not bound to this PIN", id);
    return 0;
}

void binding_wrap(const uint8_t pin_key[WRAP_KEY_SIZE], uint8_t reference,
                  const uint8_t key[BINDING_SIZE], uint8_t out[BINDING_WRAPPED_SIZE])
{
    struct purpose purpose;
    struct writer wrapped = writer_of(out, BINDING_WRAPPED_SIZE);
    store_wrap(pin_key, purpose_of(pin_label, reference, &purpose), span_of(key, BINDING_SIZE),
               &wrapped);
}

int binding_unwrap(const uint8_t pin_key[WRAP_KEY_SIZE], uint8_t reference,
                   const uint8_t wrapped[BINDING_WRAPPED_SIZE], uint8_t out[BINDING_SIZE])
{
    struct purpose purpose;
    struct writer key = writer_of(out, BINDING_SIZE);
    if (store_unwrap(pin_key, purpose_of(pin_label, reference, &purpose),
                     span_of(wrapped, BINDING_WRAPPED_SIZE), &key))
        return failure(FAULT_BROKEN, "the binding key is not wrapped for PIN %02X", reference);
    return 0;
}
