/* SPDX-License-Identifier: Apache-2.0 */
/* Public-key authentication, certificates, and the channel's beginning (protocol.md sections 10 and
 * 11). */
#include <stdlib.h>
#include <string.h>

#include "base/tlv.h"
#include "tests/model/model.h"

/* --- Whom to believe --- */

struct span model_name_of(const struct model *m, enum voucher holder)
{
    switch (holder) {
    case OWN_ISSUER:
        return SPAN_OF(m->issuer);
    case OWN_DEVICE:
        return SPAN_OF(m->name);
    case ITS_ROOT:
        return m->foreign->root;
    case ITS_ISSUER:
        return m->foreign->issuer;
    case ITS_DEVICE:
        return m->foreign->device;
    default:
        return (struct span){ 0 };
    }
}

/* The roots always, our own chain, and whom certificates have shown in this session. */
static bool is_known(const struct model *m, enum voucher holder)
{
    return holder <= ITS_ROOT ||
           memchr(m->session.holders, holder, sizeof m->session.holders) != NULL;
}

static bool read_reference(struct span data, struct span *out)
{
    struct reader in = reader_of(data);
    *out = tlv_expect(&in, 0x83);
    return read_finished(&in) && out->size && out->size <= HOLDER_MAX;
}

uint16_t on_choose_issuer(struct turn *t)
{
    struct span name;
    struct session_state *session = &t->m->session;
    if (!read_reference(t->data, &name))
        return 0x6A80;
    session->chosen_issuer = NOBODY;
    for (enum voucher i = OWN_ISSUER; i <= ITS_DEVICE; i++)
        if (is_known(t->m, i) && span_equal(name, model_name_of(t->m, i)))
            session->chosen_issuer = (uint8_t)i;
    return session->chosen_issuer ? 0x9000 : 0x6A88;
}

/* The last four are remembered. */
static void believe(struct session_state *session, enum voucher holder)
{
    for (size_t i = 0; i < sizeof session->holders; i++)
        if (!session->holders[i]) {
            session->holders[i] = (uint8_t)holder;
            return;
        }
    memmove(session->holders, session->holders + 1, sizeof session->holders - 1);
    session->holders[sizeof session->holders - 1] = (uint8_t)holder;
}

/* With the header 7F21 or without. */
static struct span read_certificate(struct span data)
{
    struct reader in = reader_of(data);
    if (!tlv_is_next(&in, 0x7F21))
        return data;
    struct span contents = tlv_expect(&in, 0x7F21);
    return read_finished(&in) ? contents : (struct span){ 0 };
}

uint16_t on_verify_certificate(struct turn *t)
{
    const struct foreign *foreign = t->m->foreign;
    struct span shown = read_certificate(t->data);
    uint8_t chosen = t->m->session.chosen_issuer;
    if (!shown.at)
        return 0x6A80;
    if (!chosen)
        return 0x6A88;
    enum voucher holder = span_equal(shown, foreign->issuer_certificate)   ? ITS_ISSUER
                          : span_equal(shown, foreign->device_certificate) ? ITS_DEVICE
                                                                           : NOBODY;
    if (holder == NOBODY)
        return 0x6A80;
    if (chosen != holder - 1) /* a root vouches for an issuer, that for a device */
        return 0x6985;
    believe(&t->m->session, holder);
    return 0x9000;
}

/* --- Registration --- */

static uint16_t tell_custody(struct turn *t)
{
    const struct model *m = t->m;
    unsigned registered = 0;
    for (size_t i = 0; i < PLACES_MAX; i++)
        registered += m->places[i] >= 0;
    t->wants = true;
    write_u8(&t->want, m->total);
    write_u8(&t->want, (uint8_t)(m->total - registered));
    write_u8(&t->want, m->required);
    write_u8(&t->want, (uint8_t)signed_count(m));
    return 0x9000;
}

uint16_t on_custody_status(struct turn *t)
{
    return t->m->total ? tell_custody(t) : 0x6D00;
}

static int find_paper(const struct model *m, struct span request)
{
    for (int i = 0; i < PAPERS; i++)
        if (span_equal(m->foreign->papers[i].request, request))
            return i;
    return -1;
}

static bool is_registered(const struct model *m, int paper, int but)
{
    for (int i = 0; i < m->total; i++)
        if (i != but && m->places[i] == paper)
            return true;
    return false;
}

static uint16_t take_place(struct turn *t, int place, int paper)
{
    struct model *m = t->m;
    if (!is_known(m, ITS_DEVICE))
        return 0x6A88;
    if (is_registered(m, paper, place))
        return 0x6985;
    m->places[place] = paper;
    m->session.signed_in[place] = false;
    return tell_custody(t);
}

static bool has_keys(const struct model *m)
{
    for (size_t i = 1; i < KEYS; i++)
        if (m->keys[i].exists)
            return true;
    return false;
}

static bool has_confidential(const struct model *m)
{
    for (size_t i = 0; i < m->file_count; i++)
        if (m->files[i].id >> 8 == 0xCD)
            return true;
    return false;
}

static bool protects_something(const struct model *m)
{
    return has_keys(m) || has_confidential(m);
}

static bool is_complete(const struct model *m)
{
    unsigned registered = 0;
    for (size_t i = 0; i < PLACES_MAX; i++)
        registered += m->places[i] >= 0;
    return registered >= m->required;
}

/* Without a login. Option 0010: a login takes the PIN and custodians, so the PIN makes none; and
 * who comes first, while there is nothing to be had, makes no more than must sign. */
static bool registers_early(const struct model *m)
{
    bool empty = !protects_something(m);
    return m->options & 0x0010 ? empty && !is_complete(m) : empty || m->session.pin;
}

uint16_t on_register(struct turn *t)
{
    const struct model *m = t->m;
    if (!m->total)
        return 0x6D00;
    if (!m->session.user && !registers_early(m))
        return 0x6982;
    int paper = find_paper(m, t->data), place = 0;
    if (paper < 0)
        return 0x6A80;
    while (place < m->total && m->places[place] >= 0)
        place++;
    return place < m->total ? take_place(t, place, paper) : 0x6A84;
}

uint16_t on_replace(struct turn *t)
{
    const struct model *m = t->m;
    bool replaces = m->total && m->options & 0x08 && !(m->options & 0x04);
    if (!replaces)
        return 0x6985;
    if (!m->session.user)
        return 0x6982;
    int paper = find_paper(m, t->data);
    if (paper < 0)
        return 0x6A80;
    if (t->p2 >= m->total)
        return 0x6A86;
    return m->places[t->p2] < 0 ? 0x6A88 : take_place(t, t->p2, paper);
}

uint16_t on_custodian_name(struct turn *t)
{
    const struct model *m = t->m;
    if (!m->total)
        return 0x6D00;
    if (t->p2 >= m->total)
        return 0x6A86;
    if (m->places[t->p2] < 0)
        return 0x6A88;
    t->wants = true;
    write_span(&t->want, m->foreign->papers[m->places[t->p2]].name);
    return m->session.signed_in[t->p2] ? 0x9001 : 0x9000;
}

/* --- Signing in --- */

static const char *learn_challenge(struct turn *t, struct span data)
{
    struct session_state *session = &t->m->session;
    size_t due = t->le_present && t->le < 1024 ? t->le : 1024;
    bool fits = data.size >= 8 && data.size <= sizeof session->challenge;
    session->challenge_size = (uint8_t)(fits ? data.size : 0);
    memcpy(session->challenge, data.at, session->challenge_size);
    return data.size == due ? NULL : "not as long a challenge as was asked for";
}

uint16_t on_challenge(struct turn *t)
{
    t->judge = learn_challenge;
    return 0x9000;
}

uint16_t on_choose_custodian(struct turn *t)
{
    struct session_state *session = &t->m->session;
    struct span name;
    if (!read_reference(t->data, &name))
        return 0x6A80;
    session->custodian = -1;
    for (int i = 0; i < t->m->total; i++) {
        int paper = t->m->places[i];
        if (paper < 0 || !span_equal(name, t->m->foreign->papers[paper].name))
            continue;
        if (session->signed_in[i])
            return 0x6985;
        session->custodian = i;
        return 0x9000;
    }
    return 0x6A88;
}

static bool has_signed(const struct model *m, int paper, struct span plain)
{
    uint8_t bytes[HOLDER_MAX + 64], hash[HASH_BYTES], signature[128];
    struct writer message = WRITER_OF(bytes), der = WRITER_OF(signature);
    write_span(&message, SPAN_OF(m->name));
    write_span(&message, span_of(m->session.challenge, m->session.challenge_size));
    truth_sha256(written(&message), hash);
    truth_der(plain, &der);
    return plain.size == 64 &&
           truth_ecdsa(m->foreign->papers[paper].key, SPAN_OF(hash), written(&der));
}

static uint16_t authenticate(struct model *m, struct span signature)
{
    struct session_state *session = &m->session;
    int place = session->custodian;
    if (place < 0 || !session->challenge_size)
        return 0x6985;
    session->custodian = -1;
    if (!has_signed(m, m->places[place], signature))
        return 0x6300;
    session->signed_in[place] = true;
    log_in(m);
    return 0x9000;
}

uint16_t on_external_authenticate(struct turn *t)
{
    return authenticate(t->m, t->data);
}

/* --- The channel (protocol.md 11.2) --- */

uint16_t on_choose_channel(struct turn *t)
{
    static const uint8_t protocol[] = { 0x80, 10, 4, 0, 0x7F, 0, 7, 2, 2, 3, 2, 2 };
    bool known = span_equal(t->data, SPAN_OF(protocol));
    t->m->session.channel_chosen = known;
    return known ? 0x9000 : 0x6A80;
}

/* Whether its keys are right the generator finds out: it goes on through it. */
static const char *judge_opening(struct turn *t, struct span data)
{
    (void)t;
    struct reader in = reader_of(data);
    struct reader inside = tlv_enter(&in, 0x7C);
    bool good = tlv_expect(&inside, 0x81).size == 8 && tlv_expect(&inside, 0x82).size == 8;
    return good && read_finished(&inside) && read_finished(&in) ? NULL : "this opens no channel";
}

uint16_t on_open_channel(struct turn *t)
{
    static const uint8_t one = 1;
    struct model *m = t->m;
    uint8_t bytes[POINT_MAX];
    struct writer ignored = WRITER_OF(bytes);
    struct reader in = reader_of(t->data);
    struct reader inside = tlv_enter(&in, 0x7C);
    struct span point = tlv_expect(&inside, 0x80);
    if (!read_finished(&in) || !read_finished(&inside))
        return 0x6A80;
    if (!m->session.channel_chosen)
        return 0x6985;
    m->session.channel_chosen = false;
    if (!point.size ||
        !truth_multiply(m->device_group, span_of(&one, 1), point, (struct span){ 0 }, &ignored))
        return 0x6A80;
    m->channel = true;
    t->judge = judge_opening;
    return 0x9000;
}
