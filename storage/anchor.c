/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes the anchor's two slots, which lie so far apart that no disk sector and no memory
 * page holds both. */
#include "storage/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/failure.h"

#define SLOTS         2
#define SLOT_DISTANCE 4096
#define MAGIC         "GHSMANC1"
#define FACTS_SIZE    (8 + INCARNATION_SIZE + 8 + 8 + SHA256_SIZE + MAC_SIZE)
#define SLOT_SIZE     (FACTS_SIZE + MAC_SIZE)

int anchor_open(struct anchor *a, const char *path, enum anchor_use use)
{
    static const int flags[] = {
        [ANCHOR_LOOK] = O_RDONLY, [ANCHOR_FIND] = O_RDWR, [ANCHOR_MAKE] = O_RDWR | O_CREAT
    };
    int file = open(path, flags[use] | O_CLOEXEC, 0600);
    if (file < 0 && errno == ENOENT)
        return ANCHOR_ABSENT;
    if (file < 0 && (errno == EACCES || errno == EPERM || errno == EROFS || errno == EISDIR))
        return ANCHOR_DENIED;
    if (file < 0)
        return failure(FAULT_DISK, "cannot open the anchor: %m");
    a->file = file;
    return 0;
}

void anchor_close(struct anchor *a)
{
    if (a->file >= 0)
        close(a->file);
    *a = ANCHOR_NONE;
}

static bool read_slot(struct span slot, const struct hierarchy *keys, struct anchor_mark *out)
{
    uint8_t mac[MAC_SIZE];
    struct span facts = span_part(slot, 0, FACTS_SIZE);
    hierarchy_mac(keys, SUBKEY_ANCHOR, &facts, 1, mac);
    if (!span_equal(span_part(slot, FACTS_SIZE, MAC_SIZE), SPAN_OF(mac)))
        return false;

    struct reader in = reader_of(facts);
    bool ours = span_equal(read_span(&in, 8), span_of_text(MAGIC));
    bool whole = span_copy(read_span(&in, INCARNATION_SIZE), out->incarnation, INCARNATION_SIZE);
    out->generation = read_u64(&in);
    out->log_size = read_u64(&in);
    whole &= span_copy(read_span(&in, SHA256_SIZE), out->log_root, SHA256_SIZE);
    whole &= span_copy(read_span(&in, MAC_SIZE), out->state, MAC_SIZE);
    return ours && whole && read_finished(&in);
}

int anchor_read(const struct anchor *a, const struct hierarchy *keys, struct anchor_mark *out)
{
    bool found = false;
    for (int slot = 0; slot < SLOTS; slot++) {
        uint8_t bytes[SLOT_SIZE] = { 0 };
        struct anchor_mark mark;
        if (pread(a->file, bytes, sizeof bytes, slot * SLOT_DISTANCE) < 0)
            return failure(FAULT_DISK, "cannot read the anchor: %m");
        if (!read_slot(SPAN_OF(bytes), keys, &mark))
            continue;
        if (!found || mark.generation > out->generation)
            *out = mark;
        found = true;
    }
    return found ? 0 : ANCHOR_INVALID;
}

int anchor_write(const struct anchor *a, const struct hierarchy *keys,
                 const struct anchor_mark *mark)
{
    uint8_t bytes[SLOT_SIZE], mac[MAC_SIZE];
    struct writer slot = WRITER_OF(bytes);
    write_text(&slot, MAGIC);
    write_span(&slot, SPAN_OF(mark->incarnation));
    write_u64(&slot, mark->generation);
    write_u64(&slot, mark->log_size);
    write_span(&slot, SPAN_OF(mark->log_root));
    write_span(&slot, SPAN_OF(mark->state));
    struct span facts = written(&slot);
    hierarchy_mac(keys, SUBKEY_ANCHOR, &facts, 1, mac);
    write_span(&slot, SPAN_OF(mac));

    off_t offset = (off_t)(mark->generation % SLOTS) * SLOT_DISTANCE;
    if (pwrite(a->file, bytes, sizeof bytes, offset) != (ssize_t)sizeof bytes)
        return failure(FAULT_DISK, "cannot write the anchor: %m");
    return 0;
}

int anchor_sync(const struct anchor *a)
{
    if (fdatasync(a->file) != 0)
        return failure(FAULT_DISK, "cannot sync the anchor: %m");
    return 0;
}
