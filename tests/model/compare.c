/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/model/compare.h"

#include <string.h>

#include "card-os/custodians.h"
#include "card-os/device.h"
#include "card-os/domain.h"
#include "card-os/key_record.h"
#include "card-os/pin.h"
#include "tests/support/require.h"

/* --- The session --- */

static size_t holder_count(const struct session_state *s)
{
    size_t count = 0;
    while (count < sizeof s->holders && s->holders[count])
        count++;
    return count;
}

static bool same_work_file(const struct session *card, const struct session_state *model)
{
    if (!card->work_file || !model->work_exists)
        return !card->work_file && !model->work_exists;
    return span_equal(span_of(card->work_file->content, card->work_file->size),
                      span_of(model->work, model->work_size));
}

static bool is_named(const struct holder *holder, const struct model *m, uint8_t voucher)
{
    struct span name = span_of(holder->name, holder->name_size);
    return voucher == NOBODY ? !name.size : span_equal(name, model_name_of(m, voucher));
}

static bool same_holders(const struct session *card, const struct model *m)
{
    size_t count = holder_count(&m->session);
    for (size_t i = 0; i < count && i < card->holder_count; i++)
        if (!is_named(&card->holders[i], m, m->session.holders[i]))
            return false;
    return card->holder_count == count && is_named(&card->chosen, m, m->session.chosen_issuer);
}

const char *compare_session(const struct card *card, const struct model *m)
{
    const struct session *s = &card->session;
    const struct session_state *due = &m->session;
    if (card->broken)
        return "the card is broken";
    if (s->user != due->user || s->pin != due->pin || s->officer != due->officer)
        return "who is logged in";
    if (s->protected_login != due->protected_login || s->channel_chosen != due->channel_chosen ||
        (card->secrets[HELD_CHANNEL].at != NULL) != m->channel)
        return "the channel";
    if (s->current_file != due->current)
        return "the current file";
    if (!same_work_file(s, due))
        return "the work file";
    if (!span_equal(span_of(s->challenge, s->challenge_size),
                    span_of(due->challenge, due->challenge_size)))
        return "the challenge";
    if (!same_holders(s, m))
        return "whom certificates have shown";
    if (s->custodian != due->custodian + 1 ||
        memcmp(s->custodians, due->signed_in, sizeof s->custodians) != 0)
        return "which custodians have signed in";
    if ((card->secrets[HELD_SESSION_PIN].at != NULL) != m->session_pin)
        return "the session PIN";
    return NULL;
}

/* --- The store --- */

static bool holds(struct store *store, enum object_type type, uint32_t id)
{
    int r = store_has(store, type, id);
    require(r == 0 || r == STORE_ABSENT, "the store");
    return r == 0;
}

static bool store_says(struct store *store, enum object_type type, uint32_t id, struct span what)
{
    static uint8_t bytes[CONTENT_MAX];
    struct writer stored = WRITER_OF(bytes);
    require(store_get(store, type, id, &stored) == 0, "an object");
    return !what.size || memmem(stored.at, stored.size, what.at, what.size);
}

/* By what the model knows of it: the point, whose hash names the key, or the secret. */
static bool same_key(struct store *store, const struct key *key, const struct key_state *due)
{
    uint8_t hash[HASH_BYTES];
    truth_sha256(span_of(due->point, due->point_size), hash);
    return (!due->point_size || memcmp(hash, key->hash, sizeof key->hash) == 0) &&
           store_says(store, OBJECT_KEY_MATERIAL, key->id, span_of(due->secret, due->secret_size));
}

/* What it is and what it may do: all that tells one key from another whose parts nobody has
 * seen. */
static bool same_spec(const struct key *key, const struct key_state *due)
{
    bool kind = due->type == 'R'   ? key->spec.type == KEY_RSA
                : due->type == 'E' ? key->spec.type == KEY_EC
                                   : key->spec.type == KEY_AES;
    return kind &&
           (due->type == 'E' ? (size_t)(key->spec.bits + 7) / 8 == due->group->size
                             : key->spec.bits == due->bits) &&
           key->in_domain == due->in_domain && (!due->in_domain || key->domain == due->domain) &&
           span_equal(span_of(key->algorithms, key->algorithm_count),
                      span_of(due->algorithms, due->algorithm_count));
}

static const char *compare_key(struct store *store, const struct key_state *due, uint8_t id)
{
    struct key key;
    if (holds(store, OBJECT_KEY, id) != due->exists ||
        holds(store, OBJECT_KEY_MATERIAL, id) != due->exists)
        return "which keys there are";
    if (!due->exists || id == DEVICE_KEY)
        return NULL;
    require(key_load(store, id, &key) == 0, "a key");
    uint32_t uses = due->counted ? due->uses : USES_UNLIMITED;
    if (key.uses_left != uses)
        return "uses of a key";
    if (!same_spec(&key, due))
        return "what a key is and may do";
    return same_key(store, &key, due) ? NULL : "which key it is";
}

static const char *compare_files(struct store *store, const struct model *m)
{
    static uint8_t bytes[CONTENT_MAX];
    uint32_t ids[FILES_MAX];
    size_t count = 0;
    require(store_list(store, OBJECT_FILE, ids, FILES_MAX, &count) == 0, "the files");
    if (count != m->file_count)
        return "how many files there are";
    for (size_t i = 0; i < count; i++) {
        const struct file_state *file = find_file((struct model *)(uintptr_t)m, (uint16_t)ids[i]);
        struct writer content = WRITER_OF(bytes);
        if (!file)
            return "which files there are";
        if (file->request_of)
            continue;
        require(store_get(store, OBJECT_FILE, ids[i], &content) == 0, "a file");
        if (!span_equal(written(&content), span_of(file->content, file->size)))
            return "the content of a file";
    }
    return NULL;
}

static const char *compare_domain(struct store *store, const struct domain_state *due, uint8_t id)
{
    SCOPED(domain_wipe) struct domain domain = { 0 };
    if (holds(store, OBJECT_DOMAIN, id) != due->exists)
        return "which key domains there are";
    if (!due->exists)
        return NULL;
    require(domain_load(store, id, &domain) == 0, "a domain");
    bool same = domain.shares == due->shares && domain.outstanding == due->outstanding &&
                (due->inside || memcmp(domain.kek, due->kek, sizeof domain.kek) == 0) &&
                (!due->kcv_known || memcmp(domain.check, due->kcv, sizeof due->kcv) == 0);
    return same ? NULL : "shares of a key domain";
}

uint8_t compare_tries(struct store *store, uint8_t reference)
{
    uint8_t bytes[256];
    struct writer stored = WRITER_OF(bytes);
    int r = store_get(store, OBJECT_PIN, reference, &stored);
    require(r == 0 || r == STORE_ABSENT, "a PIN");
    return r ? 0 : bytes[1]; /* behind its format: card-os/pin.c */
}

/* As stored: format, tries, tries after success, length, salt, verifier (card-os/pin.c). */
static bool same_pin(struct store *store, const struct pin_state *due, uint8_t reference)
{
    uint8_t bytes[256], verifier[PIN_VERIFIER_SIZE];
    struct writer stored = WRITER_OF(bytes);
    if (holds(store, OBJECT_PIN, reference) != due->exists || !due->exists)
        return !due->exists && !holds(store, OBJECT_PIN, reference);
    require(store_get(store, OBJECT_PIN, reference, &stored) == 0, "a PIN");
    require(store_pin_verifier(store, reference, bytes + 4, span_of(due->value, due->size),
                               verifier) == 0,
            "a PIN's verifier");
    return bytes[1] == due->left && bytes[2] == due->tries && bytes[3] == due->size &&
           memcmp(bytes + 4 + PIN_SALT_SIZE, verifier, sizeof verifier) == 0;
}

static const char *compare_device(struct store *store, const struct model *m)
{
    struct custody custody;
    uint16_t options = 0;
    int r = device_options(store, &options);
    require(r == 0 || r == STORE_ABSENT, "options");
    require(custody_load(store, &custody) == 0, "custody");
    if (options != m->options || custody.total != m->total || custody.required != m->required ||
        holds(store, OBJECT_DEVICE, DEVICE_TRANSPORT_PIN) != m->transport)
        return "what INITIALIZE was told";
    for (uint8_t i = 0; i < PLACES_MAX; i++)
        if (holds(store, OBJECT_CUSTODIAN, i) != (m->places[i] >= 0) ||
            (m->places[i] >= 0 &&
             !store_says(store, OBJECT_CUSTODIAN, i, m->foreign->papers[m->places[i]].name)))
            return "which custodians there are";
    return NULL;
}

const char *compare_store(struct store *store, const struct model *m)
{
    const char *complaint = compare_device(store, m);
    if (!complaint &&
        (!same_pin(store, &m->user, PIN_USER) || !same_pin(store, &m->officer, PIN_OFFICER)))
        complaint = "PINs and their tries";
    for (unsigned id = 0; !complaint && id < KEYS; id++)
        complaint = compare_key(store, &m->keys[id], (uint8_t)id);
    for (unsigned id = 0; !complaint && id < m->slots; id++)
        complaint = compare_domain(store, &m->domains[id], (uint8_t)id);
    return complaint ? complaint : compare_files(store, m);
}
