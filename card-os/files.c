/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/files.h"

#include "base/failure.h"
#include "base/secret.h"
#include "card-os/call.h"
#include "card-os/capacity.h"
#include "card-os/log_files.h"
#include "card-os/staging.h"
#include "card-os/strict.h"

#define FILES_MAX 4096 /* identifiers; all classes together have fewer */
#define ONE       0xFFFF
#define KIND      FILE_KIND_MASK
#define WRITTEN   AUDIT_FILE_WRITTEN
#define CERTIFIED AUDIT_CERTIFICATE_WRITTEN

/* The first row that matches counts, so single files stand before their class. Columns: name,
 * identifier, mask; who reads, writes, deletes; log action of reading and writing; where the
 * content is; traits of reading. */
static const struct file_class classes[] = {
    { "device certificates", FILE_DEVICE_CERTIFICATES, ONE, ANYONE, NEVER, NEVER, 0, WRITTEN,
      IN_STORE },
    { "token information", FILE_TOKEN_INFO, ONE, ANYONE, USER, USER, 0, WRITTEN, IN_STORE },
    { "work file", FILE_WORK, ONE, NEVER, USER, USER, 0, WRITTEN, IN_SESSION },
    { "device key", FILE_DEVICE_KEY, ONE, NEVER, NEVER, NEVER, 0, WRITTEN, IN_STORE },
    { "key", FILE_KEY, KIND, NEVER, NEVER, USER, 0, WRITTEN, IN_STORE },
    { "key description", FILE_KEY_DESCRIPTION, KIND, ANYONE, USER, USER, 0, WRITTEN, IN_STORE },
    { "certificate or request", FILE_CERTIFICATE, KIND, ANYONE, USER, USER, 0, CERTIFIED,
      IN_STORE },
    { "certificate description", FILE_CERTIFICATE_DESCRIPTION, KIND, ANYONE, USER, USER, 0, WRITTEN,
      IN_STORE },
    { "CA certificate", FILE_CA_CERTIFICATE, KIND, ANYONE, USER, USER, 0, CERTIFIED, IN_STORE },
    { "data description", FILE_DATA_DESCRIPTION, KIND, ANYONE, USER, USER, 0, WRITTEN, IN_STORE },
    { "public data", FILE_PUBLIC_DATA, KIND, ANYONE, USER, USER, 0, WRITTEN, IN_STORE },
    { "confidential data", FILE_CONFIDENTIAL_DATA, KIND, USER, USER, USER, AUDIT_FILE_READ, WRITTEN,
      IN_STORE },
    { "configuration", FILE_CONFIGURATION, KIND, ANYONE, USER, USER, 0, WRITTEN, IN_STORE },
    { "log: checkpoint", FILE_LOG_CHECKPOINT, ONE, READ_LOG, NEVER, NEVER, AUDIT_LOG_READ, WRITTEN,
      IN_LOG, RECORDED_FIRST },
    { "log: receipt, handovers", FILE_LOG_HANDOVERS, ONE, READ_LOG, NEVER, NEVER, AUDIT_LOG_READ,
      WRITTEN, IN_LOG, RECORDED_FIRST },
    { "log: nothing yet", FILE_LOG, KIND, NO_SUCH_FILE, NEVER, NEVER, 0, WRITTEN, IN_LOG },
    { "log: pages", FILE_LOG, 0xF000, READ_LOG, NEVER, NEVER, AUDIT_LOG_READ, WRITTEN, IN_LOG,
      RECORDED_FIRST },
};

static bool is_forbidden(const struct card *card, const struct file_class *files)
{
    return files->home == IN_LOG && strict_forbids(card, EXTENSION_LOG_FILES);
}

const struct file_class *file_class_of(const struct card *card, uint16_t file)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if ((file & classes[i].mask) == classes[i].id)
            return is_forbidden(card, &classes[i]) ? NULL : &classes[i];
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
    return row->rule == FILE_SELECT || row->rule == FILE_READ || row->rule == FILE_WRITE ||
           row->rule == FILE_DELETE;
}

/* There is one level of files: a path may begin with the master file, and names one file. */
static uint16_t file_at_path(struct span path)
{
    struct reader in = reader_of(path);
    uint16_t file = read_u16(&in);
    if (file == FILE_MASTER && read_left(&in))
        file = read_u16(&in);
    return read_left(&in) ? 0 : file;
}

uint16_t file_addressed(const struct call *c)
{
    if (c->row->rule != FILE_DELETE && c->row->rule != FILE_SELECT)
        return call_file(c);
    return file_at_path(c->apdu.data);
}

/* --- Content --- */

static enum file_home home_of(const struct card *card, uint16_t file)
{
    const struct file_class *files = file_class_of(card, file);
    return files ? files->home : IN_STORE;
}

static bool in_session(const struct card *card, uint16_t file)
{
    return home_of(card, file) == IN_SESSION;
}

int file_load(const struct call *c, uint16_t file, struct writer *out)
{
    const struct work_file *work = session_seen(c)->work_file;
    if (home_of(c->card, file) == IN_LOG)
        return log_file_load(c->card->env->store, file, out);
    if (!in_session(c->card, file))
        return store_get(c->card->env->store, OBJECT_FILE, file, out);
    if (!work)
        return STORE_ABSENT;
    write_span(out, span_of(work->content, work->size));
    return out->full ? STORE_TOO_SMALL : 0;
}

int file_size(const struct call *c, uint16_t file, size_t *out_size)
{
    const struct work_file *work = session_seen(c)->work_file;
    if (home_of(c->card, file) == IN_LOG)
        return log_file_size(c->card->env->store, file, out_size);
    if (!in_session(c->card, file))
        return store_size(c->card->env->store, OBJECT_FILE, file, out_size);
    *out_size = work ? work->size : 0;
    return work ? 0 : STORE_ABSENT;
}

static int stage_work_file(struct call *c, const struct writer *content)
{
    struct writer out = WRITER_OF(c->spare->content);
    write_span(&out, written(content));
    if (out.full)
        return failure(FAULT_LIBRARY, "%zu bytes for the work file", content->size);
    c->spare->size = out.size;
    session_wanted(c)->work_file = c->spare;
    return 0;
}

int file_save(struct call *c, uint16_t file, const struct writer *content)
{
    size_t before = 0;
    int r = file_size(c, file, &before);
    if (!r || r == STORE_ABSENT)
        r = capacity_admit(c, before, content->size);
    if (r)
        return r;
    if (in_session(c->card, file))
        return stage_work_file(c, content);
    return store_put_written(c->card->env->store, OBJECT_FILE, file, content);
}

int file_remove(struct call *c, uint16_t file)
{
    if (!in_session(c->card, file))
        return store_delete(c->card->env->store, OBJECT_FILE, file);
    if (!session_seen(c)->work_file)
        return STORE_ABSENT;
    session_wanted(c)->work_file = NULL;
    return 0;
}

int file_any_confidential(const struct card *card, bool *out)
{
    uint32_t ids[FILES_MAX];
    size_t count = 0;
    int r = store_list(card->env->store, OBJECT_FILE, ids, COUNT_OF(ids), &count);
    *out = false;
    for (size_t i = 0; !r && i < count && i < COUNT_OF(ids); i++) {
        const struct file_class *files = file_class_of(card, (uint16_t)ids[i]);
        *out |= files && files->read == USER;
    }
    return r;
}

size_t file_size_max(const struct card *card, uint16_t file)
{
    return in_session(card, file) ? WORK_FILE_MAX : FILE_SIZE_MAX;
}
