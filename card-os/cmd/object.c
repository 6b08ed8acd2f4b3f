/* Files: READ, UPDATE, DELETE, ENUMERATE (protocol.md section 2). */
#include "base/tlv.h"
#include "card-os/choices.h"
#include "card-os/cmd/cmd.h"
#include "card-os/files.h"
#include "card-os/keys.h"

#define TAG_OFFSET 0x54
#define TAG_DATA   0x53

static bool read_offset(struct reader *in, size_t *out)
{
    struct span offset = tlv_expect(in, TAG_OFFSET);
    if (offset.size != 2)
        read_fail(in);
    *out = tlv_number(in, offset);
    return !read_failed(in);
}

/* The whole file into the scratch buffer. */
static int load_file(struct call *c, uint16_t file)
{
    return store_get(c->card->env->store, OBJECT_FILE, file, &c->scratch);
}

static size_t wanted(const struct call *c)
{
    return c->apdu.le_present ? c->apdu.le : APDU_LE_MAX;
}

sw cmd_read_binary(struct call *c)
{
    struct reader in = call_data(c);
    size_t offset;
    if (!read_offset(&in, &offset) || !read_finished(&in))
        return SW_WRONG_DATA;
    int r = load_file(c, call_file(c));
    if (r == STORE_ABSENT)
        return SW_FILE_NOT_FOUND;
    if (r)
        return call_status(c, r);

    struct span rest = span_part(written(&c->scratch), offset, FILE_SIZE_MAX);
    struct span part = span_part(rest, 0, c->out.capacity);
    write_span(&c->out, part);
    if (offset > c->scratch.size)
        return CHOICE_BEYOND_END;
    /* Asked for more than there is: 6282 with the data tells newer hosts that this was all. */
    return rest.size < wanted(c) ? SW_END_OF_FILE : SW_OK;
}

/* Content at offset 0 replaces the file; later content goes on where the last ended. */
static sw change_content(struct call *c, size_t offset, struct span data)
{
    if (offset > c->scratch.size)
        return CHOICE_GAP_IN_FILE;
    if (offset + data.size > FILE_SIZE_MAX)
        return SW_NO_SPACE;
    if (offset == 0)
        write_trim(&c->scratch, 0);
    write_over(&c->scratch, offset, data);
    return SW_OK;
}

sw cmd_update_binary(struct call *c)
{
    struct reader in = call_data(c);
    size_t offset;
    bool good = read_offset(&in, &offset);
    struct span data = tlv_expect(&in, TAG_DATA);
    if (!good || !read_finished(&in))
        return SW_WRONG_DATA;
    uint16_t file = call_file(c);

    int r = load_file(c, file);
    if (r && r != STORE_ABSENT)
        return call_status(c, r);
    sw s = change_content(c, offset, data);
    if (!sw_ok(s))
        return s;
    r = store_put(c->card->env->store, OBJECT_FILE, file, written(&c->scratch));
    if (!r)
        c->card->session.current_file = file; /* OpenSC goes on writing with P1 P2 zero */
    return call_status(c, r);
}

/* A key's description and certificate stay: hosts delete them one by one and report an error if one
 * is gone already. */
sw cmd_delete_file(struct call *c)
{
    uint16_t file = file_addressed(c);
    int r = (file & 0xFF00) == FILE_KEY ? key_delete(c->card, (uint8_t)file)
                                        : store_delete(c->card->env->store, OBJECT_FILE, file);
    return r == STORE_ABSENT ? SW_FILE_NOT_FOUND : call_status(c, r);
}

/* --- ENUMERATE --- */

#define LISTED_MAX  507 /* what OpenSC's buffer takes */
#define OBJECTS_MAX 4096

/* When not all fit, hosts miss these least: they belong to a key and bear its number. */
static bool belongs_to_key(uint16_t file)
{
    uint16_t class = file & 0xFF00;
    return class == 0xC400 || class == FILE_CERTIFICATE;
}

static void list_files(struct call *c, const uint32_t *files, size_t count, bool companions)
{
    for (size_t i = 0; i < count && c->out.capacity - c->out.size >= 2; i++)
        if (belongs_to_key((uint16_t)files[i]) == companions)
            write_u16(&c->out, (uint16_t)files[i]);
}

static void list_in_order(struct call *c, const uint32_t *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_u16(&c->out, (uint16_t)files[i]);
}

/* The real card lists files in order of creation, then keys. */
sw cmd_enumerate_objects(struct call *c)
{
    uint32_t objects[OBJECTS_MAX];
    size_t files = 0, keys = 0;
    struct store *store = c->card->env->store;
    int r = store_list(store, OBJECT_FILE, objects, OBJECTS_MAX - 256, &files);
    if (files > OBJECTS_MAX - 256)
        files = OBJECTS_MAX - 256;
    if (!r)
        r = store_list(store, OBJECT_KEY, objects + files, 256, &keys);
    if (r)
        return call_status(c, r);
    for (size_t i = files; i < files + keys; i++)
        objects[i] |= FILE_KEY;

    c->out.capacity &= ~(size_t)1;
    if (2 * (files + keys) <= c->out.capacity) {
        list_in_order(c, objects, files + keys);
    } else {
        list_files(c, objects, files + keys, false);
        list_files(c, objects, files + keys, true);
    }
    return SW_OK;
}
