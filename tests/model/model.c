/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/model/model.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/tlv.h"

/* --- Commands and their form (protocol.md section 0 and 15.1) --- */

struct bytes_range {
    unsigned from, to, step;
};

#define ONLY(value)                                                                                \
    {                                                                                              \
        (value), (value), 1                                                                        \
    }
#define ALL                                                                                        \
    {                                                                                              \
        0, 255, 1                                                                                  \
    }
#define A_KEY                                                                                      \
    {                                                                                              \
        1, 255, 1                                                                                  \
    }
#define EMPTY                                                                                      \
    {                                                                                              \
        0, 0, 1                                                                                    \
    }
#define TEMPLATES                                                                                  \
    {                                                                                              \
        0, 12, 4                                                                                   \
    }
#define LONGEST      65535
#define BLOB_LONGEST (2 * 3659)

static const struct form {
    uint8_t ins;
    struct bytes_range p1, p2, data;
    handler *handle;
} forms[] = {
    { 0xA4, ONLY(4), TEMPLATES, { 1, 16, 1 }, on_select_applet },
    { 0xA4, ONLY(0), TEMPLATES, ONLY(2), on_select_file },
    { 0xA4, ONLY(8), TEMPLATES, { 2, 16, 2 }, on_select_file },
    { 0xB1, ALL, ALL, ONLY(4), on_read },
    { 0xD7, ALL, ALL, { 6, LONGEST, 1 }, on_update },
    { 0xE4, ONLY(2), { 0, 0x80, 0x80 }, ONLY(2), on_delete },
    { 0xE4, ONLY(0), ONLY(0), ONLY(2), on_delete },
    { 0x58, ONLY(0), ONLY(0), EMPTY, on_enumerate },
    { 0x20, ONLY(0), ONLY(0x81), { 6, 16, 1 }, on_verify_user },
    { 0x20, ONLY(0), ONLY(0x81), EMPTY, on_user_query },
    { 0x20, ONLY(0), ONLY(0x88), ONLY(8), on_verify_officer },
    { 0x20, ONLY(0), ONLY(0x88), EMPTY, on_officer_query },
    { 0x20, ONLY(0), { 0x85, 0x86, 1 }, { 0, 255, 1 }, on_biometric },
    { 0x24, ONLY(0), ONLY(0x81), { 12, 32, 1 }, on_change_user },
    { 0x24, ONLY(0), ONLY(0x88), ONLY(16), on_change_officer },
    { 0x2C, ONLY(0), ONLY(0x81), { 14, 24, 1 }, on_reset_pin },
    { 0x2C, ONLY(1), ONLY(0x81), ONLY(8), on_reset_counter },
    { 0x2C, ONLY(2), ONLY(0x81), { 6, 16, 1 }, on_officer_resets_pin },
    { 0x2C, ONLY(3), ONLY(0x81), EMPTY, on_officer_resets_counter },
    { 0x5A, ONLY(1), ONLY(0x81), EMPTY, on_make_session_pin },
    { 0x5A, ONLY(0), ONLY(0x81), EMPTY, on_clear_session_pin },
    { 0x50, ONLY(0), ONLY(0), { 1, 255, 1 }, on_initialize },
    { 0x50, ONLY(0), ONLY(0), EMPTY, on_device_facts },
    { 0x52, ONLY(0), ALL, EMPTY, on_domain_status },
    { 0x52, ONLY(0), ALL, ONLY(32), on_import_share },
    { 0x52, ONLY(1), ALL, ONLY(1), on_create_domain },
    { 0x52, ONLY(2), ALL, { 1, 4096, 1 }, on_join_domain },
    { 0x52, ONLY(3), ALL, EMPTY, on_delete_domain },
    { 0x52, ONLY(4), ALL, EMPTY, on_clear_domain },
    { 0x54, ONLY(0), ONLY(0), EMPTY, on_custody_status },
    { 0x54, ONLY(0), ONLY(0), { 1, 4096, 1 }, on_register },
    { 0x54, ONLY(1), ALL, { 1, 4096, 1 }, on_replace },
    { 0x54, ONLY(2), ALL, EMPTY, on_custodian_name },
    { 0x22, ONLY(0x81), ONLY(0xB6), { 1, 32, 1 }, on_choose_issuer },
    { 0x2A, ONLY(0), ONLY(0xBE), { 1, 2048, 1 }, on_verify_certificate },
    { 0x2A, ONLY(0), { 0x92, 0xAE, 0x1C }, { 1, 2048, 1 }, on_verify_certificate },
    { 0x22, ONLY(0x81), ONLY(0xA4), { 1, 32, 1 }, on_choose_custodian },
    { 0x22, ONLY(0x41), ONLY(0xA4), { 1, 32, 1 }, on_choose_channel },
    { 0x86, ONLY(0), ONLY(0), { 1, 256, 1 }, on_open_channel },
    { 0x82, ONLY(0), ONLY(0), { 8, 1024, 1 }, on_external_authenticate },
    { 0x46, A_KEY, ONLY(0), { 1, 2048, 1 }, on_generate },
    { 0x68, A_KEY, ALL, { 1, 4096, 1 }, on_sign },
    { 0x62, A_KEY, ONLY(0x84), { 1, 4096, 1 }, on_exchange },
    { 0x62, A_KEY, ONLY(0x84), EMPTY, on_exchange_work_file },
    { 0x62, A_KEY, ALL, { 1, 1024, 1 }, on_decipher },
    { 0x76, A_KEY, A_KEY, { 2, 67, 1 }, on_derive_key },
    { 0x48, A_KEY, { 0xB0, 0xB2, 1 }, { 0, 255, 1 }, on_generate_aes },
    { 0x78, A_KEY, ONLY(0x99), { 1, 4096, 1 }, on_cipher },
    { 0x78, A_KEY, ALL, { 1, LONGEST, 1 }, on_cipher },
    { 0x72, A_KEY, ONLY(0x92), EMPTY, on_wrap },
    { 0x74, A_KEY, ONLY(0x93), { 1, BLOB_LONGEST, 1 }, on_unwrap },
    { 0x74, A_KEY, ONLY(0x93), EMPTY, on_unwrap_work_file },
    { 0x84, ONLY(0), ONLY(0), EMPTY, on_challenge },
};

_Static_assert(COUNT_OF(forms) <= FORMS_MAX, "a count for each");

static bool is_in(unsigned value, struct bytes_range range)
{
    return value >= range.from && value <= range.to && (value - range.from) % range.step == 0;
}

/* A known instruction with P1 P2 of no command: 6A86; with data where there must be none, or none
 * where there must be some, or of a wrong length: 6700. */
static uint16_t find_form(const struct turn *t, const struct form **out)
{
    bool known = false, placed = false;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        const struct form *form = &forms[i];
        if (form->ins != t->ins)
            continue;
        known = true;
        if (!is_in(t->p1, form->p1) || !is_in(t->p2, form->p2))
            continue;
        placed = true;
        *out = form;
        if (t->data.size ? form->data.to > 0 : form->data.from == 0)
            return is_in((unsigned)t->data.size, form->data) ? 0x9000 : 0x6700;
    }
    return !known ? 0x6D00 : placed ? 0x6700 : 0x6A86;
}

/* ISO 7816-4 5.1: four cases, two widths. */
static bool read_lengths(struct reader *in, struct turn *t)
{
    bool wide = read_left(in) > 1 && in->rest.at[0] == 0;
    size_t width = wide ? 2 : 1;
    if (wide)
        read_u8(in);
    if (read_left(in) > width)
        t->data = read_span(in, wide ? read_u16(in) : read_u8(in));
    t->le_present = read_left(in) > 0;
    if (t->le_present) {
        t->le = wide ? read_u16(in) : read_u8(in);
        t->le = t->le ? t->le : wide ? 65536 : 256;
    }
    return read_finished(in);
}

static bool read_command(struct span command, struct turn *t)
{
    struct reader in = reader_of(command);
    t->cla = read_u8(&in);
    t->ins = read_u8(&in);
    t->p1 = read_u8(&in);
    t->p2 = read_u8(&in);
    return read_lengths(&in, t);
}

static uint16_t expect(struct turn *t, struct span command)
{
    const struct form *form = NULL;
    bool whole = read_command(command, t);
    if (!t->sealed)
        end_channel(t->m);
    if (!whole)
        return 0x6700;
    if (t->cla & 0x7F)
        return (t->cla & 0x0C) == 0x0C ? 0x6987 : 0x6E00;
    uint16_t status = find_form(t, &form);
    if (status != 0x9000)
        return status;
    status = form->handle(t);
    t->m->done[form - forms] += status == 0x9000;
    return status;
}

bool model_form(size_t index, uint8_t *out_ins, unsigned *out_p1, bool *out_can_succeed)
{
    if (index >= COUNT_OF(forms))
        return false;
    *out_ins = forms[index].ins;
    *out_p1 = forms[index].p1.from;
    *out_can_succeed = forms[index].handle != on_biometric && forms[index].handle != on_exchange &&
                       forms[index].handle != on_exchange_work_file &&
                       forms[index].handle != on_join_domain;
    return true;
}

/* A login, made inside the channel, ends with it. */
static void bind_login(struct turn *t, uint16_t status)
{
    static const uint8_t logins[] = { 0x20, 0x82, 0x50 };
    if (t->sealed && status == 0x9000 && t->data.size &&
        memchr(logins, t->ins, sizeof logins) != NULL)
        t->m->session.protected_login = true;
}

static const char *judge_data(struct turn *t, uint16_t status, struct span data)
{
    bool delivers = status == 0x9000 || status == 0x6282 || status == 0x9001;
    if (!delivers)
        return data.size ? "a refusal comes with data" : NULL;
    if (t->judge)
        return t->judge(t, data);
    if (!t->wants)
        return data.size ? "there should be no data" : NULL;
    return span_equal(data, written(&t->want)) ? NULL : "the data is not what it should be";
}

struct verdict model_judge(struct model *m, struct span command, bool sealed, struct span answer)
{
    struct turn *t = calloc(1, sizeof *t);
    ERR_set_mark(); /* the card looks at the library's errors: what is left there is its own */
    t->m = m;
    t->sealed = sealed;
    t->want = WRITER_OF(t->want_bytes);
    struct verdict verdict = { .expected = expect(t, command) };
    bind_login(t, verdict.expected);
    struct span data = span_part(answer, 0, answer.size - 2);
    struct reader in = reader_of(span_part(answer, data.size, 2));
    uint16_t status = read_u16(&in);
    bool same = status == verdict.expected ||
                (t->end_allowed && verdict.expected == 0x9000 && status == 0x6282);
    verdict.complaint = same ? judge_data(t, status, data) : "another status word is due";
    free(t);
    ERR_pop_to_mark();
    return verdict;
}

/* --- Sessions --- */

void end_session(struct model *m)
{
    m->session = (struct session_state){ .custodian = -1 };
}

void end_channel(struct model *m)
{
    if (m->channel && m->session.protected_login)
        end_session(m);
    m->channel = false;
}

void model_reset(struct model *m)
{
    end_session(m);
    m->channel = false;
    m->session_pin &= m->session_pin_stays;
}

void model_power(struct model *m)
{
    model_reset(m);
    m->session_pin = false;
}

unsigned signed_count(const struct model *m)
{
    unsigned count = 0;
    for (size_t i = 0; i < PLACES_MAX; i++)
        count += m->session.signed_in[i];
    return count;
}

/* Either is enough, unless option 0010 asks for both (protocol.md 10.3). */
void log_in(struct model *m)
{
    bool custodians = m->total && signed_count(m) >= m->required;
    bool both = m->total && m->options & 0x0010;
    m->session.user = both ? m->session.pin && custodians : m->session.pin || custodians;
}

/* --- Life --- */

/* The holder's name of the next certificate, and the key where there is room for it. */
static void read_certificate(struct reader *in, uint8_t name[HOLDER_MAX], struct span *point)
{
    struct span key, holder;
    struct reader certificate = tlv_enter(in, 0x7F21);
    struct reader body = tlv_enter(&certificate, 0x7F4E);
    if (!tlv_find(&body, 0x7F49, &key) || !tlv_find(&body, 0x5F20, &holder) ||
        !span_copy(holder, name, HOLDER_MAX))
        abort();
    struct reader parts = reader_of(key);
    tlv_find(&parts, 0x86, point);
}

void model_init(struct model *m, const struct foreign *foreign, struct span chain,
                struct span token_info)
{
    struct span point = { 0 }, ignored = { 0 };
    *m = (struct model){ .foreign = foreign };
    struct reader in = reader_of(chain);
    read_certificate(&in, m->name, &point);
    read_certificate(&in, m->issuer, &ignored);
    m->device_group = &truth_groups[3];
    m->device = truth_ec_public(m->device_group, point);
    m->chain_size = chain.size;
    m->token_info_size = token_info.size;
    if (!m->device || !span_copy(chain, m->chain, chain.size) ||
        !span_copy(token_info, m->token_info, token_info.size))
        abort();
    put_file(m, 0x2F02, chain);
    put_file(m, 0x2F03, token_info);
    m->keys[0] = (struct key_state){ .exists = true, .type = 'E' };
    for (size_t i = 0; i < PLACES_MAX; i++)
        m->places[i] = -1;
    end_session(m);
}

struct model *model_copy(const struct model *m)
{
    struct model *copy = malloc(sizeof *copy);
    if (!copy)
        abort();
    *copy = *m;
    EVP_PKEY_up_ref(copy->device);
    for (size_t i = 0; i < KEYS; i++)
        if (copy->keys[i].known)
            EVP_PKEY_up_ref(copy->keys[i].known);
    for (size_t i = 0; i < WRAPS; i++)
        if (copy->wraps[i].key.known)
            EVP_PKEY_up_ref(copy->wraps[i].key.known);
    for (size_t i = 0; i < copy->file_count; i++) {
        struct file_state *file = &copy->files[i];
        file->content = malloc(file->size + 1);
        if (!file->content ||
            (m->files[i].content && !memcpy(file->content, m->files[i].content, file->size)))
            abort();
    }
    return copy;
}

void model_free(struct model *m)
{
    for (size_t i = 0; i < KEYS; i++)
        drop_key(&m->keys[i]);
    for (size_t i = 0; i < WRAPS; i++)
        drop_key(&m->wraps[i].key);
    forget_files(m);
    EVP_PKEY_free(m->device);
}
