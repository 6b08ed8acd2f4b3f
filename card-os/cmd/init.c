/* INITIALIZE DEVICE (protocol.md section 4): a device without keys, with these PINs. */
#include "base/tlv.h"
#include "card-os/choices.h"
#include "card-os/cmd/cmd.h"
#include "card-os/device.h"
#include "card-os/keys.h"
#include "card-os/pin.h"

/* Those that are enforced; the others are refused until they are. */
#define OPTIONS_KNOWN (OPTION_RESET_COUNTER | OPTION_KEEP_PIN)

struct wishes {
    uint16_t options;
    struct span user_pin, officer_pin;
    uint8_t tries;
};

static bool read_wishes(struct call *c, struct wishes *out)
{
    struct reader in = call_data(c);
    struct span options, tries;
    tlv_read_members(&in, { 0x80, 2, 2, true, &options },
                     { 0x81, PIN_MIN, PIN_MAX, true, &out->user_pin },
                     { 0x82, OFFICER_PIN_SIZE, OFFICER_PIN_SIZE, true, &out->officer_pin },
                     { 0x91, 1, 1, true, &tries });
    out->options = (uint16_t)(options.at ? tlv_number(&in, options) : 0);
    out->tries = (uint8_t)(tries.at ? tlv_number(&in, tries) : 0);
    return read_finished(&in) && out->tries >= 1 && out->tries <= USER_TRIES_MAX;
}

/* Shares, domains, public-key authentication, biometrics: a device that cannot do them must not
 * seem to. */
static bool asks_for_more(struct call *c, const struct wishes *wishes)
{
    static const uint8_t tags[] = { 0x92, 0x93, 0x95, 0x96, 0x97 };
    struct reader in = call_data(c);
    struct span ignored;
    for (size_t i = 0; i < sizeof tags; i++)
        if (tlv_find(&in, tags[i], &ignored))
            return true;
    return wishes->options & ~OPTIONS_KNOWN;
}

/* The first INITIALIZE sets the SO-PIN; later ones must know it. */
static sw check_officer(struct call *c, const struct wishes *wishes)
{
    int r = pin_exists(c, PIN_OFFICER);
    if (r == STORE_ABSENT)
        return call_status(c, call_begin(c));
    return r ? call_status(c, r) : pin_verify(c, PIN_OFFICER, wishes->officer_pin);
}

static int set_up(struct call *c, const struct wishes *wishes)
{
    int r = device_erase(c->card);
    if (!r)
        r = pin_set(c, PIN_USER, wishes->user_pin, wishes->tries);
    if (!r)
        r = pin_set(c, PIN_OFFICER, wishes->officer_pin, OFFICER_TRIES);
    if (!r)
        r = device_set_options(c->card->env->store, wishes->options);
    return r;
}

sw cmd_initialize(struct call *c)
{
    struct wishes wishes = { 0 };
    if (!read_wishes(c, &wishes))
        return SW_WRONG_DATA;
    if (asks_for_more(c, &wishes))
        return CHOICE_UNKNOWN_OPTION;
    sw s = check_officer(c, &wishes);
    if (!sw_ok(s))
        return s;
    s = call_status(c, set_up(c, &wishes));
    if (sw_ok(s)) {
        c->record.object = wishes.options;
        card_reset(c->card);
        c->card->session.user = true; /* hosts write the label at once, without VERIFY */
    }
    return s;
}

/* Free memory, platform, version (protocol.md section 4, query form). Nothing of ours is as small
 * as a chip's memory; hosts are told what the real card told. */
sw cmd_device_facts(struct call *c)
{
    write_u32(&c->out, 0x00018000);
    write_span(&c->out, device_version);
    return SW_OK;
}
