#include "card-os/files.h"

#include "base/failure.h"
#include "base/secret.h"

/* First match wins: single files before their class. */
static const struct file_class classes[] = {
    { "device certificates", 0x2F02, 0xFFFF, ANYONE, NEVER, NEVER, 0, false },
    { "token information", 0x2F03, 0xFFFF, ANYONE, USER, USER, 0, false },
    { "work file", FILE_WORK, 0xFFFF, NEVER, USER, USER, 0, true },
    { "device key", 0xCC00, 0xFFFF, NEVER, NEVER, NEVER, 0, false },
    { "key", 0xCC00, 0xFF00, NEVER, NEVER, USER, 0, false },
    { "key description", 0xC400, 0xFF00, ANYONE, USER, USER, 0, false },
    { "certificate or request", 0xCE00, 0xFF00, ANYONE, USER, USER, 0, false },
    { "certificate description", 0xC800, 0xFF00, ANYONE, USER, USER, 0, false },
    { "CA certificate", 0xCA00, 0xFF00, ANYONE, USER, USER, 0, false },
    { "data description", 0xC900, 0xFF00, ANYONE, USER, USER, 0, false },
    { "public data", 0xCF00, 0xFF00, ANYONE, USER, USER, 0, false },
    { "confidential data", 0xCD00, 0xFF00, USER, USER, USER, AUDIT_FILE_READ, false },
    { "configuration", 0xCB00, 0xFF00, ANYONE, USER, USER, 0, false },
};

const struct file_class *file_class_of(uint16_t file)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if ((file & classes[i].mask) == classes[i].id)
            return &classes[i];
    return NULL;
}

size_t file_class_count(void)
{
    return COUNT_OF(classes);
}

const struct file_class *file_class_at(size_t index)
{
    return &classes[index];
}

bool file_command(const struct command *row)
{
    return row->rule == FILE_READ || row->rule == FILE_WRITE || row->rule == FILE_DELETE;
}

uint16_t file_addressed(const struct call *c)
{
    if (c->row->rule != FILE_DELETE)
        return call_file(c);
    struct reader in = call_data(c);
    return read_u16(&in);
}

/* --- Content --- */

static bool in_session(uint16_t file)
{
    const struct file_class *class = file_class_of(file);
    return class && class->in_session;
}

int file_load(struct card *card, uint16_t file, struct writer *out)
{
    const struct work_file *work = &card->session.work_file;
    if (!in_session(file))
        return store_get(card->env->store, OBJECT_FILE, file, out);
    if (!work->exists)
        return STORE_ABSENT;
    write_span(out, span_of(work->content, work->size));
    return out->full ? STORE_TOO_SMALL : 0;
}

int file_size(struct card *card, uint16_t file, size_t *out_size)
{
    const struct work_file *work = &card->session.work_file;
    if (!in_session(file))
        return store_size(card->env->store, OBJECT_FILE, file, out_size);
    *out_size = work->size;
    return work->exists ? 0 : STORE_ABSENT;
}

/* Nothing to take back when the transaction fails: the session ends with it. */
int file_save(struct card *card, uint16_t file, const struct writer *content)
{
    struct work_file *work = &card->session.work_file;
    if (!in_session(file))
        return store_put_written(card->env->store, OBJECT_FILE, file, content);
    struct writer out = WRITER_OF(work->content);
    write_span(&out, written(content));
    if (out.full)
        return failure(FAULT_LIBRARY, "%zu bytes for the work file", content->size);
    work->exists = true;
    work->size = out.size;
    return 0;
}

int file_remove(struct card *card, uint16_t file)
{
    struct work_file *work = &card->session.work_file;
    if (!in_session(file))
        return store_delete(card->env->store, OBJECT_FILE, file);
    bool existed = work->exists;
    secret_wipe(work, sizeof *work);
    return existed ? 0 : STORE_ABSENT;
}

size_t file_size_max(uint16_t file)
{
    return in_session(file) ? WORK_FILE_MAX : FILE_SIZE_MAX;
}
