/* SPDX-License-Identifier: Apache-2.0 */
/* SELECT and files (protocol.md 1.2 to 1.4 and section 2). */
#include <stdlib.h>
#include <string.h>

#include "base/tlv.h"
#include "tests/model/model.h"

/* --- What is kept --- */

struct file_state *find_file(struct model *m, uint16_t id)
{
    for (size_t i = 0; i < m->file_count; i++)
        if (m->files[i].id == id)
            return &m->files[i];
    return NULL;
}

struct file_state *put_file(struct model *m, uint16_t id, struct span content)
{
    struct file_state *file = find_file(m, id);
    if (!file) {
        if (m->file_count == FILES_MAX)
            abort();
        file = &m->files[m->file_count++];
        *file = (struct file_state){ .id = id };
    }
    uint8_t *copy = malloc(content.size + 1);
    if (!copy || !span_copy(content, copy, content.size))
        abort();
    free(file->content);
    file->content = copy;
    file->size = content.size;
    file->request_of = 0;
    return file;
}

void remove_file(struct model *m, struct file_state *file)
{
    free(file->content);
    *file = m->files[--m->file_count];
}

void forget_files(struct model *m)
{
    while (m->file_count)
        remove_file(m, m->files);
}

/* The request that the card wrote for this key: not known until it is read. */
void put_request(struct model *m, uint8_t key)
{
    struct file_state *file = put_file(m, (uint16_t)(0xCE00 | key), (struct span){ 0 });
    file->request_of = m->keys[key].serial;
    file->key = key;
}

static bool is_key(uint16_t file)
{
    return (file & 0xFF00) == 0xCC00;
}

static bool is_log(uint16_t file)
{
    return (file & 0xF000) == 0xD000;
}

/* --- Who may --- */

enum right { ANYBODY, THE_USER, NOBODY_AT_ALL, NOT_THERE };
enum use { READING, WRITING, DELETING };

static const struct {
    uint16_t id, mask;
    enum right rights[3];
} classes[] = {
    { 0x2F02, 0xFFFF, { ANYBODY, NOBODY_AT_ALL, NOBODY_AT_ALL } },
    { 0x2F03, 0xFFFF, { ANYBODY, THE_USER, THE_USER } },
    { 0x2F10, 0xFFFF, { NOBODY_AT_ALL, THE_USER, THE_USER } },
    { 0xCC00, 0xFFFF, { NOBODY_AT_ALL, NOBODY_AT_ALL, NOBODY_AT_ALL } },
    { 0xCC00, 0xFF00, { NOBODY_AT_ALL, NOBODY_AT_ALL, THE_USER } },
    { 0xC400, 0xFF00, { ANYBODY, THE_USER, THE_USER } },
    { 0xCE00, 0xFF00, { ANYBODY, THE_USER, THE_USER } },
    { 0xC800, 0xFF00, { ANYBODY, THE_USER, THE_USER } },
    { 0xCA00, 0xFF00, { ANYBODY, THE_USER, THE_USER } },
    { 0xC900, 0xFF00, { ANYBODY, THE_USER, THE_USER } },
    { 0xCF00, 0xFF00, { ANYBODY, THE_USER, THE_USER } },
    { 0xCD00, 0xFF00, { THE_USER, THE_USER, THE_USER } },
    { 0xCB00, 0xFF00, { ANYBODY, THE_USER, THE_USER } },
    { 0xD000, 0xFFFE, { THE_USER, NOBODY_AT_ALL, NOBODY_AT_ALL } },
    { 0xD000, 0xFF00, { NOT_THERE, NOBODY_AT_ALL, NOBODY_AT_ALL } },
    { 0xD000, 0xF000, { THE_USER, NOBODY_AT_ALL, NOBODY_AT_ALL } },
};

static uint16_t permit(const struct turn *t, uint16_t id, enum use use)
{
    bool user = t->m->session.user;
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if ((id & classes[i].mask) != classes[i].id)
            continue;
        enum right right = classes[i].rights[use];
        bool may = right == ANYBODY || (right == THE_USER && user);
        return may ? 0x9000 : right == NOT_THERE ? 0x6A82 : 0x6982;
    }
    if (use != READING && !user) /* whoever may not write is not told what there could be */
        return 0x6982;
    return id || use == DELETING ? 0x6A82 : 0x6986;
}

/* --- SELECT --- */

static const uint8_t applet[] = { 0xE8, 0x2B, 6, 1, 4, 1, 0x81, 0xC3, 0x1F, 2, 1 };
static const uint8_t rescue[] = { 0xA0, 0x58, 0x3F, 0xC1, 0x9B, 0x7E, 0x4F, 0x21 };

/* 6F, or 62 where FCP was asked for. */
static struct tlv_mark open_template(struct turn *t)
{
    t->wants = true;
    return tlv_open(&t->want, t->p2 == 4 ? 0x62 : 0x6F);
}

static uint16_t on_rescue(struct turn *t)
{
    struct span serial = span_of(t->m->name, HOLDER_MAX - 5);
    t->wants = true;
    write_u32(&t->want, 0x03010401);
    write_span(&t->want, span_part(serial, serial.size - 8, 8));
    end_session(t->m);
    return 0x9000;
}

uint16_t on_select_applet(struct turn *t)
{
    if (span_equal(t->data, SPAN_OF(rescue)))
        return on_rescue(t);
    if (!span_equal(t->data, SPAN_OF(applet)))
        return 0x6A82;
    end_session(t->m);
    if (t->p2 == 0x0C)
        return 0x9000;
    struct tlv_mark parts = open_template(t);
    tlv_write_u8(&t->want, 0x82, 0x78);
    struct tlv_mark versions = tlv_open(&t->want, 0x85);
    write_u16(&t->want, t->m->options);
    write_u8(&t->want, 6);
    write_u16(&t->want, 0x0401);
    tlv_close(&t->want, versions);
    tlv_close(&t->want, parts);
    return 0x9000;
}

static void write_limits(const struct key_state *key, struct writer *out)
{
    if (!key->counted && !key->algorithm_count && !key->in_domain)
        return;
    struct tlv_mark limits = tlv_open(out, 0xA5);
    if (key->counted) {
        struct tlv_mark uses = tlv_open(out, 0x90);
        write_u32(out, key->uses);
        tlv_close(out, uses);
    }
    if (key->algorithm_count)
        tlv_write(out, 0x91, span_of(key->algorithms, key->algorithm_count));
    if (key->in_domain)
        tlv_write_u8(out, 0x92, key->domain);
    tlv_close(out, limits);
}

static const char *any_data(struct turn *t, struct span data)
{
    (void)t;
    (void)data;
    return NULL;
}

static uint16_t write_fci(struct turn *t, uint16_t id, size_t size)
{
    t->m->session.current = id;
    if (t->p2 == 0x0C)
        return 0x9000;
    uint8_t descriptor[] = { 0x82, 1, 1 }, bytes[2];
    struct writer number = WRITER_OF(bytes);
    struct tlv_mark parts = open_template(t);
    write_u16(&number, size < 0xFFFF ? (uint16_t)size : 0xFFFF);
    tlv_write(&t->want, 0x80, written(&number));
    write_span(&t->want, SPAN_OF(descriptor));
    write_trim(&number, 0);
    write_u16(&number, id);
    tlv_write(&t->want, 0x83, written(&number));
    if (is_key(id))
        write_limits(&t->m->keys[id & 0xFF], &t->want);
    tlv_close(&t->want, parts);
    return 0x9000;
}

/* Pages of the log beyond the first few are not asked for. */
static bool is_log_file(uint16_t file)
{
    return file == 0xD000 || file == 0xD001 || file == 0xD100;
}

uint16_t on_select_file(struct turn *t)
{
    struct model *m = t->m;
    struct reader in = reader_of(t->data);
    uint16_t id = read_u16(&in);
    if (id == 0x3F00 && read_left(&in))
        id = read_u16(&in);
    if (read_left(&in))
        return 0x6A82;
    const struct file_state *file = find_file(m, id);
    if (is_key(id))
        return m->keys[id & 0xFF].exists ? write_fci(t, id, 0) : 0x6A82;
    if (id == 0x2F10)
        return m->session.work_exists ? write_fci(t, id, m->session.work_size) : 0x6A82;
    if (is_log(id) && permit(t, id, READING) != 0x9000) /* as READ BINARY (protocol.md 17) */
        return permit(t, id, READING);
    if (is_log(id) ? !is_log_file(id) : !file)
        return 0x6A82;
    uint16_t status = write_fci(t, id, file ? file->size : 0);
    if (is_log(id) || file->request_of)
        t->judge = any_data;
    return status;
}

/* P1 P2, or the current file. */
static uint16_t addressed(const struct turn *t)
{
    uint16_t id = (uint16_t)(t->p1 << 8 | t->p2);
    return id ? id : t->m->session.current;
}

/* --- READ --- */

static bool read_offset(struct reader *in, size_t *out)
{
    struct span offset = tlv_expect(in, 0x54);
    struct reader number = reader_of(offset);
    *out = read_u16(&number);
    return offset.size == 2 && !read_failed(in);
}

/* The whole of a request that the card wrote: from now on it is known. */
static const char *judge_request_file(struct turn *t, struct span data)
{
    const char *complaint = NULL;
    struct file_state *file = t->file;
    struct key_state *key = &t->m->keys[file->key];
    struct reader in = reader_of(data);
    (void)tlv_read(&in);
    if (!data.size || !read_finished(&in)) /* a part of it */
        return NULL;
    if (key->exists && key->serial == file->request_of)
        learn_request(t->m, key, data, &complaint);
    if (!complaint)
        put_file(t->m, file->id, data);
    return complaint;
}

static uint16_t read_content(struct turn *t, struct span content, size_t offset)
{
    uint32_t asked = t->le_present ? t->le : 65536;
    struct span rest = span_part(content, offset, content.size);
    t->wants = true;
    write_span(&t->want, span_part(rest, 0, asked));
    return rest.size < asked ? 0x6282 : 0x9000;
}

uint16_t on_read(struct turn *t)
{
    uint16_t id = addressed(t);
    size_t offset;
    uint16_t status = permit(t, id, READING);
    struct reader in = reader_of(t->data);
    if (status != 0x9000)
        return status;
    if (!read_offset(&in, &offset))
        return 0x6A80;
    t->file = find_file(t->m, id);
    if (is_log(id) || (t->file && t->file->request_of)) {
        t->end_allowed = true;
        t->judge = is_log(id) ? any_data : offset ? any_data : judge_request_file;
        return is_log(id) && !is_log_file(id) ? 0x6A82 : 0x9000;
    }
    if (!t->file)
        return 0x6A82;
    return read_content(t, span_of(t->file->content, t->file->size), offset);
}

/* --- UPDATE, DELETE --- */

static struct span content_of(struct turn *t, uint16_t id)
{
    const struct session_state *session = &t->m->session;
    const struct file_state *file = find_file(t->m, id);
    if (id == 0x2F10)
        return span_of(session->work, session->work_size);
    return file ? span_of(file->content, file->size) : (struct span){ 0 };
}

static void keep_content(struct turn *t, uint16_t id, struct span content)
{
    struct session_state *session = &t->m->session;
    session->current = id;
    if (id != 0x2F10) {
        put_file(t->m, id, content);
        return;
    }
    session->work_exists = true;
    session->work_size = content.size;
    memcpy(session->work, content.at, content.size);
}

/* At offset 0 the file is replaced; a gap is refused. */
static uint16_t change(struct turn *t, uint16_t id, size_t offset, struct span data)
{
    struct span old = content_of(t, id);
    if (offset > old.size)
        return 0x6B00;
    if (offset + data.size > (id == 0x2F10 ? WORK_MAX : CONTENT_MAX))
        return 0x6A84;
    struct writer fresh = writer_of(t->want_bytes, sizeof t->want_bytes);
    write_span(&fresh, span_part(old, 0, offset));
    write_span(&fresh, data);
    if (offset)
        write_span(&fresh, span_part(old, fresh.size, old.size));
    keep_content(t, id, written(&fresh));
    return 0x9000;
}

uint16_t on_update(struct turn *t)
{
    uint16_t id = addressed(t);
    size_t offset;
    uint16_t status = permit(t, id, WRITING);
    if (status != 0x9000)
        return status;
    struct reader in = reader_of(t->data);
    bool good = read_offset(&in, &offset);
    struct span data = tlv_expect(&in, 0x53);
    if (!good || !read_finished(&in))
        return 0x6A80;
    return change(t, id, offset, data);
}

static uint16_t delete_file(struct model *m, uint16_t id)
{
    struct file_state *file = find_file(m, id);
    bool existed = m->session.work_exists;
    if (is_key(id)) {
        existed = m->keys[id & 0xFF].exists;
        drop_key(&m->keys[id & 0xFF]);
        return existed ? 0x9000 : 0x6A82;
    }
    if (id == 0x2F10) {
        m->session.work_exists = false;
        m->session.work_size = 0;
        return existed ? 0x9000 : 0x6A82;
    }
    if (!file)
        return 0x6A82;
    remove_file(m, file);
    return 0x9000;
}

uint16_t on_delete(struct turn *t)
{
    struct reader in = reader_of(t->data);
    uint16_t id = read_u16(&in);
    uint16_t status = permit(t, id, DELETING);
    return status == 0x9000 ? delete_file(t->m, id) : status;
}

/* --- ENUMERATE --- */

static size_t object_count(const struct model *m)
{
    size_t count = m->file_count;
    for (size_t i = 0; i < KEYS; i++)
        count += m->keys[i].exists;
    return count;
}

static bool is_object(struct model *m, uint16_t id)
{
    return is_key(id) ? m->keys[id & 0xFF].exists : find_file(m, id) != NULL;
}

/* Each once; all, unless Le leaves no room: then as many as fit, and keys before others. */
static const char *judge_objects(struct turn *t, struct span data)
{
    size_t room = t->le_present && t->le < 1014 ? t->le : 1014, count = object_count(t->m);
    size_t due = count < room / 2 ? count : room / 2;
    bool seen[65536] = { false };
    struct reader in = reader_of(data);
    while (read_left(&in) >= 2) {
        uint16_t id = read_u16(&in);
        if (seen[id] || !is_object(t->m, id))
            return "an object that is not there, or twice";
        seen[id] = true;
    }
    if (data.size != 2 * due)
        return "not as many objects as there are";
    if (due < count && due > 1 && !seen[0xCC00])
        return "keys come first where not all fit";
    return NULL;
}

uint16_t on_enumerate(struct turn *t)
{
    t->judge = judge_objects;
    return 0x9000;
}
