/* SPDX-License-Identifier: Apache-2.0 */
/* Key domains, WRAP and UNWRAP (protocol.md sections 8 and 9.1). */
#include <stdlib.h>
#include <string.h>

#include "tests/model/model.h"

void create_domain(struct model *m, uint8_t id, uint8_t shares)
{
    struct domain_state *domain = &m->domains[id];
    unsigned created = domain->exists ? domain->created : ++m->serials;
    *domain = (struct domain_state){ .exists = true,
                                     .inside = !shares,
                                     .shares = shares,
                                     .outstanding = shares,
                                     .created = created };
    if (domain->inside) {
        struct writer own = WRITER_OF(domain->kek);
        write_text(&own, "made inside");
        write_u32(&own, ++m->serials);
    }
}

uint16_t enter_domain(struct model *m, struct span wished, struct key_state *key)
{
    if (!wished.at && !m->fixed_domain)
        return 0x9000;
    struct reader in = reader_of(wished);
    uint8_t id = read_u8(&in);
    const struct domain_state *domain = &m->domains[id];
    if (!domain->exists)
        return 0x6A88;
    if (domain->outstanding)
        return 0x6985;
    key->in_domain = true;
    key->domain = id;
    key->had_secret = !domain->outstanding;
    memcpy(key->kek, domain->kek, sizeof key->kek);
    return 0x9000;
}

bool same_secret(const struct key_state *key, const struct domain_state *domain)
{
    return domain->exists && !domain->outstanding && key->had_secret &&
           memcmp(key->kek, domain->kek, sizeof key->kek) == 0;
}

/* --- MANAGE KEY DOMAIN --- */

/* The check value of a secret that was made inside shows here, or in the status. */
static const char *judge_check_value(struct domain_state *domain, struct span kcv)
{
    uint8_t due[8];
    if (domain->inside && !domain->kcv_known)
        domain->kcv_known = span_copy(kcv, domain->kcv, sizeof domain->kcv);
    memcpy(due, domain->kcv, sizeof due);
    if (!domain->inside)
        truth_kcv(domain->kek, due);
    return span_equal(kcv, SPAN_OF(due)) ? NULL : "the check value is not the secret's";
}

static const char *learn_status(struct turn *t, struct span data)
{
    struct domain_state *domain = &t->m->domains[t->p2];
    struct reader in = reader_of(data);
    bool counts = read_u8(&in) == 0 && read_u8(&in) == 0;
    struct span kcv = read_span(&in, 8);
    if (!counts || !read_finished(&in) || span_is_zero(kcv))
        return "the status of a domain made inside is wrong";
    return judge_check_value(domain, kcv);
}

static uint16_t tell_status(struct turn *t)
{
    const struct domain_state *domain = &t->m->domains[t->p2];
    uint8_t kcv[8] = { 0 };
    if (domain->inside) {
        t->judge = learn_status;
        return 0x9000;
    }
    if (!domain->outstanding)
        truth_kcv(domain->kek, kcv);
    t->wants = true;
    write_u8(&t->want, domain->shares);
    write_u8(&t->want, domain->outstanding);
    write_span(&t->want, SPAN_OF(kcv));
    return 0x9000;
}

/* Slots are counted by asking: 6A86 behind the last, 6A88 for a free one. */
static uint16_t look_up(const struct turn *t)
{
    if (t->p2 >= t->m->slots)
        return 0x6A86;
    return t->m->domains[t->p2].exists ? 0x9000 : 0x6A88;
}

static uint16_t permit(const struct turn *t, bool there)
{
    return !there ? 0x6D00 : t->m->session.user ? 0x9000 : 0x6982;
}

uint16_t on_domain_status(struct turn *t)
{
    uint16_t status = t->m->slots ? look_up(t) : 0x6D00;
    return status == 0x9000 ? tell_status(t) : status;
}

uint16_t on_import_share(struct turn *t)
{
    struct domain_state *domain = &t->m->domains[t->p2];
    uint16_t status = t->m->fixed_domain ? 0x9000 : permit(t, t->m->slots);
    if (status == 0x9000)
        status = look_up(t);
    if (status != 0x9000)
        return status;
    if (!domain->outstanding)
        return 0x6985;
    for (size_t i = 0; i < KEK_BYTES; i++)
        domain->kek[i] ^= t->data.at[i];
    domain->outstanding--;
    return tell_status(t);
}

uint16_t on_create_domain(struct turn *t)
{
    uint16_t status = permit(t, t->m->slots && !t->m->fixed_domain);
    if (status == 0x9000)
        status = look_up(t);
    if (status != 0x6A88)
        return status == 0x9000 ? 0x6A89 : status;
    create_domain(t->m, t->p2, t->data.at[0]);
    return tell_status(t);
}

/* Nobody is a member (model.h). */
uint16_t on_join_domain(struct turn *t)
{
    uint16_t status = permit(t, t->m->slots && !t->m->fixed_domain);
    if (status == 0x9000)
        status = look_up(t);
    if (status != 0x6A88)
        return status == 0x9000 ? 0x6A89 : status;
    return 0x6A80;
}

uint16_t on_exchange(struct turn *t)
{
    if (!t->m->session.user)
        return 0x6982;
    return t->m->keys[t->p1].exists ? 0x6A81 : 0x6A88;
}

uint16_t on_exchange_work_file(struct turn *t)
{
    bool there = t->m->session.work_exists;
    return t->m->session.user && !there ? 0x6A82 : on_exchange(t);
}

static bool is_used(const struct model *m, uint8_t domain)
{
    for (size_t i = 0; i < KEYS; i++)
        if (m->keys[i].exists && m->keys[i].in_domain && m->keys[i].domain == domain)
            return true;
    return false;
}

uint16_t on_delete_domain(struct turn *t)
{
    uint16_t status = permit(t, t->m->slots && !t->m->fixed_domain);
    if (status == 0x9000)
        status = look_up(t);
    if (status != 0x9000)
        return status;
    if (is_used(t->m, t->p2))
        return 0x6A89;
    t->m->domains[t->p2] = (struct domain_state){ 0 };
    return status;
}

uint16_t on_clear_domain(struct turn *t)
{
    uint16_t status = permit(t, t->m->slots);
    if (status == 0x9000)
        status = look_up(t);
    if (status != 0x9000)
        return status;
    if (t->m->domains[t->p2].inside)
        return 0x6985;
    create_domain(t->m, t->p2, t->m->domains[t->p2].shares);
    return tell_status(t);
}

/* --- WRAP --- */

static void remember_wrap(struct model *m, struct span blob, const struct key_state *key)
{
    if (m->wrap_count == WRAPS || blob.size > BLOB_MAX)
        abort();
    struct wrap_state *wrap = &m->wraps[m->wrap_count++];
    copy_key(&wrap->key, key);
    wrap->size = blob.size;
    memcpy(wrap->blob, blob.at, blob.size);
}

static void learn_secret(struct key_state *key, struct span secret)
{
    key->secret_size = (uint8_t)secret.size;
    memcpy(key->secret, secret.at, secret.size);
}

static const char *compare_wrapped(struct key_state *key, const struct wrapped *found)
{
    if (!span_equal(span_of(found->algorithms, found->algorithm_count),
                    span_of(key->algorithms, key->algorithm_count)))
        return "the blob has another list of algorithms";
    if (key->type == 'A' && 8 * found->secret.size != key->bits)
        return "the blob has a key of another size";
    if (key->type == 'A' && !key->secret_size)
        learn_secret(key, found->secret);
    if (key->type == 'A')
        return span_equal(found->secret, span_of(key->secret, key->secret_size))
                   ? NULL
                   : "the blob has another AES key";
    return !key->known || span_equal(found->point, span_of(key->point, key->point_size))
               ? NULL
               : "the blob has another EC key";
}

static const char *judge_content(struct turn *t, const uint8_t kek[KEK_BYTES], struct span blob)
{
    struct wrapped *found = calloc(1, sizeof *found);
    const char *complaint = truth_unwrap(kek, blob, found) ? compare_wrapped(t->key, found)
                                                           : "the blob cannot be opened";
    free(found);
    return complaint;
}

static const char *judge_blob(struct turn *t, struct span data)
{
    struct domain_state *domain = &t->m->domains[t->key->domain];
    const char *complaint = judge_check_value(domain, span_part(data, 0, 8));
    if (!complaint && !domain->inside && t->key->type != 'R')
        complaint = judge_content(t, domain->kek, data);
    remember_wrap(t->m, data, t->key);
    return complaint;
}

uint16_t on_wrap(struct turn *t)
{
    struct key_state *key = t->key = &t->m->keys[t->p1];
    if (!t->m->slots)
        return 0x6D00;
    if (!t->m->session.user)
        return 0x6982;
    if (!key->exists)
        return 0x6A88;
    if (key->counted || !key->in_domain || !same_secret(key, &t->m->domains[key->domain]))
        return 0x6985;
    t->judge = judge_blob;
    return 0x9000;
}

/* --- UNWRAP --- */

static bool names(const struct domain_state *domain, struct span kcv)
{
    uint8_t own[8];
    if (domain->inside)
        return domain->kcv_known && span_equal(kcv, SPAN_OF(domain->kcv));
    truth_kcv(domain->kek, own);
    return span_equal(kcv, SPAN_OF(own));
}

/* The one that was made first, where several have the same secret; -1: none. */
static int find_domain(const struct model *m, struct span kcv)
{
    int found = -1;
    for (int i = 0; i < 256; i++) {
        const struct domain_state *domain = &m->domains[i];
        if (domain->exists && !domain->outstanding && names(domain, kcv) &&
            (found < 0 || domain->created < m->domains[found].created))
            found = i;
    }
    return found;
}

static const struct wrap_state *find_wrap(const struct model *m, struct span blob)
{
    for (size_t i = 0; i < m->wrap_count; i++)
        if (span_equal(blob, span_of(m->wraps[i].blob, m->wraps[i].size)))
            return &m->wraps[i];
    return NULL;
}

static void take_wrapped(const struct wrapped *found, struct key_state *key)
{
    *key =
        (struct key_state){ .type = found->type == WRAPPED_EC ? 'E' : 'A', .group = found->group };
    key->algorithm_count = (uint8_t)found->algorithm_count;
    memcpy(key->algorithms, found->algorithms, found->algorithm_count);
    if (key->type == 'A') {
        key->bits = 8 * (unsigned)found->secret.size;
        learn_secret(key, found->secret);
        return;
    }
    key->known = truth_ec_public(found->group, found->point);
    key->point_size = (uint8_t)found->point.size;
    memcpy(key->point, found->point.at, found->point.size);
}

/* False: authentic or not, it is no key for this domain. */
static bool open_blob(const struct model *m, int id, struct span blob, struct key_state *out)
{
    const struct wrap_state *wrap = find_wrap(m, blob);
    if (wrap) {
        copy_key(out, &wrap->key);
        return true;
    }
    if (m->domains[id].inside)
        return false;
    struct wrapped *found = calloc(1, sizeof *found);
    bool good = truth_unwrap(m->domains[id].kek, blob, found);
    if (good)
        take_wrapped(found, out);
    free(found);
    return good;
}

/* As 8.5 lays it out, whoever made it. */
static bool is_blob(struct span blob)
{
    if (blob.size < 16)
        return false;
    struct reader in = reader_of(span_part(blob, 0, blob.size - 16));
    read_span(&in, 8 + 1);
    for (int i = 0; i < 4; i++)
        read_counted(&in);
    return !read_failed(&in) && read_left(&in) && read_left(&in) % 16 == 0;
}

static uint16_t import(struct turn *t, struct span blob)
{
    struct model *m = t->m;
    struct key_state key = { 0 };
    int id = find_domain(m, span_part(blob, 0, 8));
    if (!is_blob(blob))
        return 0x6A80;
    if (id < 0)
        return 0x6A88;
    if (!open_blob(m, id, blob, &key))
        return 0x6A80;
    key.exists = true;
    key.serial = ++m->serials;
    key.counted = false;
    key.uses = 0;
    key.in_domain = key.had_secret = true;
    key.domain = (uint8_t)id;
    memcpy(key.kek, m->domains[id].kek, sizeof key.kek);
    drop_key(&m->keys[t->p1]);
    m->keys[t->p1] = key;
    return 0x9000;
}

uint16_t on_unwrap(struct turn *t)
{
    if (!t->m->slots)
        return 0x6D00;
    return t->m->session.user ? import(t, t->data) : 0x6982;
}

uint16_t on_unwrap_work_file(struct turn *t)
{
    const struct session_state *session = &t->m->session;
    if (!t->m->slots)
        return 0x6D00;
    if (!session->user)
        return 0x6982;
    return session->work_exists ? import(t, span_of(session->work, session->work_size)) : 0x6A82;
}
