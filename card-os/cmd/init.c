/* SPDX-License-Identifier: Apache-2.0 */
/* INITIALIZE DEVICE (protocol.md section 4): erases keys, files and PINs, and sets PINs and
 * options. */
#include "base/tlv.h"
#include "card-os/binding.h"
#include "card-os/call.h"
#include "card-os/choices.h"
#include "card-os/cmd/cmd.h"
#include "card-os/custodians.h"
#include "card-os/device.h"
#include "card-os/domain.h"
#include "card-os/keys.h"
#include "card-os/pin.h"
#include "card-os/staging.h"

/* Options that this card enforces; it refuses all others. */
#define OPTIONS_KNOWN                                                                              \
    (OPTION_RESET_COUNTER | OPTION_KEEP_PIN | OPTIONS_OF_PIN | OPTION_REPLACE_KEY | OPTION_COMBINED)
#define OPTIONS_OF_PIN (OPTION_TRANSPORT_PIN | OPTION_SESSION_PIN)

struct wishes {
    uint16_t options;
    struct span user_pin, officer_pin;
    uint8_t tries;
    struct span shares, domains; /* DO 92, 97; at is NULL when absent */
    struct custody custody;      /* DO 93 */
};

static struct custody read_custody(struct span value)
{
    struct reader in = reader_of(value);
    struct custody custody = { .total = read_u8(&in) };
    custody.required = read_u8(&in);
    return custody;
}

/* Which of the options make sense only with custodians. */
static uint16_t options_of_custody(uint16_t options)
{
    return options &
           (options & OPTION_SESSION_PIN ? OPTION_COMBINED : OPTION_COMBINED | OPTION_REPLACE_KEY);
}

/* Whether the values make sense, each and together; read_wishes() has checked their sizes. A user
 * PIN may be missing only where there are custodians who open the device without it. */
static bool sensible(const struct wishes *wishes)
{
    const struct custody *custody = &wishes->custody;
    bool enough = custody->required >= 1 && custody->required <= custody->total &&
                  custody->total <= CUSTODIANS_MAX;
    bool no_slots = wishes->domains.at && span_is_zero(wishes->domains);
    return wishes->tries >= 1 && wishes->tries <= USER_TRIES_MAX &&
           !(wishes->shares.at && wishes->domains.at) && !no_slots &&
           (wishes->user_pin.at || !(wishes->options & (OPTIONS_OF_PIN | OPTION_COMBINED))) &&
           (custody->total ? enough : wishes->user_pin.at && !options_of_custody(wishes->options));
}

static bool read_wishes(struct call *c, struct wishes *out)
{
    struct reader in = call_data(c);
    struct span options, tries, custody;
    tlv_read_members(&in, { 0x80, 2, 2, true, &options },
                     { 0x81, PIN_MIN, PIN_MAX, false, &out->user_pin },
                     { 0x82, OFFICER_PIN_SIZE, OFFICER_PIN_SIZE, true, &out->officer_pin },
                     { 0x91, 1, 1, true, &tries }, { 0x92, 1, 1, false, &out->shares },
                     { 0x93, 2, 2, false, &custody }, { 0x97, 1, 1, false, &out->domains });
    if (!read_finished(&in))
        return false;
    out->options = (uint16_t)tlv_number(&in, options);
    out->tries = (uint8_t)tlv_number(&in, tries);
    out->custody = read_custody(custody);
    return sensible(out) && !(custody.at && !out->custody.total);
}

/* Whether the host names an applet that compares fingerprints or faces (DO 95, 96). This card has
 * none, and says so. */
static bool names_matcher(const struct call *c)
{
    static const uint8_t tags[] = { 0x95, 0x96 };
    struct reader in = call_data(c);
    struct span ignored;
    for (size_t i = 0; i < sizeof tags; i++)
        if (tlv_find(&in, tags[i], &ignored))
            return true;
    return false;
}

static bool asks_for_more(struct call *c, const struct wishes *wishes)
{
    return wishes->options & ~OPTIONS_KNOWN || (c->card->env->pin_bound && !wishes->user_pin.at);
}

/* The first INITIALIZE sets the SO-PIN; for later ones it must be right. */
static sw check_officer(struct call *c, const struct wishes *wishes)
{
    int r = pin_exists(c, PIN_OFFICER);
    if (r == STORE_ABSENT)
        return call_status(c, call_begin(c));
    return r ? call_status(c, r) : pin_verify(c, PIN_OFFICER, wishes->officer_pin);
}

/* DO 92: makes one domain. DO 97: makes slots for domains that the user makes. Neither: no key can
 * leave the device. */
static int set_up_domains(struct call *c, const struct wishes *wishes)
{
    struct reader in = reader_of(wishes->shares.at ? wishes->shares : wishes->domains);
    uint8_t number = read_u8(&in);
    struct device_domains domains = { .slots = wishes->shares.at ? 1 : number,
                                      .fixed = wishes->shares.at };
    int r = device_set_domains(c->card->env->store, domains);
    if (r || !domains.fixed)
        return r;
    SCOPED(domain_wipe) struct domain domain = { 0 };
    return domain_create(c->card->env, 0, number, &domain);
}

/* Makes a new binding key, in place of that of the erased device which the SO-PIN has given the
 * call. */
static int make_binding(struct call *c)
{
    const struct env *env = c->card->env;
    c->binding.known = env->pin_bound;
    return env->pin_bound ? env->random(env->context, c->binding.key, BINDING_SIZE) : 0;
}

static int set_up(struct call *c, const struct wishes *wishes)
{
    int r = device_erase(c);
    if (!r)
        r = make_binding(c);
    if (!r && wishes->user_pin.at)
        r = pin_set(c, PIN_USER, wishes->user_pin, wishes->tries);
    if (!r)
        r = pin_set(c, PIN_OFFICER, wishes->officer_pin, OFFICER_TRIES);
    if (!r)
        r = device_set_options(c->card->env->store, wishes->options);
    if (!r)
        r = pin_set_transport(c, wishes->options & OPTION_TRANSPORT_PIN);
    if (!r)
        r = custody_set(c->card->env->store, wishes->custody);
    if (!r)
        r = set_up_domains(c, wishes);
    return r;
}

/* INITIALIZE logs the user in: hosts then write the label and register custodians without
 * VERIFY. */
static int begin_session(struct call *c)
{
    session_want_new(c);
    held_drop(c, HELD_SESSION_PIN);
    session_logging_in(c)->user = true;
    session_logging_in(c)->pin = true;
    return binding_keep(c);
}

sw cmd_initialize(struct call *c)
{
    struct wishes wishes = { 0 };
    if (!read_wishes(c, &wishes))
        return SW_WRONG_DATA;
    if (asks_for_more(c, &wishes))
        return CHOICE_UNKNOWN_OPTION;
    if (names_matcher(c))
        return SW_NOT_FOUND;
    sw s = check_officer(c, &wishes);
    if (!sw_ok(s))
        return s;
    s = call_status(c, set_up(c, &wishes));
    if (sw_ok(s)) {
        c->record.object = wishes.options;
        s = call_status(c, begin_session(c));
    }
    return s;
}
