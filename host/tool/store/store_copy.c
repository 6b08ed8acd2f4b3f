/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm store snapshot, restore, clone. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/extents.h"
#include "base/failure.h"
#include "card-os/device.h"
#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/store/new_folder.h"
#include "host/tool/store/passphrase_once.h"
#include "host/tool/store/store.h"
#include "storage/leftovers.h"
#include "storage/snapshot.h"
#include "storage/verify.h"

/* --- Files --- */

struct copying {
    int source, target;
};

/* False, with errno: not all of it. */
static bool copy_part(void *context, off_t from, off_t to)
{
    const struct copying *files = context;
    if (lseek(files->target, from, SEEK_SET) < 0)
        return false;
    errno = EIO; /* for a source that got shorter */
    while (from < to) {
        size_t most = to - from < 1 << 20 ? (size_t)(to - from) : 1 << 20;
        if (sendfile(files->target, files->source, &from, most) <= 0)
            return false;
    }
    return true;
}

/* Holes stay holes: a file that pretends to be long takes no more space here than it does there. */
static bool copy_data(int source, int target, off_t size)
{
    struct copying files = { source, target };
    return extents_each(source, size, copy_part, &files) && ftruncate(target, size) == 0;
}

/* Copies so many bytes of an open file into a new, private one, and syncs it. */
static int copy_open_file(int source, uint64_t size, const char *to)
{
    SCOPED(close_fd) int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (target < 0)
        return tool_complain(TOOL_FAILED, "%s: %s", to, strerror(errno));
    if (size <= INT64_MAX && copy_data(source, target, (off_t)size) && fsync(target) == 0)
        return 0;
    int status = tool_complain(TOOL_FAILED, "%s: %s", to, strerror(errno));
    if (destroy_file(to))
        tool_complain(0, "%s", failure_last()->cause);
    return status;
}

static int copy_file(const char *from, const char *to)
{
    struct stat facts;
    SCOPED(close_fd) int source = open(from, O_RDONLY | O_CLOEXEC);
    if (source < 0 || fstat(source, &facts) != 0)
        return tool_complain(TOOL_FAILED, "%s: %s", from, strerror(errno));
    return copy_open_file(source, (uint64_t)facts.st_size, to);
}

/* --- What is copied --- */

/* A store at rest, or the file whose descriptor a running daemon handed over. No path from the
 * daemon is followed, so that a hostile daemon can only give what it may read itself. */
struct original {
    struct store *store; /* NULL: there is a file */
    int file;
    uint64_t size; /* of it */
};

static void original_close(struct original *original)
{
    store_close(&original->store);
    close_fd(&original->file);
    original->file = -1;
}

static int refuse_sealed(void)
{
    return tool_complain(
        TOOL_NOT_ALLOWED,
        "this token was set up so that its keys never leave it (INITIALIZE without "
        "DKEK shares); --allow-clone, given where it is opened, copies it all the "
        "same");
}

static int check_exportable(struct store *store, bool allow_clone)
{
    bool exportable = false;
    int r = device_exportable(store, &exportable);
    if (r)
        return store_order_failed(r);
    return exportable || allow_clone ? 0 : refuse_sealed();
}

static int open_at_rest(const struct store_order *order, struct original *out)
{
    int status = tool_place_prepare();
    if (!status)
        status = store_order_open(&order->place, &out->store);
    return status ? status : check_exportable(out->store, order->allow_clone);
}

static int open_running(const struct store_order *order, struct original *out)
{
    SCOPED(admin_close) struct admin_client client = { 0 };
    if (!admin_open(order->running.socket, order->running.name, &client) ||
        !admin_ask(&client, json_pack("{s:s}", "request", "snapshot")))
        return TOOL_FAILED;
    json_t *answer = admin_answer(&client);
    out->file = answer ? admin_take_file(&client) : -1;
    json_decref(answer);
    if (out->file < 0)
        return TOOL_FAILED;
    return store_is_one_open(out->file, &out->size)
               ? 0
               : tool_complain(TOOL_FAILED,
                               "the file that the daemon sent is no snapshot of a store");
}

/* Somebody may be waited for: who types a passphrase, or the daemon. Nothing is written. */
static int original_open(const struct store_order *order, struct original *out)
{
    return order->place.folder ? open_at_rest(order, out) : open_running(order, out);
}

static int original_copy(const struct original *original, const char *to)
{
    const struct audit_record event = { .role = AUDIT_ADMIN, .admin_uid = (uint32_t)getuid() };
    if (!original->store)
        return copy_open_file(original->file, original->size, to);
    int r = snapshot_make(original->store, &event, to);
    return r ? store_order_failed(r) : 0;
}

static int say_copied(const struct store_order *order, const char *what, const char *to)
{
    if (order->as_json)
        return value_print(json_pack("{s:o}", what, text_value(span_of_text(to))));
    text_print(stdout, "%s %s: whoever has it, and what opens the token, has the keys\n", what, to);
    return TOOL_DONE;
}

/* Beside its place, and moved there when it is whole: in a folder, which the next one that is made
 * there finds. */
static int place_snapshot(const struct original *original, const struct new_folder *fresh,
                          const char *to)
{
    char made[PATH_MAX + 32];
    snprintf(made, sizeof made, "%s/" SNAPSHOT_NAME, fresh->path);
    int status = original_copy(original, made);
    if (!status && renameat2(AT_FDCWD, made, AT_FDCWD, to, RENAME_NOREPLACE) != 0)
        status = tool_complain(TOOL_FAILED, "%s: %s", to, strerror(errno));
    if (!status && store_sync_name(to))
        status = tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    return status;
}

static int take_snapshot(const struct store_order *order, const char *to)
{
    SCOPED(new_folder_release) struct new_folder fresh = NEW_FOLDER_NONE;
    SCOPED(original_close) struct original original = { .file = -1 };
    if (access(to, F_OK) == 0)
        return tool_complain(TOOL_FAILED, "%s: %s", to, strerror(EEXIST));
    int status = original_open(order, &original);
    if (status)
        return status;
    new_folder_hold(&fresh);
    if (!new_folder_make(&fresh, to))
        return tool_complain(TOOL_FAILED, "%s: %s", to, strerror(errno));
    new_folder_lock(&fresh);
    status = place_snapshot(&original, &fresh, to);
    new_folder_remove(&fresh);
    return status;
}

int store_snapshot_verb(struct command_line *command)
{
    struct store_order *order = store_order(command);
    int status = take_snapshot(order, order->operand[0]);
    return status ? status : say_copied(order, "snapshot", order->operand[0]);
}

/* --- Another store of it --- */

struct target {
    struct new_folder fresh;
    char database[PATH_MAX + 16], key_file[PATH_MAX + 16];
};

static void release_target(struct target *target)
{
    new_folder_release(&target->fresh);
}

/* Makes the target beside its place; it is moved there when it is whole. */
static int make_target(const char *folder, struct target *out)
{
    if (!tool_place_is_free(folder))
        return tool_complain(TOOL_STORE_EXISTS, "%s is not empty; choose another folder", folder);
    if (!new_folder_make(&out->fresh, folder))
        return tool_complain(TOOL_FAILED, "%s: %s", folder, strerror(errno));
    new_folder_lock(&out->fresh);
    snprintf(out->database, sizeof out->database, "%s/token.db", out->fresh.path);
    snprintf(out->key_file, sizeof out->key_file, "%s/seal.key", out->fresh.path);
    return 0;
}

/* Copies the key file, too, so that the folder is a store like any other. */
static int add_key_file(const struct target *target, const struct tool_place *from)
{
    bool by_file = from->key_file && !from->passphrase_file && !from->credential;
    return by_file ? copy_file(from->key_file, target->key_file) : 0;
}

/* Verifies the whole log, of which opening the store has only checked a part. */
static int check_whole(struct store *store)
{
    struct verify_report report;
    int r = verify_store(store, &report);
    return r ? store_order_failed(r) : 0;
}

static int begin_life(struct target *target, const struct store_order *order,
                      enum audit_action action)
{
    SCOPED(store_close) struct store *store = NULL;
    struct tool_place place = order->place;
    place.folder = target->fresh.path;
    place.key_file = NULL;
    place.becomes = action;
    new_folder_unlock(&target->fresh); /* the store locks it */
    int status = store_order_open(&place, &store);
    return status ? status : check_whole(store);
}

/* Consumes the original. */
static int fill_target(struct target *target, struct original *original,
                       const struct store_order *order, enum audit_action action)
{
    int status = original_copy(original, target->database);
    original_close(original);
    if (!status)
        status = add_key_file(target, &order->place);
    return status ? status : begin_life(target, order, action);
}

static int make_store(const struct store_order *order, struct original *original,
                      const char *folder, enum audit_action action)
{
    SCOPED(release_target) struct target target = { .fresh = NEW_FOLDER_NONE };
    new_folder_hold(&target.fresh);
    int status = make_target(folder, &target);
    if (status)
        return status;
    status = fill_target(&target, original, order, action);
    if (!status)
        status = new_folder_place(&target.fresh, folder);
    if (status)
        new_folder_remove(&target.fresh);
    return status;
}

/* --- restore --- */

static int restore(const struct store_order *order, const char *snapshot, const char *folder)
{
    SCOPED(original_close)
    struct original original = { .file = open(snapshot, O_RDONLY | O_CLOEXEC) };
    struct stat facts;
    if (!store_is_one(snapshot) || original.file < 0 || fstat(original.file, &facts) != 0)
        return tool_complain(TOOL_STORE_FOREIGN, "%s is no snapshot of a store", snapshot);
    original.size = (uint64_t)facts.st_size;
    return make_store(order, &original, folder, AUDIT_RESTORED);
}

int store_restore_verb(struct command_line *command)
{
    struct store_order *order = store_order(command);
    if (!order->place.key_file && !order->place.passphrase_file && !order->place.credential)
        return usage_wrong(
            order->command,
            "name what opens the snapshot: --key-file FILE (the seal.key of the token), "
            "--passphrase-file or --credential");
    SCOPED(passphrase_once_release) struct passphrase_once passphrase = PASSPHRASE_ONCE_NONE;
    int status = passphrase_once_hold(&passphrase, &order->place.passphrase_file);
    if (!status)
        status = tool_place_prepare();
    if (!status)
        status = restore(order, order->operand[0], order->operand[1]);
    return status ? status : say_copied(order, "restored", order->operand[1]);
}

/* --- clone --- */

int store_clone_verb(struct command_line *command)
{
    struct store_order *order = store_order(command);
    SCOPED(original_close) struct original original = { .file = -1 };
    char key_file[PATH_MAX];
    bool by_file = !order->place.passphrase_file && !order->place.credential;
    if (by_file && !order->place.key_file && !order->place.folder)
        return usage_wrong(order->command,
                           "name what opens the token: --key-file FILE, --passphrase-file or "
                           "--credential");
    if (!tool_place_is_free(order->operand[0]))
        return tool_complain(TOOL_STORE_EXISTS, "%s is not empty; choose another folder",
                             order->operand[0]);
    SCOPED(passphrase_once_release) struct passphrase_once passphrase = PASSPHRASE_ONCE_NONE;
    int status = passphrase_once_hold(&passphrase, &order->place.passphrase_file);
    if (!status)
        status = original_open(order, &original);
    if (!status && !order->place.folder)
        status = tool_place_prepare();
    if (status)
        return status;
    if (by_file && !order->place.key_file) {
        snprintf(key_file, sizeof key_file, "%s/seal.key", order->place.folder);
        order->place.key_file = key_file;
    }
    order->place.anchor = NULL;
    status = make_store(order, &original, order->operand[0], AUDIT_CLONED);
    return status ? status : say_copied(order, "clone", order->operand[0]);
}
