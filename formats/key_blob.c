/* SPDX-License-Identifier: Apache-2.0 */
/* Wraps and unwraps keys. */
#include "formats/key_blob.h"

#include "base/secret.h"
#include "crypto/curve_parameters.h"

#define BLOCK     16
#define PLAIN_MAX KEY_BLOB_MAX

/* Object identifiers, without tag and length. */
static const uint8_t oid_rsa[] = { 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02, 0x01, 0x02 };
static const uint8_t oid_ec[] = { 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03 };
static const uint8_t oid_aes[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01 };

/* --- Components: one form for each type --- */

static int write_rsa(const struct key_blob_key *key, struct writer *out)
{
    write_u16(out, key->spec.bits);
    write_counted(out, key->parts.d);
    write_counted(out, key->parts.n);
    write_counted(out, key->parts.e);
    return 0;
}

static int read_rsa(struct reader *in, struct key_blob_key *out)
{
    read_u16(in); /* the size in bits, which the modulus tells as well */
    out->parts.d = read_counted(in);
    out->parts.n = read_counted(in);
    out->parts.e = read_counted(in);
    return 0;
}

static int write_rsa_crt(const struct key_blob_key *key, struct writer *out)
{
    const struct key_parts *parts = &key->parts;
    const struct span order[] = { parts->dp, parts->dq, parts->p, parts->qinv,
                                  parts->q,  parts->n,  parts->e };
    write_u16(out, key->spec.bits);
    for (size_t i = 0; i < COUNT_OF(order); i++)
        write_counted(out, order[i]);
    return 0;
}

static int read_rsa_crt(struct reader *in, struct key_blob_key *out)
{
    struct key_parts *parts = &out->parts;
    struct span *const order[] = { &parts->dp, &parts->dq, &parts->p, &parts->qinv,
                                   &parts->q,  &parts->n,  &parts->e };
    read_u16(in);
    for (size_t i = 0; i < COUNT_OF(order); i++)
        *order[i] = read_counted(in);
    return 0;
}

static int write_ec(const struct key_blob_key *key, struct writer *out)
{
    struct curve_storage storage;
    struct domain_parameters domain;
    int r = curve_parameters(key->spec.curve, &storage, &domain);
    if (r)
        return r;
    /* Edwards and Montgomery curves have no coefficients, so A and B are empty. */
    const struct span order[] = { domain.a,        domain.b,         domain.prime,
                                  domain.order,    domain.generator, key->parts.scalar,
                                  key->parts.point };
    write_u16(out, key->spec.bits);
    for (size_t i = 0; i < COUNT_OF(order); i++)
        write_counted(out, order[i]);
    return 0;
}

static int read_ec(struct reader *in, struct key_blob_key *out)
{
    struct domain_parameters domain = { 0 };
    struct span *const order[] = { &domain.a,        &domain.b,         &domain.prime,
                                   &domain.order,    &domain.generator, &out->parts.scalar,
                                   &out->parts.point };
    read_u16(in);
    for (size_t i = 0; i < COUNT_OF(order); i++)
        *order[i] = read_counted(in);
    if (read_failed(in))
        return 0;
    int r = curve_by_parameters(&domain, &out->spec.curve);
    if (!r)
        out->spec = key_spec_on(out->spec.curve);
    return r == CRYPTO_UNSUPPORTED ? KEY_BLOB_MALFORMED : r;
}

static int write_aes(const struct key_blob_key *key, struct writer *out)
{
    write_u16(out, (uint16_t)key->parts.secret.size);
    write_span(out, key->parts.secret);
    return 0;
}

static int read_aes(struct reader *in, struct key_blob_key *out)
{
    out->parts.secret = read_counted(in);
    return 0;
}

static const struct form {
    enum key_blob_type type;
    enum key_type kind;
    struct span oid;
    int (*write)(const struct key_blob_key *key, struct writer *out);
    int (*read)(struct reader *in, struct key_blob_key *out);
} forms[] = {
    { BLOB_RSA, KEY_RSA, { oid_rsa, sizeof oid_rsa }, write_rsa, read_rsa },
    { BLOB_RSA_CRT, KEY_RSA, { oid_rsa, sizeof oid_rsa }, write_rsa_crt, read_rsa_crt },
    { BLOB_EC, KEY_EC, { oid_ec, sizeof oid_ec }, write_ec, read_ec },
    { BLOB_AES, KEY_AES, { oid_aes, sizeof oid_aes }, write_aes, read_aes },
};

static const struct form *form_of(uint8_t type)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (forms[i].type == type)
            return &forms[i];
    return NULL;
}

/* --- The outside --- */

bool key_blob_read(struct span bytes, struct key_blob *out)
{
    if (bytes.size < KEK_MAC_SIZE)
        return false;
    struct span authenticated = span_part(bytes, 0, bytes.size - KEK_MAC_SIZE);
    struct reader in = reader_of(authenticated);
    struct key_blob blob = { .authenticated = authenticated };
    blob.mac = span_part(bytes, authenticated.size, KEK_MAC_SIZE);
    blob.check = read_span(&in, KEK_CHECK_SIZE);
    blob.type = read_u8(&in);
    read_counted(&in); /* the OID: some firmware wrote a wrong one */
    blob.algorithms = read_counted(&in);
    read_counted(&in); /* access conditions */
    read_counted(&in); /* OID of the key */
    blob.cipher = read_rest(&in);
    if (!read_finished(&in) || !blob.cipher.size || blob.cipher.size % BLOCK)
        return false;
    *out = blob;
    return true;
}

static void write_header(const struct kek *kek, const struct form *form,
                         const struct key_blob_key *key, struct writer *out)
{
    write_span(out, SPAN_OF(kek->check));
    write_u8(out, (uint8_t)form->type);
    write_counted(out, form->oid);
    write_counted(out, key->algorithms);
    write_u16(out, 0);
    write_u16(out, 0);
}

/* Pads by ISO 9797-1 method 2: at least one byte. */
static void pad(struct writer *out)
{
    write_u8(out, 0x80);
    write_zeros(out, (BLOCK - out->size % BLOCK) % BLOCK);
}

int key_blob_seal(const struct kek *kek, const struct key_blob_key *key, struct span random,
                  struct writer *out)
{
    SCOPED_SECRET(bytes, PLAIN_MAX);
    struct writer plain = WRITER_OF(bytes);
    const struct form *form = form_of((uint8_t)key->type);
    size_t start = out->size;
    write_span(&plain, random);
    int r = form->write(key, &plain);
    pad(&plain);
    write_header(kek, form, key, out);
    if (!r && plain.full)
        out->full = true;
    if (!r)
        r = kek_encrypt(kek, written(&plain), out);
    if (!r)
        r = kek_authenticate(kek, span_part(written(out), start, out->size), out);
    return r;
}

static int check_mac(const struct kek *kek, const struct key_blob *blob)
{
    uint8_t bytes[KEK_MAC_SIZE];
    struct writer mac = WRITER_OF(bytes);
    int r = kek_authenticate(kek, blob->authenticated, &mac);
    if (r)
        return r;
    return span_equal(written(&mac), blob->mac) ? 0 : KEY_BLOB_FOREIGN;
}

/* Reads the components. The bytes after them are padding of any kind and are ignored. */
int key_blob_open(const struct kek *kek, const struct key_blob *blob, struct writer *plain,
                  struct key_blob_key *out)
{
    const struct form *form = form_of(blob->type);
    int r = check_mac(kek, blob);
    if (r)
        return r;
    if (!form || blob->cipher.size > plain->capacity)
        return KEY_BLOB_MALFORMED;
    r = kek_decrypt(kek, blob->cipher, plain);
    if (r)
        return r;

    struct key_blob_key key = { .type = form->type,
                                .spec.type = form->kind,
                                .algorithms = blob->algorithms };
    struct reader in = reader_of(written(plain));
    read_span(&in, KEY_BLOB_RANDOM);
    r = form->read(&in, &key);
    if (r)
        return r;
    if (read_failed(&in))
        return KEY_BLOB_MALFORMED;
    *out = key;
    return 0;
}
