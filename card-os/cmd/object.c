/* SPDX-License-Identifier: Apache-2.0 */
/* Files: READ, UPDATE, DELETE, ENUMERATE (protocol.md section 2). */
#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/choices.h"
#include "card-os/cmd/cmd.h"
#include "card-os/files.h"
#include "card-os/keys.h"
#include "card-os/staging.h"

#define TAG_OFFSET 0x54
#define TAG_DATA   0x53

/* An offset has two bytes. */
static size_t read_offset(struct reader *in)
{
    struct span offset = tlv_expect(in, TAG_OFFSET);
    if (offset.size != 2)
        read_fail(in);
    return tlv_number(in, offset);
}

/* The answer to an offset that cannot be read; one of more than four bytes has its own. */
static sw bad_offset(const struct call *c)
{
    struct reader in = call_data(c);
    return tlv_expect(&in, TAG_OFFSET).size > 4 ? CHOICE_LONG_OFFSET : SW_WRONG_DATA;
}

_Static_assert(FILE_SIZE_MAX <= CARD_SCRATCH_SIZE, "commands work on whole files");

static size_t wanted(const struct call *c)
{
    return c->apdu.le_present ? c->apdu.le : APDU_LE_MAX;
}

sw cmd_read_binary(struct call *c)
{
    struct reader in = call_data(c);
    size_t offset = read_offset(&in);
    if (!read_finished(&in))
        return SW_WRONG_DATA;
    int r = file_load(c, call_file(c), &c->scratch);
    if (r == STORE_ABSENT)
        return SW_FILE_NOT_FOUND;
    if (r)
        return call_status(c, r);

    struct span rest = span_part(written(&c->scratch), offset, FILE_SIZE_MAX);
    struct span part = span_part(rest, 0, c->out.capacity);
    write_span(&c->out, part);
    if (offset > c->scratch.size)
        return CHOICE_BEYOND_END;
    /* When the host asked for more than there is, 6282 tells newer hosts that this was all. */
    bool all = part.size == rest.size;
    return all && rest.size < wanted(c) ? SW_END_OF_FILE : SW_OK;
}

/* Data at offset 0 replaces the content; at any other offset up to its end, data is written over
 * it. */
static sw change_content(struct call *c, size_t offset, struct span data, size_t max)
{
    if (offset > c->scratch.size)
        return CHOICE_GAP_IN_FILE;
    if (offset + data.size > max)
        return SW_NO_SPACE;
    if (offset == 0)
        write_trim(&c->scratch, 0);
    write_over(&c->scratch, offset, data);
    return SW_OK;
}

sw cmd_update_binary(struct call *c)
{
    struct reader in = call_data(c);
    size_t offset = read_offset(&in);
    struct span data = tlv_expect(&in, TAG_DATA);
    if (!read_finished(&in))
        return bad_offset(c);
    uint16_t file = call_file(c);

    int r = file_load(c, file, &c->scratch);
    if (r && r != STORE_ABSENT)
        return call_status(c, r);
    sw s = change_content(c, offset, data, file_size_max(c->card, file));
    if (!sw_ok(s))
        return s;
    r = file_save(c, file, &c->scratch);
    if (!r)
        session_wanted(c)->current_file = file; /* OpenSC goes on writing with P1 P2 zero */
    return call_status(c, r);
}

/* Deleting a key leaves its description and certificate: hosts delete these themselves, and report
 * an error when one is gone already. */
sw cmd_delete_file(struct call *c)
{
    uint16_t file = file_addressed(c);
    int r = file_is(file, FILE_KEY) ? key_delete(c, (uint8_t)file) : file_remove(c, file);
    return r == STORE_ABSENT ? SW_FILE_NOT_FOUND : call_status(c, r);
}

/* --- ENUMERATE --- */

#define OBJECTS_MAX 4096
#define KEYS_MAX    256

/* The order when not all files fit: keys first (0), since hosts look there for a free number; last
 * (2) descriptions and certificates of keys, which hosts find by the key's number. */
static int urgency(uint16_t file)
{
    if (file_is(file, FILE_KEY))
        return 0;
    return file_is(file, FILE_KEY_DESCRIPTION) || file_is(file, FILE_CERTIFICATE) ? 2 : 1;
}

static void list_by_urgency(struct call *c, const uint32_t *files, size_t count)
{
    for (int wanted = 0; wanted <= 2; wanted++)
        for (size_t i = 0; i < count && c->out.capacity - c->out.size >= 2; i++)
            if (urgency((uint16_t)files[i]) == wanted)
                write_u16(&c->out, (uint16_t)files[i]);
}

static void list_in_order(struct call *c, const uint32_t *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_u16(&c->out, (uint16_t)files[i]);
}

/* Lists files in order of creation, then keys, as hardware does. */
static int find_objects(struct store *store, uint32_t *out, size_t *out_count)
{
    size_t files = 0, keys = 0;
    int r = store_list(store, OBJECT_FILE, out, OBJECTS_MAX - KEYS_MAX, &files);
    if (files > OBJECTS_MAX - KEYS_MAX)
        files = OBJECTS_MAX - KEYS_MAX;
    if (!r)
        r = store_list(store, OBJECT_KEY, out + files, KEYS_MAX, &keys);
    for (size_t i = files; !r && i < files + keys; i++)
        out[i] |= FILE_KEY;
    *out_count = files + keys;
    return r;
}

sw cmd_enumerate_objects(struct call *c)
{
    uint32_t objects[OBJECTS_MAX];
    size_t count;
    int r = find_objects(c->card->env->store, objects, &count);
    if (r)
        return call_status(c, r);
    if (2 * count <= c->out.capacity)
        list_in_order(c, objects, count);
    else
        list_by_urgency(c, objects, count);
    return SW_OK;
}
