/* SPDX-License-Identifier: Apache-2.0 */
/* PINs and INITIALIZE (protocol.md sections 3 and 4). */
#include <string.h>

#include "base/tlv.h"
#include "tests/model/model.h"

enum option {
    RESETS = 0x01,
    TRANSPORT = 0x02,
    SESSION = 0x04,
    REPLACES = 0x08, /* beside SESSION: session PINs stay until they are cleared */
    BOTH = 0x10,
    KEEPS_PIN = 0x20,
    KNOWN = 0x3F,
};

void set_pin(struct model *m, struct pin_state *pin, struct span value, uint8_t tries)
{
    *pin = (struct pin_state){
        .exists = true, .size = (uint8_t)value.size, .left = tries, .tries = tries
    };
    memcpy(pin->value, value.at, value.size);
    if (pin == &m->user)
        m->session_pin = false;
}

uint16_t try_pin(struct pin_state *pin, struct span candidate)
{
    if (!pin->exists)
        return 0x6A88;
    if (!pin->left)
        return 0x6983;
    pin->left--;
    if (!span_equal(candidate, span_of(pin->value, pin->size)))
        return pin->left ? (uint16_t)(0x63C0 | pin->left) : 0x6983;
    pin->left = pin->tries;
    return 0x9000;
}

/* --- VERIFY --- */

static uint16_t try_user(struct model *m, struct span candidate)
{
    if (!m->user.exists)
        return 0x6A88;
    if (!m->user.left)
        return 0x6983;
    if (m->transport)
        return 0x6984;
    if (m->session_pin && span_equal(candidate, SPAN_OF(m->session_digits)))
        return 0x9000;
    return try_pin(&m->user, candidate);
}

/* Whatever it was that failed, the PIN counts as not verified from now on. */
static uint16_t user_tried(struct model *m, uint16_t status)
{
    m->session.pin = status == 0x9000;
    log_in(m);
    return status;
}

uint16_t on_verify_user(struct turn *t)
{
    return user_tried(t->m, try_user(t->m, t->data));
}

uint16_t on_verify_officer(struct turn *t)
{
    uint16_t status = try_pin(&t->m->officer, t->data);
    t->m->session.officer = status == 0x9000;
    return status;
}

uint16_t on_biometric(struct turn *t)
{
    (void)t;
    return 0x6A88;
}

static uint16_t query(const struct model *m, const struct pin_state *pin, bool in, bool transport)
{
    if (!pin->exists)
        return in ? 0x9000 : m->total ? 0x63C0 : 0x6A88;
    if (transport && pin->left)
        return 0x6984;
    if (in)
        return 0x9000;
    return pin->left ? (uint16_t)(0x63C0 | pin->left) : 0x6983;
}

uint16_t on_user_query(struct turn *t)
{
    const struct session_state *session = &t->m->session;
    return query(t->m, &t->m->user, session->user || session->pin, t->m->transport);
}

uint16_t on_officer_query(struct turn *t)
{
    return query(t->m, &t->m->officer, t->m->session.officer, false);
}

/* --- CHANGE --- */

static uint16_t change(struct model *m, struct pin_state *pin, struct span data, size_t min,
                       size_t max)
{
    struct span old = span_part(data, 0, pin->size);
    struct span fresh = span_part(data, pin->size, data.size);
    uint16_t status = try_pin(pin, old);
    if (status != 0x9000)
        return status;
    if (fresh.size < min || fresh.size > max)
        return 0x6A80;
    set_pin(m, pin, fresh, pin->tries);
    return 0x9000;
}

/* Success logs neither in nor out. */
uint16_t on_change_user(struct turn *t)
{
    struct model *m = t->m;
    uint16_t status = change(m, &m->user, t->data, 6, 16);
    if (status != 0x9000)
        return user_tried(m, status);
    m->transport = false;
    return status;
}

uint16_t on_change_officer(struct turn *t)
{
    uint16_t status = change(t->m, &t->m->officer, t->data, 8, 8);
    if (status != 0x9000)
        t->m->session.officer = false;
    return status;
}

/* --- RESET RETRY COUNTER --- */

static bool may_reset(const struct model *m, bool pin)
{
    return m->options & RESETS && !(pin && m->options & KEEPS_PIN);
}

static uint16_t give_back(struct model *m)
{
    if (!m->user.exists)
        return 0x6A88;
    m->user.left = m->user.tries;
    return 0x9000;
}

static uint16_t give_new(struct model *m, struct span value)
{
    if (!m->user.exists)
        return 0x6A88;
    set_pin(m, &m->user, value, m->user.tries);
    return 0x9000;
}

uint16_t on_reset_pin(struct turn *t)
{
    if (!may_reset(t->m, true))
        return 0x6985;
    uint16_t status = try_pin(&t->m->officer, span_part(t->data, 0, 8));
    return status == 0x9000 ? give_new(t->m, span_part(t->data, 8, t->data.size)) : status;
}

uint16_t on_reset_counter(struct turn *t)
{
    if (!may_reset(t->m, false))
        return 0x6985;
    uint16_t status = try_pin(&t->m->officer, t->data);
    return status == 0x9000 ? give_back(t->m) : status;
}

uint16_t on_officer_resets_pin(struct turn *t)
{
    if (!may_reset(t->m, true))
        return 0x6985;
    return t->m->session.officer ? give_new(t->m, t->data) : 0x6982;
}

uint16_t on_officer_resets_counter(struct turn *t)
{
    if (!may_reset(t->m, false))
        return 0x6985;
    return t->m->session.officer ? give_back(t->m) : 0x6982;
}

/* --- Session PINs --- */

static const char *learn_session_pin(struct turn *t, struct span data)
{
    struct model *m = t->m;
    for (size_t i = 0; i < data.size; i++)
        if (data.at[i] < '0' || data.at[i] > '9')
            return "a session PIN has digits alone";
    return span_copy(data, m->session_digits, sizeof m->session_digits)
               ? NULL
               : "a session PIN has eight digits";
}

uint16_t on_make_session_pin(struct turn *t)
{
    struct model *m = t->m;
    if (!(m->options & SESSION))
        return 0x6D00;
    if (!m->session.pin || !m->session.user || !t->sealed)
        return 0x6982;
    m->session_pin = true;
    m->session_pin_stays = m->options & REPLACES;
    t->judge = learn_session_pin;
    return 0x9000;
}

uint16_t on_clear_session_pin(struct turn *t)
{
    struct model *m = t->m;
    if (!(m->options & SESSION) || !(m->options & REPLACES))
        return 0x6D00;
    if (!m->session.user)
        return 0x6982;
    m->session_pin = false;
    return 0x9000;
}

/* --- INITIALIZE --- */

struct wish {
    bool there;
    struct span value;
};

/* Each object once, with its length; 95 and 96 (biometrics) cannot be had. */
static bool read_wishes(struct span data, struct wish wishes[256])
{
    static const struct {
        uint8_t tag, min, max;
    } sizes[] = { { 0x80, 2, 2 }, { 0x81, 6, 16 }, { 0x82, 8, 8 }, { 0x91, 1, 1 },
                  { 0x92, 1, 1 }, { 0x93, 2, 2 },  { 0x97, 1, 1 } };
    struct reader in = reader_of(data);
    while (read_left(&in)) {
        struct tlv object = tlv_read(&in);
        for (size_t i = 0; i < COUNT_OF(sizes); i++)
            if (object.tag == sizes[i].tag &&
                (wishes[object.tag].there || object.value.size < sizes[i].min ||
                 object.value.size > sizes[i].max))
                return false;
        if (read_failed(&in))
            return false;
        if (object.tag < 256)
            wishes[object.tag] = (struct wish){ true, object.value };
    }
    return wishes[0x80].there && wishes[0x82].there && wishes[0x91].there;
}

static unsigned number(const struct wish *wish, size_t at)
{
    return wish->there ? wish->value.at[at] : 0;
}

static bool custodians_make_sense(const struct wish wishes[256], unsigned options)
{
    unsigned total = number(&wishes[0x93], 0), required = number(&wishes[0x93], 1);
    if (wishes[0x93].there)
        return required >= 1 && required <= total && total <= PLACES_MAX;
    bool about_custodians = options & BOTH || (options & REPLACES && !(options & SESSION));
    return wishes[0x81].there && !about_custodians;
}

static bool make_sense(const struct wish wishes[256])
{
    unsigned tries = number(&wishes[0x91], 0);
    unsigned options = number(&wishes[0x80], 0) << 8 | number(&wishes[0x80], 1);
    bool about_pin = options & (TRANSPORT | SESSION | BOTH);
    bool domains = wishes[0x97].there;
    return tries >= 1 && tries <= 10 && !(wishes[0x92].there && domains) &&
           !(domains && !number(&wishes[0x97], 0)) && (wishes[0x81].there || !about_pin) &&
           custodians_make_sense(wishes, options) && !(options & ~(unsigned)KNOWN);
}

static void erase(struct model *m)
{
    for (size_t i = 1; i < KEYS; i++)
        drop_key(&m->keys[i]);
    forget_files(m);
    put_file(m, 0x2F02, span_of(m->chain, m->chain_size));
    put_file(m, 0x2F03, span_of(m->token_info, m->token_info_size));
    memset(m->domains, 0, sizeof m->domains);
    for (size_t i = 0; i < PLACES_MAX; i++)
        m->places[i] = -1;
    m->user = m->officer = (struct pin_state){ 0 };
    m->session_pin = false;
}

static void obey(struct model *m, const struct wish wishes[256])
{
    m->initialised = true;
    m->options = (uint16_t)(number(&wishes[0x80], 0) << 8 | number(&wishes[0x80], 1));
    m->transport = m->options & TRANSPORT;
    if (wishes[0x81].there)
        set_pin(m, &m->user, wishes[0x81].value, (uint8_t)number(&wishes[0x91], 0));
    set_pin(m, &m->officer, wishes[0x82].value, 15);
    m->total = (uint8_t)number(&wishes[0x93], 0);
    m->required = (uint8_t)number(&wishes[0x93], wishes[0x93].there);
    m->fixed_domain = wishes[0x92].there;
    m->slots = m->fixed_domain ? 1 : number(&wishes[0x97], 0);
    if (m->fixed_domain)
        create_domain(m, 0, (uint8_t)number(&wishes[0x92], 0));
}

uint16_t on_initialize(struct turn *t)
{
    struct wish wishes[256] = { 0 };
    struct model *m = t->m;
    if (!read_wishes(t->data, wishes) || !make_sense(wishes))
        return 0x6A80;
    if (wishes[0x95].there || wishes[0x96].there)
        return 0x6A88;
    uint16_t status = m->officer.exists ? try_pin(&m->officer, wishes[0x82].value) : 0x9000;
    if (status != 0x9000)
        return status;
    erase(m);
    obey(m, wishes);
    end_session(m);
    m->session.user = m->session.pin = true;
    return status;
}

uint16_t on_device_facts(struct turn *t)
{
    static const uint8_t facts[] = { 0, 1, 0x80, 0, 6, 4, 1 };
    t->wants = true;
    write_span(&t->want, SPAN_OF(facts));
    return 0x9000;
}
