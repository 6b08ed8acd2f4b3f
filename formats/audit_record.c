/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads the canonical line of an audit record. One table lists the fields of a line in
 * their order and form; both writer and reader use it. */
#include "formats/audit_record.h"

#include <string.h>

#include "base/text.h"

enum form {
    NUMBER,      /* decimal */
    HEX,         /* bytes */
    HEX_IF_ANY,  /* bytes; "" when all are zero */
    WORD,        /* a 16-bit number as four hex digits */
    WORD_IF_ANY, /* a 16-bit number as four hex digits; "" when zero */
};

struct field {
    struct span label; /* text before the value */
    enum form form;
    size_t offset, size;
};

#define FIELD(name, form, member) LABELLED(",\"" name "\":", form, member)
#define LABELLED(label, form, member)                                                              \
    {                                                                                              \
        { (const uint8_t *)(label), sizeof(label) - 1 }, form,                                     \
            offsetof(struct audit_record, member), sizeof((struct audit_record){ 0 }.member)       \
    }
static const struct field fields[] = {
    LABELLED("{\"seq\":", NUMBER, seq), FIELD("inc", HEX, incarnation),
    FIELD("boot", NUMBER, boot),        FIELD("ms", NUMBER, time_ms),
    FIELD("us", NUMBER, ticks_us),      FIELD("cont", NUMBER, continued_us),
    FIELD("rand", HEX, random),         FIELD("act", NUMBER, action),
    FIELD("cmd", HEX, command),         FIELD("sw", WORD, sw),
    FIELD("role", NUMBER, role),        FIELD("appr", HEX_IF_ANY, approvers),
    FIELD("uid", NUMBER, admin_uid),    FIELD("obj", WORD_IF_ANY, object),
    FIELD("key", HEX_IF_ANY, key),      FIELD("dig", HEX_IF_ANY, digest),
    FIELD("age", NUMBER, since_ms),     FIELD("cnt", NUMBER, count),
    FIELD("prev", HEX, previous),
};

/* --- The registry --- */

static const struct audit_traits registry[] = {
#define X(number, name, durability, quota, notice, joining, counter, keys, digest, text)           \
    [number] = { AUDIT_##durability, AUDIT_##quota, AUDIT_##notice, AUDIT_##joining, AUDIT_##keys, \
                 AUDIT_##digest,     text },
    AUDIT_ACTIONS(X)
#undef X
};

const struct audit_traits *audit_traits_of(enum audit_action action)
{
    static const struct audit_traits nothing = { .quota = AUDIT_SPARED };
    static const struct audit_traits unknown = { .quota = AUDIT_AUDITED };
    if (action == AUDIT_NOTHING)
        return &nothing;
    return action < COUNT_OF(registry) && registry[action].text ? &registry[action] : &unknown;
}

int audit_key_name(const struct public_part *key, uint8_t out[AUDIT_KEY_SIZE])
{
    const struct span parts[] = { key->modulus, key->exponent, key->point };
    uint8_t hash[SHA256_SIZE];
    int r = digest_of(DIGEST_SHA256, parts, COUNT_OF(parts), hash);
    if (!r)
        memcpy(out, hash, AUDIT_KEY_SIZE);
    return r;
}

const char *audit_action_text(enum audit_action action)
{
    return audit_traits_of(action)->text;
}

const char *audit_role_text(enum audit_role role)
{
    static const char *const texts[] = {
        [AUDIT_NOBODY] = "nobody", [AUDIT_USER] = "user",     [AUDIT_OFFICER] = "officer",
        [AUDIT_ADMIN] = "admin",   [AUDIT_SYSTEM] = "system",
    };
    return role < COUNT_OF(texts) ? texts[role] : "unknown";
}

/* --- Numbers in the record: of 16, 32 or 64 bits --- */

static uint64_t get_number(const void *at, size_t size)
{
    uint16_t word;
    uint32_t half;
    uint64_t whole;
    switch (size) {
    case sizeof word:
        memcpy(&word, at, sizeof word);
        return word;
    case sizeof half:
        memcpy(&half, at, sizeof half);
        return half;
    default:
        memcpy(&whole, at, sizeof whole);
        return whole;
    }
}

/* Stores a number; upper bits that do not fit are lost, which the reader detects by writing the
 * record again. */
static void set_number(void *at, size_t size, uint64_t value)
{
    uint16_t word = (uint16_t)value;
    uint32_t half = (uint32_t)value;
    switch (size) {
    case sizeof word:
        memcpy(at, &word, sizeof word);
        return;
    case sizeof half:
        memcpy(at, &half, sizeof half);
        return;
    default:
        memcpy(at, &value, sizeof value);
    }
}

/* --- Writing --- */

static void write_word(struct writer *out, uint64_t value)
{
    uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value };
    write_hex(out, SPAN_OF(bytes));
}

static void write_value(struct writer *out, const struct field *field, const void *at)
{
    struct span bytes = span_of(at, field->size);
    bool number = field->form == NUMBER || field->form == WORD || field->form == WORD_IF_ANY;
    uint64_t value = number ? get_number(at, field->size) : 0;
    bool left_out =
        (field->form == HEX_IF_ANY || field->form == WORD_IF_ANY) && span_is_zero(bytes);

    if (field->form == NUMBER) {
        write_decimal(out, value);
        return;
    }
    write_text(out, "\"");
    if (!left_out && number)
        write_word(out, value);
    else if (!left_out)
        write_hex(out, bytes);
    write_text(out, "\"");
}

void audit_record_write(const struct audit_record *record, struct writer *out)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        write_span(out, fields[i].label);
        write_value(out, &fields[i], (const uint8_t *)record + fields[i].offset);
    }
    write_text(out, "}");
}

/* --- Reading ---
 *
 * The reader takes the fields in order and is lenient about what they may be. Strictness comes from
 * writing the result again: whatever is not canonical differs. */

/* Zero once reading has failed, and at the end. */
static uint8_t peek(const struct reader *in)
{
    return read_left(in) ? *in->rest.at : 0;
}

static uint64_t read_word(struct reader *in)
{
    uint8_t bytes[2] = { 0 };
    read_hex(in, bytes, sizeof bytes);
    return (uint64_t)(bytes[0] << 8 | bytes[1]);
}

static void read_value(struct reader *in, const struct field *field, uint8_t *at)
{
    if (field->form == NUMBER) {
        set_number(at, field->size, read_decimal(in));
        return;
    }
    read_expected(in, "\"");
    if (peek(in) != '"') {
        if (field->form == WORD || field->form == WORD_IF_ANY)
            set_number(at, field->size, read_word(in));
        else
            read_hex(in, at, field->size);
    }
    read_expected(in, "\"");
}

static void read_label(struct reader *in, struct span label)
{
    struct span found = read_span(in, label.size);
    if (found.size != label.size || memcmp(found.at, label.at, label.size) != 0)
        read_fail(in);
}

bool audit_record_read(struct span line, struct audit_record *out)
{
    struct reader in = reader_of(line);
    struct audit_record record;
    memset(&record, 0, sizeof record);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        read_label(&in, fields[i].label);
        read_value(&in, &fields[i], (uint8_t *)&record + fields[i].offset);
    }
    read_expected(&in, "}");
    if (!read_finished(&in))
        return false;

    uint8_t bytes[AUDIT_LINE_MAX];
    struct writer again = WRITER_OF(bytes);
    audit_record_write(&record, &again);
    if (again.full || again.size != line.size || memcmp(bytes, line.at, line.size) != 0)
        return false;
    *out = record;
    return true;
}
