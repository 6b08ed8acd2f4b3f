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

#include "base/failure.h"
#include "card-os/device.h"
#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/store/new_folder.h"
#include "host/tool/store/store.h"
#include "storage/snapshot.h"
#include "storage/verify.h"

/* --- Files --- */

static void close_file(int *file)
{
    if (*file >= 0)
        close(*file);
}

/* Copies an open file into a new, private one, and syncs it. */
static int copy_open_file(int source, const char *to)
{
    ssize_t some = 1;
    SCOPED(close_file) int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (target < 0)
        return tool_complain(TOOL_FAILED, "%s: %s", to, strerror(errno));
    while (some > 0)
        some = sendfile(target, source, NULL, 1 << 20);
    if (some == 0 && fsync(target) == 0)
        return 0;
    int status = tool_complain(TOOL_FAILED, "%s: %s", to, strerror(errno));
    unlink(to);
    return status;
}

static int copy_file(const char *from, const char *to)
{
    SCOPED(close_file) int source = open(from, O_RDONLY | O_CLOEXEC);
    if (source < 0)
        return tool_complain(TOOL_FAILED, "%s: %s", from, strerror(errno));
    return copy_open_file(source, to);
}

/* Copies the file whose descriptor the daemon handed over. No path from the daemon is followed, so
 * that a hostile daemon can only give what it may read itself. */
static int fetch(struct admin_client *client, const char *to)
{
    SCOPED(close_file) int source = admin_take_file(client);
    if (source < 0)
        return TOOL_FAILED;
    int status = copy_open_file(source, to);
    if (status || store_is_one(to))
        return status;
    unlink(to);
    return tool_complain(TOOL_FAILED, "the file that the daemon sent is no snapshot of a store");
}

/* --- snapshot --- */

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

static int snapshot_at_rest(const struct store_order *order, const char *to)
{
    SCOPED(store_close) struct store *store = NULL;
    const struct audit_record event = { .role = AUDIT_ADMIN, .admin_uid = (uint32_t)getuid() };
    int status = tool_place_prepare();
    if (!status)
        status = store_order_open(&order->place, &store);
    if (!status)
        status = check_exportable(store, order->allow_clone);
    if (status)
        return status;
    int r = snapshot_make(store, &event, to);
    return r ? store_order_failed(r) : 0;
}

static int snapshot_of_running(const struct store_order *order, const char *to)
{
    SCOPED(admin_close) struct admin_client client = { 0 };
    if (!admin_open(order->socket, order->token, &client) ||
        !admin_ask(&client, json_pack("{s:s}", "request", "snapshot")))
        return TOOL_FAILED;
    json_t *answer = admin_answer(&client);
    int status = answer ? fetch(&client, to) : TOOL_FAILED;
    json_decref(answer);
    return status;
}

/* Makes a snapshot at `to`, or complains. */
static int take_snapshot(const struct store_order *order, const char *to)
{
    if (access(to, F_OK) == 0)
        return tool_complain(TOOL_FAILED, "%s: %s", to, strerror(EEXIST));
    return order->place.folder ? snapshot_at_rest(order, to) : snapshot_of_running(order, to);
}

static int say_copied(const struct store_order *order, const char *what, const char *to)
{
    if (order->as_json)
        return store_order_print(json_pack("{s:o}", what, text_value(span_of_text(to))));
    text_print(stdout, "%s %s: whoever has it, and what opens the token, has the keys\n", what, to);
    return TOOL_DONE;
}

int store_snapshot_verb(struct store_order *order)
{
    int status = take_snapshot(order, order->operand[0]);
    return status ? status : say_copied(order, "snapshot", order->operand[0]);
}

/* --- restore --- */

struct target {
    struct new_folder new;
    char database[PATH_MAX + 16], key_file[PATH_MAX + 16];
};

static void release_target(struct target *target)
{
    new_folder_release(&target->new);
}

/* Makes the target beside its place; it is moved there when it is whole. */
static int make_target(const char *folder, struct target *out)
{
    if (!tool_place_is_free(folder))
        return tool_complain(TOOL_STORE_EXISTS, "%s is not empty; choose another folder", folder);
    if (!new_folder_make(&out->new, folder))
        return tool_complain(TOOL_FAILED, "%s: %s", folder, strerror(errno));
    snprintf(out->database, sizeof out->database, "%s/token.db", out->new.path);
    snprintf(out->key_file, sizeof out->key_file, "%s/seal.key", out->new.path);
    return 0;
}

/* Copies the snapshot and the key file, so that the folder is a store like any other. */
static int fill_target(const struct target *target, const char *snapshot,
                       const struct tool_place *from)
{
    int status = copy_file(snapshot, target->database);
    if (!status && from->key_file && !from->passphrase_file && !from->credential)
        status = copy_file(from->key_file, target->key_file);
    return status;
}

/* Verifies the whole log, of which opening the store has only checked a part. */
static int check_whole(struct store *store)
{
    struct verify_report report;
    int r = verify_store(store, &report);
    return r ? store_order_failed(r) : 0;
}

static int begin_life(const struct target *target, const struct store_order *order,
                      enum audit_action action)
{
    SCOPED(store_close) struct store *store = NULL;
    struct tool_place place = order->place;
    place.folder = target->new.path;
    place.key_file = NULL;
    place.becomes = action;
    int status = store_order_open(&place, &store);
    return status ? status : check_whole(store);
}

static int restore(const struct store_order *order, const char *snapshot, const char *folder,
                   enum audit_action action)
{
    SCOPED(release_target) struct target target = { .new = { .holds = false } };
    if (!store_is_one(snapshot))
        return tool_complain(TOOL_STORE_FOREIGN, "%s is no snapshot of a store", snapshot);
    if (!order->place.passphrase_file) /* somebody may have to type the passphrase */
        new_folder_hold(&target.new);
    int status = make_target(folder, &target);
    if (status)
        return status;
    status = fill_target(&target, snapshot, &order->place);
    if (!status)
        status = begin_life(&target, order, action);
    if (!status)
        status = new_folder_place(&target.new, folder);
    if (status)
        new_folder_remove(&target.new);
    return status;
}

int store_restore_verb(struct store_order *order)
{
    if (!order->place.key_file && !order->place.passphrase_file && !order->place.credential)
        return tool_complain(TOOL_USAGE,
                             "what opens the snapshot? --key-file FILE (the seal.key of "
                             "the token), --passphrase-file or --credential");
    int status = tool_place_prepare();
    if (!status)
        status = restore(order, order->operand[0], order->operand[1], AUDIT_RESTORED);
    return status ? status : say_copied(order, "restored", order->operand[1]);
}

/* --- clone --- */

int store_clone_verb(struct store_order *order)
{
    char snapshot[PATH_MAX], key_file[PATH_MAX];
    int size =
        snprintf(snapshot, sizeof snapshot, "%s.snapshot-%ld", order->operand[0], (long)getpid());
    if (size >= (int)sizeof snapshot)
        return tool_complain(TOOL_FAILED, "the path is too long");
    bool by_file = !order->place.passphrase_file && !order->place.credential;
    if (by_file && !order->place.key_file && !order->place.folder)
        return tool_complain(TOOL_USAGE,
                             "what opens the token? --key-file FILE, "
                             "--passphrase-file or --credential");
    int status = take_snapshot(order, snapshot);
    if (status)
        return status;
    if (!order->place.folder)
        status = tool_place_prepare();
    if (by_file && !order->place.key_file) {
        snprintf(key_file, sizeof key_file, "%s/seal.key", order->place.folder);
        order->place.key_file = key_file;
    }
    order->place.anchor = NULL;
    if (!status)
        status = restore(order, snapshot, order->operand[0], AUDIT_CLONED);
    if (destroy_file(snapshot))
        status = tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    return status ? status : say_copied(order, "clone", order->operand[0]);
}
