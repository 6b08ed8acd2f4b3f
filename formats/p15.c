/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes PKCS#15 descriptions. */
#include "formats/p15.h"

#include "base/tlv.h"

enum {
    TAG_INTEGER = 0x02,
    TAG_BITS = 0x03,
    TAG_OCTETS = 0x04,
    TAG_UTF8 = 0x0C,
    TAG_SEQUENCE = 0x30,
    TAG_EC = 0xA0,     /* PrivateKeyType: privateECKey [0] */
    TAG_SECRET = 0xA8, /* the tag that this family uses for secret keys */
    TAG_TYPE_ATTRIBUTES = 0xA1,
};

/* The outermost tag tells the type; SEQUENCE is the first alternative of each class. */
static const struct shape {
    enum p15_class kind;
    uint32_t tag;
    enum p15_type type;
} shapes[] = {
    { P15_KEY, TAG_SEQUENCE, P15_RSA },     { P15_KEY, TAG_EC, P15_EC },
    { P15_KEY, TAG_SECRET, P15_SECRET },    { P15_CERTIFICATE, TAG_SEQUENCE, P15_X509 },
    { P15_DATA, TAG_SEQUENCE, P15_OPAQUE },
};

static const struct shape *shape_of(enum p15_class kind, uint32_t tag)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        if (shapes[i].kind == kind && shapes[i].tag == tag)
            return &shapes[i];
    return NULL;
}

/* Finds the first element with this tag in the next SEQUENCE; empty when there is none. */
static struct span first_in_sequence(struct reader *in, uint32_t tag)
{
    struct span value = { 0 };
    struct reader sequence = tlv_enter(in, TAG_SEQUENCE);
    (void)tlv_find(&sequence, tag, &value);
    return value;
}

/* Reads TypeAttributes: SEQUENCE { Path ::= SEQUENCE { OCTET STRING }, INTEGER bits ... }; for a
 * data object the Path alone. */
static void read_type_attributes(struct reader *in, struct p15_description *out)
{
    struct span value;
    if (!tlv_find(in, TAG_TYPE_ATTRIBUTES, &value))
        return;
    struct reader attributes = reader_child(in, value);
    struct reader inner = tlv_enter(&attributes, TAG_SEQUENCE);
    struct span path = { 0 };
    if (tlv_is_next(&inner, TAG_SEQUENCE))
        path = first_in_sequence(&inner, TAG_OCTETS);
    else
        (void)tlv_find(&inner, TAG_OCTETS, &path);
    struct reader file = reader_of(path);
    if (path.size == sizeof out->file)
        out->file = read_u16(&file);
    if (tlv_find(&inner, TAG_INTEGER, &value))
        out->bits = tlv_number(&inner, value);
}

/* The size of secret keys is in CommonSecretKeyAttributes [0] { SEQUENCE { INTEGER } }. */
static void read_secret_key_size(struct reader *in, struct p15_description *out)
{
    struct reader subclass = tlv_enter(in, 0xA0);
    struct reader size = reader_of(first_in_sequence(&subclass, TAG_INTEGER));
    out->bits = tlv_number(&subclass, read_rest(&size));
}

bool p15_read(enum p15_class kind, struct span file, struct p15_description *out)
{
    struct reader in = reader_of(file);
    struct tlv whole = tlv_read(&in);
    const struct shape *shape = shape_of(kind, whole.tag);
    if (!shape)
        return false;

    struct p15_description found = { .type = shape->type };
    struct reader body = reader_child(&in, whole.value);
    found.label = first_in_sequence(&body, TAG_UTF8);
    *(kind == P15_DATA ? &found.application : &found.id) =
        first_in_sequence(&body, kind == P15_DATA ? TAG_UTF8 : TAG_OCTETS);
    if (found.type == P15_SECRET && tlv_is_next(&body, 0xA0))
        read_secret_key_size(&body, &found);
    read_type_attributes(&body, &found);
    if (read_failed(&in))
        return false;
    *out = found;
    return true;
}

static void write_text_sequence(struct span text, struct writer *out)
{
    struct tlv_mark sequence = tlv_open(out, TAG_SEQUENCE);
    tlv_write(out, TAG_UTF8, text);
    tlv_close(out, sequence);
}

/* Whether it signs and decrypts, or signs and agrees (protocol.md 2.6). */
static void write_key_use(enum p15_type type, struct span id, struct writer *out)
{
    static const uint8_t rsa[] = { 0x02, 0x74 }, ec[] = { 0x07, 0x20, 0x80 };
    struct tlv_mark sequence = tlv_open(out, TAG_SEQUENCE);
    tlv_write(out, TAG_OCTETS, id);
    tlv_write(out, TAG_BITS, type == P15_RSA ? SPAN_OF(rsa) : SPAN_OF(ec));
    tlv_close(out, sequence);
}

/* Writes the attributes of a key: an empty path, since a key is found by its number, and its
 * size. */
static void write_key_size(uint32_t bits, struct writer *out)
{
    uint8_t bytes[2];
    struct writer size = WRITER_OF(bytes);
    write_u16(&size, (uint16_t)bits); /* always two bytes, which GnuPG requires */
    struct tlv_mark type = tlv_open(out, TAG_TYPE_ATTRIBUTES);
    struct tlv_mark sequence = tlv_open(out, TAG_SEQUENCE);
    struct tlv_mark path = tlv_open(out, TAG_SEQUENCE);
    tlv_write(out, TAG_OCTETS, (struct span){ 0 });
    tlv_close(out, path);
    tlv_write(out, TAG_INTEGER, written(&size));
    tlv_close(out, sequence);
    tlv_close(out, type);
}

void p15_write_key(const struct p15_description *key, struct writer *out)
{
    struct tlv_mark whole = tlv_open(out, key->type == P15_RSA ? TAG_SEQUENCE : TAG_EC);
    write_text_sequence(key->label, out);
    write_key_use(key->type, key->id, out);
    write_key_size(key->bits, out);
    tlv_close(out, whole);
}

static void write_path(uint16_t file, struct writer *out)
{
    uint8_t bytes[2];
    struct writer path = WRITER_OF(bytes);
    write_u16(&path, file);
    struct tlv_mark type = tlv_open(out, TAG_TYPE_ATTRIBUTES);
    struct tlv_mark sequence = tlv_open(out, TAG_SEQUENCE);
    tlv_write(out, TAG_OCTETS, written(&path));
    tlv_close(out, sequence);
    tlv_close(out, type);
}

void p15_write_data(struct span label, struct span application, uint16_t file, struct writer *out)
{
    struct tlv_mark whole = tlv_open(out, TAG_SEQUENCE);
    write_text_sequence(label, out);
    write_text_sequence(application, out);
    write_path(file, out);
    tlv_close(out, whole);
}
