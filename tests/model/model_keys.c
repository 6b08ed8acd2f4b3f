/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: making, using, and what limits their use (protocol.md sections 5 and 7). */
#include <stdlib.h>
#include <string.h>

#include "base/tlv.h"
#include "tests/model/model.h"

/* --- What is kept --- */

void drop_key(struct key_state *key)
{
    EVP_PKEY_free(key->known);
    *key = (struct key_state){ 0 };
}

void copy_key(struct key_state *to, const struct key_state *from)
{
    drop_key(to);
    *to = *from;
    if (to->known)
        EVP_PKEY_up_ref(to->known);
}

/* Takes the number of a key that may be there. */
static struct key_state *new_key(struct model *m, uint8_t id, uint8_t type)
{
    struct key_state *key = &m->keys[id];
    drop_key(key);
    key->exists = true;
    key->type = type;
    key->serial = ++m->serials;
    return key;
}

static void set_point(struct key_state *key, struct span point)
{
    key->known = truth_ec_public(key->group, point);
    key->point_size = (uint8_t)point.size;
    if (!key->known || !span_copy(point, key->point, point.size))
        abort();
}

/* --- Requests (protocol.md 5.1) --- */

struct request {
    struct span body, inner_signature, vouched, name, outer_signature, point, modulus, exponent;
};

static bool read_body(struct reader *in, struct request *out)
{
    struct reader request = tlv_enter(in, 0x7F21);
    struct tlv body = tlv_read(&request);
    out->inner_signature = tlv_expect(&request, 0x5F37);
    out->body = body.whole;
    struct reader parts = reader_of(body.value);
    struct span key = { 0 };
    tlv_find(&parts, 0x7F49, &key);
    struct reader numbers = reader_of(key);
    if (!tlv_find(&numbers, 0x86, &out->point)) {
        tlv_find(&numbers, 0x81, &out->modulus);
        tlv_find(&numbers, 0x82, &out->exponent);
    }
    return body.tag == 0x7F4E && !read_failed(&request);
}

/* With what the device says, if it vouches. */
static bool read_request(struct span bytes, bool vouches, struct request *out)
{
    struct reader in = reader_of(bytes);
    if (!vouches)
        return read_body(&in, out) && read_finished(&in);
    struct reader whole = tlv_enter(&in, 0x67);
    struct span inside = whole.rest;
    bool good = read_body(&whole, out);
    out->name = tlv_expect(&whole, 0x42);
    out->vouched = span_part(inside, 0, inside.size - read_left(&whole));
    out->outer_signature = tlv_expect(&whole, 0x5F37);
    return good && read_finished(&in) && read_finished(&whole);
}

static bool plain_fits(EVP_PKEY *key, struct span message, struct span signature)
{
    uint8_t hash[HASH_BYTES], bytes[512];
    struct writer der = WRITER_OF(bytes);
    truth_sha256(message, hash);
    truth_der(signature, &der);
    return truth_ecdsa(key, SPAN_OF(hash), written(&der));
}

static bool own_signature_fits(const struct key_state *key, const struct request *request)
{
    uint8_t hash[HASH_BYTES];
    truth_sha256(request->body, hash);
    if (key->type == 'R')
        return truth_rsa_verify(key->known, false, "SHA256", SPAN_OF(hash),
                                request->inner_signature);
    return plain_fits(key->known, request->body, request->inner_signature);
}

static const char *take_public(struct key_state *key, const struct request *request)
{
    bool known = key->known;
    if (known)
        return span_equal(request->point, span_of(key->point, key->point_size))
                   ? NULL
                   : "the request is of another key";
    if (key->type == 'R')
        key->known = truth_rsa_public(request->modulus, request->exponent);
    else
        set_point(key, request->point);
    return key->known ? NULL : "the request has no key";
}

/* What is known of a key has to agree with its request; what is not is learnt from it. */
void learn_request(struct model *m, struct key_state *key, struct span bytes,
                   const char **complaint)
{
    struct request request = { 0 };
    if (!read_request(bytes, !key->derived, &request)) {
        *complaint = "this is no request of its kind";
        return;
    }
    *complaint = take_public(key, &request);
    if (!*complaint && !own_signature_fits(key, &request))
        *complaint = "the request is not signed by its key";
    if (key->derived)
        return;
    if (!*complaint && !span_equal(request.name, SPAN_OF(m->name)))
        *complaint = "the request names another device";
    if (!*complaint && !plain_fits(m->device, request.vouched, request.outer_signature))
        *complaint = "the request is not signed by the device";
}

/* --- GENERATE --- */

struct limits {
    struct span uses, algorithms, domain; /* at is NULL when absent */
};

static void apply_limits(const struct limits *limits, struct key_state *key)
{
    struct reader in = reader_of(limits->uses);
    key->counted = limits->uses.at && span_part(limits->uses, 0, 4).size;
    key->uses = read_u32(&in);
    key->counted = key->counted && key->uses != UINT32_MAX;
    struct writer list = WRITER_OF(key->algorithms);
    write_span(&list, limits->algorithms);
    key->algorithm_count = (uint8_t)list.size;
}

/* Members by tag: each at most once, in these lengths; others are not looked at. */
struct member {
    uint32_t tag;
    size_t min, max;
    bool required;
    struct span *out;
};

static bool read_member(struct span data, const struct member *member)
{
    struct reader in = reader_of(data);
    size_t count = 0;
    *member->out = (struct span){ 0 };
    while (read_left(&in)) {
        struct tlv object = tlv_read(&in);
        if (read_failed(&in))
            return false;
        if (object.tag != member->tag)
            continue;
        count++;
        *member->out = object.value;
        if (object.value.size < member->min || object.value.size > member->max)
            return false;
    }
    return count <= 1 && (count || !member->required);
}

static bool read_all(struct span data, const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!read_member(data, &members[i]))
            return false;
    return true;
}

static const uint8_t rsa_oid[] = { 6, 10, 4, 0, 0x7F, 0, 7, 2, 2, 2, 1, 2 };

/* The curves that the generator knows, as a whole; RSA of 1024 bits and 65537. */
static bool read_template(struct span parts, struct key_state *key)
{
    static const uint8_t exponent[] = { 0x82, 3, 1, 0, 1 }, size[] = { 2, 2, 4, 0 };
    for (size_t i = 0; i < truth_group_count; i++) {
        uint8_t bytes[1024];
        struct writer known = WRITER_OF(bytes);
        truth_ec_template(&truth_groups[i], &known);
        key->type = 'E';
        key->group = &truth_groups[i];
        if (span_equal(parts, written(&known)))
            return true;
    }
    key->type = 'R';
    key->bits = 1024;
    struct reader in = reader_of(parts);
    return span_equal(read_span(&in, sizeof rsa_oid), SPAN_OF(rsa_oid)) &&
           span_equal(read_span(&in, sizeof exponent), SPAN_OF(exponent)) &&
           span_equal(read_span(&in, sizeof size), SPAN_OF(size)) && read_finished(&in);
}

static const char *learn_new_key(struct turn *t, struct span data)
{
    const char *complaint = NULL;
    learn_request(t->m, t->key, data, &complaint);
    if (!complaint)
        put_file(t->m, (uint16_t)(0xCE00 | t->p1), data);
    return complaint;
}

static uint16_t make_pair(struct turn *t, const struct key_state *wished)
{
    struct key_state *key = new_key(t->m, t->p1, wished->type);
    unsigned serial = key->serial;
    *key = *wished;
    key->exists = true;
    key->serial = serial;
    put_request(t->m, t->p1);
    t->key = key;
    t->judge = t->le_present ? learn_new_key : NULL;
    return 0x9000;
}

uint16_t on_generate(struct turn *t)
{
    struct span profile, car, parts, chr, wrapping;
    struct limits limits;
    const struct member members[] = {
        { 0x5F29, 1, 1, true, &profile },      { 0x42, 1, 16, false, &car },
        { 0x7F49, 1, 1024, true, &parts },     { 0x5F20, 1, 16, true, &chr },
        { 0x90, 4, 4, false, &limits.uses },   { 0x91, 1, 16, false, &limits.algorithms },
        { 0x92, 1, 1, false, &limits.domain }, { 0x93, 1, 0, false, &wrapping },
    };
    struct key_state wished = { 0 };
    if (!t->m->session.user)
        return 0x6982;
    if (!read_all(t->data, members, COUNT_OF(members)) || !read_template(parts, &wished))
        return 0x6A80;
    apply_limits(&limits, &wished);
    uint16_t status = enter_domain(t->m, limits.domain, &wished);
    return status == 0x9000 ? make_pair(t, &wished) : status;
}

uint16_t on_generate_aes(struct turn *t)
{
    static const uint8_t usual[] = { 0x10, 0x11, 0x18, 0x99 };
    struct span wrapping;
    struct limits limits;
    const struct member members[] = {
        { 0x90, 4, 4, false, &limits.uses },
        { 0x91, 1, 16, false, &limits.algorithms },
        { 0x92, 1, 1, false, &limits.domain },
        { 0x93, 1, 0, false, &wrapping },
    };
    struct key_state wished = { .bits = 128 + 64 * (t->p2 - 0xB0u) };
    if (!t->m->session.user)
        return 0x6982;
    if (!read_all(t->data, members, COUNT_OF(members)))
        return 0x6A80;
    if (!limits.algorithms.at)
        limits.algorithms = SPAN_OF(usual);
    apply_limits(&limits, &wished);
    uint16_t status = enter_domain(t->m, limits.domain, &wished);
    if (status != 0x9000)
        return status;
    wished.serial = new_key(t->m, t->p1, 'A')->serial;
    wished.exists = true;
    wished.type = 'A';
    t->m->keys[t->p1] = wished;
    return status;
}

/* --- Use (protocol.md 7.1 and 7.3) --- */

enum purpose { SIGN, DECIPHER, CIPHER, DERIVE };
enum way { RAW, PKCS1, PSS, ECDSA, OAEP, ECDH, AES };

struct algorithm_name {
    enum purpose purpose;
    uint8_t id, type;
    enum way way;
    const char *digest; /* NULL: the data is the hash, the block or the message */
};
static const struct algorithm_name algorithms[] = {
    { SIGN, 0x20, 'R', RAW, NULL },       { SIGN, 0x30, 'R', PKCS1, NULL },
    { SIGN, 0x31, 'R', PKCS1, "SHA1" },   { SIGN, 0x32, 'R', PKCS1, "SHA224" },
    { SIGN, 0x33, 'R', PKCS1, "SHA256" }, { SIGN, 0x34, 'R', PKCS1, "SHA384" },
    { SIGN, 0x35, 'R', PKCS1, "SHA512" }, { SIGN, 0x40, 'R', PSS, NULL },
    { SIGN, 0x41, 'R', PSS, "SHA1" },     { SIGN, 0x42, 'R', PSS, "SHA224" },
    { SIGN, 0x43, 'R', PSS, "SHA256" },   { SIGN, 0x44, 'R', PSS, "SHA384" },
    { SIGN, 0x45, 'R', PSS, "SHA512" },   { SIGN, 0x70, 'E', ECDSA, NULL },
    { SIGN, 0x71, 'E', ECDSA, "SHA1" },   { SIGN, 0x72, 'E', ECDSA, "SHA224" },
    { SIGN, 0x73, 'E', ECDSA, "SHA256" }, { SIGN, 0x74, 'E', ECDSA, "SHA384" },
    { SIGN, 0x75, 'E', ECDSA, "SHA512" }, { DECIPHER, 0x21, 'R', RAW, NULL },
    { DECIPHER, 0x22, 'R', PKCS1, NULL }, { DECIPHER, 0x23, 'R', OAEP, NULL },
    { DECIPHER, 0x80, 'E', ECDH, NULL },  { DERIVE, 0x98, 'E', ECDH, NULL },
    { CIPHER, 0x10, 'A', AES, NULL },     { CIPHER, 0x11, 'A', AES, NULL },
    { CIPHER, 0x18, 'A', AES, NULL },     { CIPHER, 0x99, 'A', AES, NULL },
};

static const struct algorithm_name *find_algorithm(enum purpose purpose, uint8_t id)
{
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (algorithms[i].purpose == purpose && algorithms[i].id == id)
            return &algorithms[i];
    return NULL;
}

/* Without a list a key does all of its kind, but for deriving others. */
static bool is_allowed(const struct key_state *key, uint8_t id)
{
    bool listed = memchr(key->algorithms, id, key->algorithm_count);
    return listed || (!key->algorithm_count && id != 0x98);
}

/* Whether the key may be used so; the use itself is counted when it worked. */
static uint16_t find_use(struct turn *t, enum purpose purpose, uint8_t id)
{
    if (!t->m->session.user)
        return 0x6982;
    t->key = &t->m->keys[t->p1];
    t->algorithm = find_algorithm(purpose, id);
    if (!t->key->exists)
        return 0x6A88;
    if (!t->algorithm || t->algorithm->type != t->key->type || !is_allowed(t->key, id))
        return 0x6A81;
    return t->key->counted && !t->key->uses ? 0x6984 : 0x9000;
}

static void count(struct key_state *key)
{
    key->uses -= key->counted;
}

/* --- SIGN, DECIPHER --- */

static const char *digest_by_size(size_t size)
{
    return size == 20   ? "SHA1"
           : size == 28 ? "SHA224"
           : size == 32 ? "SHA256"
           : size == 48 ? "SHA384"
           : size == 64 ? "SHA512"
                        : NULL;
}

static bool is_signed(struct turn *t, struct span signature)
{
    const struct algorithm_name *algorithm = t->algorithm;
    uint8_t bytes[4096];
    struct writer hash = WRITER_OF(bytes);
    EVP_PKEY *key = t->key->known;
    if (algorithm->way == RAW)
        return truth_rsa_raw(key, signature, &hash) && span_equal(written(&hash), t->data);
    truth_digest(algorithm->digest, t->data, &hash);
    if (algorithm->way == ECDSA)
        return truth_ecdsa(key, written(&hash), signature);
    const char *digest = algorithm->digest;
    if (algorithm->way == PSS && !digest)
        digest = digest_by_size(t->data.size);
    return truth_rsa_verify(key, algorithm->way == PSS, digest, written(&hash), signature);
}

static const char *judge_signature(struct turn *t, struct span data)
{
    return !t->key->known || is_signed(t, data) ? NULL : "the signature does not verify";
}

/* Whether RSA takes what it is given. */
static bool rsa_fits(const struct turn *t)
{
    uint8_t bytes[1024];
    struct writer ignored = WRITER_OF(bytes);
    const struct key_state *key = t->key;
    size_t size = key->bits / 8;
    switch (t->algorithm->way) {
    case PKCS1:
        return t->algorithm->digest || t->data.size + 11 <= size;
    case PSS:
        return t->algorithm->digest || digest_by_size(t->data.size);
    case RAW:
        return t->data.size == size &&
               (key->known ? truth_rsa_raw(key->known, t->data, &ignored) : t->data.at[0] == 0);
    default:
        return false;
    }
}

/* PSS needs a block that holds the hash twice, and two bytes. */
static bool pss_has_room(const struct turn *t)
{
    uint8_t bytes[4096];
    struct writer hash = WRITER_OF(bytes);
    if (t->algorithm->way != PSS)
        return true;
    truth_digest(t->algorithm->digest, t->data, &hash);
    return 2 * hash.size + 2 <= t->key->bits / 8;
}

uint16_t on_sign(struct turn *t)
{
    uint16_t status = find_use(t, SIGN, t->p2);
    if (status != 0x9000)
        return status;
    if (t->key->type == 'R' && (!rsa_fits(t) || !pss_has_room(t)))
        return 0x6A80;
    count(t->key);
    t->judge = judge_signature;
    return 0x9000;
}

/* The peers that the generator makes: small multiples of the generator, so that what is agreed upon
 * can be computed from the card's public key. */
static bool compute_agreement(const struct turn *t, struct writer *out)
{
    const struct group *group = t->key->group;
    for (uint8_t scalar = 2; scalar < 5; scalar++) {
        uint8_t bytes[POINT_MAX];
        struct writer peer = WRITER_OF(bytes);
        truth_multiply(group, span_of(&scalar, 1), (struct span){ 0 }, (struct span){ 0 }, &peer);
        if (span_equal(written(&peer), t->data))
            return truth_multiply(group, span_of(&scalar, 1),
                                  span_of(t->key->point, t->key->point_size), (struct span){ 0 },
                                  out);
    }
    return false;
}

static const char *judge_agreement(struct turn *t, struct span data)
{
    uint8_t bytes[POINT_MAX];
    struct writer due = WRITER_OF(bytes);
    if (!t->key->known || !compute_agreement(t, &due))
        return data.size == t->data.size ? NULL : "this is no point";
    return span_equal(data, written(&due)) ? NULL : "another point was agreed upon";
}

static const char *judge_raw_block(struct turn *t, struct span data)
{
    uint8_t bytes[1024];
    struct writer block = WRITER_OF(bytes);
    if (!t->key->known)
        return NULL;
    bool good = truth_rsa_raw(t->key->known, data, &block) && span_equal(written(&block), t->data);
    return good ? NULL : "deciphered wrongly";
}

static bool is_point(const struct turn *t)
{
    static const uint8_t one = 1;
    uint8_t bytes[POINT_MAX];
    struct writer point = WRITER_OF(bytes);
    return truth_multiply(t->key->group, span_of(&one, 1), t->data, (struct span){ 0 }, &point);
}

uint16_t on_decipher(struct turn *t)
{
    uint16_t status = find_use(t, DECIPHER, t->p2);
    if (status != 0x9000)
        return status;
    count(t->key); /* also of what is refused now: it was tried */
    if (t->key->type == 'R' ? !rsa_fits(t) : !is_point(t))
        return 0x6A80;
    t->judge = t->key->type == 'R' ? judge_raw_block : judge_agreement;
    return 0x9000;
}

/* --- DERIVE EC KEY --- */

/* Q + parameter * G, where Q is known. */
static void derive_point(const struct key_state *source, struct span parameter,
                         struct key_state *heir)
{
    static const uint8_t one = 1;
    uint8_t bytes[POINT_MAX];
    struct writer point = WRITER_OF(bytes);
    EVP_PKEY_free(heir->known);
    heir->known = NULL;
    heir->point_size = 0;
    if (source->known &&
        truth_multiply(source->group, span_of(&one, 1), span_of(source->point, source->point_size),
                       parameter, &point))
        set_point(heir, written(&point));
}

uint16_t on_derive_key(struct turn *t)
{
    struct span parameter = span_part(t->data, 1, t->data.size);
    uint16_t status = find_use(t, DERIVE, t->data.at[0]);
    struct key_state source = { 0 };
    if (status != 0x9000)
        return status;
    if (t->key->counted)
        return 0x6985;
    if (parameter.size != t->key->group->size)
        return 0x6A80;
    copy_key(&source, t->key);
    struct key_state *heir = &t->m->keys[t->p2];
    copy_key(heir, &source);
    heir->serial = ++t->m->serials;
    heir->derived = true;
    derive_point(&source, parameter, heir);
    drop_key(&source);
    put_request(t->m, t->p2);
    return 0x9000;
}

/* --- AES --- */

static const char *judge_unknown_key(struct turn *t, struct span data)
{
    struct key_state *key = t->key;
    bool small = t->data.size < sizeof key->asked && data.size <= sizeof key->told;
    bool again = key->asked_size == t->data.size + 1 && key->asked[0] == t->p2 &&
                 span_equal(span_of(key->asked + 1, t->data.size), t->data);
    if (again)
        return span_equal(data, span_of(key->told, key->told_size)) ? NULL
                                                                    : "another answer than before";
    if (!small)
        return NULL;
    key->asked[0] = t->p2;
    memcpy(key->asked + 1, t->data.at, t->data.size);
    memcpy(key->told, data.at, data.size);
    key->asked_size = (uint8_t)(t->data.size + 1);
    key->told_size = (uint8_t)data.size;
    return NULL;
}

static void compute(struct turn *t, struct span secret)
{
    t->wants = true;
    if (t->p2 == 0x18)
        truth_cmac(secret, t->data, &t->want);
    else if (t->p2 == 0x99)
        truth_derive(secret, t->data, &t->want);
    else
        truth_cbc(secret, t->p2 == 0x10, t->data, &t->want);
}

uint16_t on_cipher(struct turn *t)
{
    uint16_t status = find_use(t, CIPHER, t->p2);
    if (status != 0x9000)
        return status;
    if ((t->p2 == 0x10 || t->p2 == 0x11) && t->data.size % 16)
        return 0x6A80;
    count(t->key);
    if (t->key->secret_size)
        compute(t, span_of(t->key->secret, t->key->secret_size));
    else
        t->judge = judge_unknown_key;
    return 0x9000;
}
