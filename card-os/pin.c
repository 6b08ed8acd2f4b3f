/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/pin.h"

#include "base/failure.h"
#include "card-os/binding.h"
#include "card-os/call.h"
#include "card-os/choices.h"
#include "card-os/custodians.h"
#include "card-os/device.h"
#include "card-os/session_pin.h"
#include "card-os/staging.h"

enum { PIN_FORMAT = 1, PIN_FORMAT_BOUND = 2 };

/* A stored PIN: format, tries left, tries after success, length, salt, verifier; and where keys are
 * bound to PINs the wrapped binding key. The length is needed for CHANGE REFERENCE DATA, where the
 * new PIN follows the old one directly. */
struct pin {
    uint8_t left, tries, length;
    uint8_t salt[PIN_SALT_SIZE];
    uint8_t verifier[PIN_VERIFIER_SIZE];
    bool bound;
    uint8_t wrapped[BINDING_WRAPPED_SIZE];
};
#define PIN_STORED_SIZE (4 + PIN_SALT_SIZE + PIN_VERIFIER_SIZE + BINDING_WRAPPED_SIZE)

static int pin_load(struct call *c, enum pin_reference reference, struct pin *out)
{
    SCOPED_SECRET(bytes, PIN_STORED_SIZE);
    struct writer stored = WRITER_OF(bytes);
    int r = store_get(c->card->env->store, OBJECT_PIN, reference, &stored);
    if (r)
        return r;

    struct reader in = reader_of(written(&stored));
    uint8_t format = read_u8(&in);
    out->left = read_u8(&in);
    out->tries = read_u8(&in);
    out->length = read_u8(&in);
    bool good = span_copy(read_span(&in, PIN_SALT_SIZE), out->salt, PIN_SALT_SIZE) &&
                span_copy(read_span(&in, PIN_VERIFIER_SIZE), out->verifier, PIN_VERIFIER_SIZE);
    out->bound = format == PIN_FORMAT_BOUND;
    if (out->bound)
        good &= span_copy(read_span(&in, BINDING_WRAPPED_SIZE), out->wrapped, BINDING_WRAPPED_SIZE);
    if (!good || (format != PIN_FORMAT && !out->bound) || !read_finished(&in))
        return failure(FAULT_BROKEN, "PIN %02X is stored in an unknown form", reference);
    return 0;
}

/* put: store_put(), or store_put_same_secret() where only the number of tries has changed. */
static int pin_save(struct call *c, enum pin_reference reference, const struct pin *pin,
                    int (*put)(struct store *, enum object_type, uint32_t, struct span))
{
    SCOPED_SECRET(bytes, PIN_STORED_SIZE);
    struct writer stored = WRITER_OF(bytes);
    write_u8(&stored, pin->bound ? PIN_FORMAT_BOUND : PIN_FORMAT);
    write_u8(&stored, pin->left);
    write_u8(&stored, pin->tries);
    write_u8(&stored, pin->length);
    write_span(&stored, SPAN_OF(pin->salt));
    write_span(&stored, SPAN_OF(pin->verifier));
    if (pin->bound)
        write_span(&stored, SPAN_OF(pin->wrapped));
    return stored.full ? failure(FAULT_LIBRARY, "PIN %02X exceeds its buffer", reference)
                       : put(c->card->env->store, OBJECT_PIN, reference, written(&stored));
}

static void pin_wipe(struct pin *pin)
{
    secret_wipe(pin, sizeof *pin);
}

/* Spends a try in a commit of its own: when this returns 0, the try is gone whatever happens
 * next. */
static int spend_try(struct call *c, enum pin_reference reference, struct pin *pin)
{
    struct store *store = c->card->env->store;
    pin->left--;
    int r = store_begin(store);
    if (!r && c->row->traits & ESSENTIAL)
        store_use_reserve(store, false);
    if (!r)
        r = pin_save(c, reference, pin, store_put_same_secret);
    if (!r)
        r = store_commit(store, false);
    c->spent.pin_try = !r;
    if (!r)
        return 0;
    store_rollback(store);
    return r;
}

/* Compares with a stretched verifier. A right PIN also gives the call the binding key. */
static int matches_bound(struct call *c, enum pin_reference reference, const struct pin *pin,
                         struct span candidate, bool *out)
{
    SCOPED_SECRET(stretched, STRETCHED_SIZE);
    struct store *store = c->card->env->store;
    int r = store_stretch_pin(store, (uint8_t)reference, pin->salt, candidate, stretched);
    if (r)
        return r;
    *out = span_equal(span_of(stretched, PIN_VERIFIER_SIZE), SPAN_OF(pin->verifier));
    if (!*out)
        return 0;
    r = binding_unwrap(stretched + PIN_VERIFIER_SIZE, (uint8_t)reference, pin->wrapped,
                       c->binding.key);
    c->binding.known = r == 0;
    return r;
}

/* Compares a PIN with the stored one, in constant time. */
static int matches(struct call *c, enum pin_reference reference, const struct pin *pin,
                   struct span candidate, bool *out)
{
    if (pin->bound)
        return matches_bound(c, reference, pin, candidate, out);
    SCOPED_SECRET(verifier, PIN_VERIFIER_SIZE);
    int r = store_pin_verifier(c->card->env->store, reference, pin->salt, candidate, verifier);
    if (!r)
        *out = span_equal(SPAN_OF(verifier), SPAN_OF(pin->verifier));
    return r;
}

/* The answer to a wrong guess. */
static sw wrong(const struct pin *pin)
{
    return pin->left ? sw_wrong_pin(pin->left) : CHOICE_LAST_TRY;
}

static int refund(struct call *c, uint8_t reference)
{
    return pin_refund(c, (enum pin_reference)reference);
}

sw pin_verify(struct call *c, enum pin_reference reference, struct span candidate)
{
    SCOPED(pin_wipe) struct pin pin = { 0 };
    int r = pin_load(c, reference, &pin);
    if (r)
        return call_status(c, r);
    if (pin.left == 0)
        return SW_BLOCKED;

    bool right = false;
    r = spend_try(c, reference, &pin);
    if (!r)
        r = matches(c, reference, &pin, candidate, &right);
    if (r)
        return call_status(c, r);
    if (!right)
        return wrong(&pin);

    c->spent.right_pin = true;
    c->spent.settle = refund;
    c->spent.id = (uint8_t)reference;
    c->record.role = reference == PIN_USER ? AUDIT_USER : AUDIT_OFFICER;
    return call_status(c, pin_refund(c, reference));
}

int pin_set_transport(struct call *c, bool transport)
{
    struct store *store = c->card->env->store;
    if (transport)
        return store_put(store, OBJECT_DEVICE, DEVICE_TRANSPORT_PIN, (struct span){ 0 });
    int r = store_delete(store, OBJECT_DEVICE, DEVICE_TRANSPORT_PIN);
    return r == STORE_ABSENT ? 0 : r;
}

static int is_transport(const struct call *c, bool *out)
{
    int r = store_has(c->card->env->store, OBJECT_DEVICE, DEVICE_TRANSPORT_PIN);
    *out = r == 0;
    return r == STORE_ABSENT ? 0 : r;
}

/* Whether VERIFY may use the PIN. Blocked (6983) comes before transport PIN (6984), since a blocked
 * transport PIN cannot be changed either. */
static sw usable(struct call *c, enum pin_reference reference, const struct pin *pin)
{
    if (pin->left == 0)
        return SW_BLOCKED;
    if (reference != PIN_USER)
        return SW_OK;
    bool transport = false;
    int r = is_transport(c, &transport);
    return r ? call_status(c, r) : transport ? SW_USED_UP : SW_OK;
}

sw pin_log_in(struct call *c, struct span candidate)
{
    SCOPED(pin_wipe) struct pin pin = { 0 };
    int r = pin_load(c, PIN_USER, &pin);
    sw s = r ? call_status(c, r) : usable(c, PIN_USER, &pin);
    if (!sw_ok(s))
        return s;
    if (!session_pin_matches(c, candidate))
        return pin_verify(c, PIN_USER, candidate);
    c->record.role = AUDIT_USER;
    return SW_OK;
}

int pin_refund(struct call *c, enum pin_reference reference)
{
    SCOPED(pin_wipe) struct pin pin = { 0 };
    int r = call_begin(c);
    if (!r)
        r = pin_load(c, reference, &pin);
    if (r)
        return r;
    pin.left = pin.tries;
    return pin_save(c, reference, &pin, store_put_same_secret);
}

int pin_replace(struct call *c, enum pin_reference reference, struct span value)
{
    SCOPED(pin_wipe) struct pin pin = { 0 };
    int r = pin_load(c, reference, &pin);
    return r ? r : pin_set(c, reference, value, pin.tries);
}

static bool may_be_pin(enum pin_reference reference, struct span value)
{
    if (reference == PIN_OFFICER)
        return value.size == OFFICER_PIN_SIZE;
    return value.size >= PIN_MIN && value.size <= PIN_MAX;
}

/* The new PIN is checked only after the old one was right: where the new one begins tells how long
 * the old one is. */
sw pin_change(struct call *c, enum pin_reference reference, struct span old_and_new)
{
    SCOPED(pin_wipe) struct pin pin = { 0 };
    int r = pin_load(c, reference, &pin);
    if (r)
        return call_status(c, r);
    struct span old = span_part(old_and_new, 0, pin.length);
    struct span fresh = span_part(old_and_new, pin.length, old_and_new.size);
    sw s = pin_verify(c, reference, old);
    if (!sw_ok(s))
        return s;
    if (!may_be_pin(reference, fresh))
        return SW_WRONG_DATA;
    bool stays = false;
    r = reference == PIN_USER && span_equal(old, fresh) ? is_transport(c, &stays) : 0;
    if (!r && stays)
        return SW_WRONG_DATA; /* a transport PIN must be changed to another */
    if (!r)
        r = pin_set(c, reference, fresh, pin.tries);
    if (!r && reference == PIN_USER)
        r = pin_set_transport(c, false);
    return call_status(c, r);
}

/* The answer where there is no PIN. On a device that only custodians open it is 63C0, "not logged
 * in": hosts understand nothing else there (protocol.md 16.1). */
static sw status_without_pin(struct call *c)
{
    struct custody custody;
    int r = custody_load(c->card->env->store, &custody);
    if (r)
        return call_status(c, r);
    return custody.total ? sw_wrong_pin(0) : SW_NOT_FOUND;
}

/* A transport PIN is reported (6984) even after INITIALIZE has logged in, since hosts ask with this
 * query what to do next. */
sw pin_status(struct call *c, enum pin_reference reference)
{
    const struct session *session = session_seen(c);
    bool in = reference == PIN_USER ? session->user || session->pin : session->officer;
    SCOPED(pin_wipe) struct pin pin = { 0 };
    int r = pin_load(c, reference, &pin);
    if (r == STORE_ABSENT)
        return in ? SW_OK : status_without_pin(c);
    if (r)
        return call_status(c, r);
    sw s = usable(c, reference, &pin);
    if (in && s.value != STATUS_USED_UP)
        return SW_OK;
    return sw_ok(s) ? sw_wrong_pin(pin.left) : s;
}

/* Makes the verifier of a new PIN; and where the call knows the binding key, wraps it for the
 * PIN. */
static int make_verifier(struct call *c, enum pin_reference reference, struct span value,
                         struct pin *pin)
{
    SCOPED_SECRET(stretched, STRETCHED_SIZE);
    struct store *store = c->card->env->store;
    if (!c->binding.known)
        return store_pin_verifier(store, (uint8_t)reference, pin->salt, value, pin->verifier);
    int r = store_stretch_pin(store, (uint8_t)reference, pin->salt, value, stretched);
    if (r)
        return r;
    pin->bound = true;
    binding_wrap(stretched + PIN_VERIFIER_SIZE, (uint8_t)reference, c->binding.key, pin->wrapped);
    return span_copy(span_of(stretched, PIN_VERIFIER_SIZE), pin->verifier, PIN_VERIFIER_SIZE)
               ? 0
               : FAULT_BROKEN;
}

int pin_set(struct call *c, enum pin_reference reference, struct span value, uint8_t tries)
{
    const struct env *env = c->card->env;
    SCOPED(pin_wipe) struct pin pin = { .left = tries, .tries = tries };
    pin.length = (uint8_t)value.size;
    int r = env->random(env->context, pin.salt, sizeof pin.salt);
    if (!r)
        r = make_verifier(c, reference, value, &pin);
    if (!r)
        r = pin_save(c, reference, &pin, store_put);
    if (!r && reference == PIN_USER)
        held_drop(c, HELD_SESSION_PIN);
    return r;
}

int pin_exists(struct call *c, enum pin_reference reference)
{
    return store_has(c->card->env->store, OBJECT_PIN, reference);
}

int pin_binds_keys(struct store *store, bool *out)
{
    SCOPED_SECRET(bytes, PIN_STORED_SIZE);
    struct writer stored = WRITER_OF(bytes);
    int r = store_get(store, OBJECT_PIN, PIN_USER, &stored);
    *out = r == 0 && bytes[0] == PIN_FORMAT_BOUND;
    return r == STORE_ABSENT ? 0 : r;
}
