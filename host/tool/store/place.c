/* SPDX-License-Identifier: Apache-2.0 */
/* Creates and opens the stores that are named on the command line. */
#include "host/tool/store/place.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/failure.h"
#include "card-os/device.h"
#include "card-os/strict.h"
#include "crypto/crypto.h"
#include "host/tool/cli/complain.h"
#include "host/tool/store/new_folder.h"
#include "storage/audit.h"
#include "storage/authority_files.h"

const struct option_row unlock_rows[] = {
    { "key-file", "FILE",
      "the key file, if it is not seal.key in the store's folder; /dev/fd/N: an open descriptor",
      INTO_TEXT(struct tool_place, key_file) },
    { "passphrase-file", "FILE", "unlocked by the passphrase in the first line of FILE instead",
      INTO_TEXT(struct tool_place, passphrase_file) },
    { "credential", "NAME", "unlocked by the key in this credential of systemd",
      INTO_TEXT(struct tool_place, credential) },
    { "anchor", "FILE",
      "the anchor lies there: outside of DIR it also shows when an older copy replaced DIR",
      INTO_TEXT(struct tool_place, anchor) },
    OPTIONS_END,
};

/* --- Create and open --- */

typedef int store_call(const struct store_place *place, struct store **out,
                       struct store_refusal *out_why);

static int fill(const struct tool_place *from, struct store_place *out, struct unlock_room *room)
{
    const struct unlock_wish wish = { .key_file = from->key_file,
                                      .passphrase_file = from->passphrase_file,
                                      .credential = from->credential };
    *out = (struct store_place){ .folder = from->folder,
                                 .anchor = from->anchor,
                                 .database = from->database,
                                 .look_only = from->look_only,
                                 .keep_unlocked = from->keep_unlocked,
                                 .becomes = from->becomes };
    return store_unlock_by(out, &wish, room);
}

int tool_place_prepare(void)
{
    /* The secret heap must be set before OpenSSL allocates anything. */
    int r = crypto_use_secret_heap();
    if (!r)
        r = crypto_init();
    return r ? tool_complain(TOOL_FAILED, "%s", failure_last()->cause) : 0;
}

static int attempt(store_call *make, const struct tool_place *from, struct store **out,
                   struct store_refusal *out_why)
{
    struct store_place place;
    SCOPED(unlock_room_wipe) struct unlock_room room;
    int r = fill(from, &place, &room);
    if (!r)
        r = make(&place, out, out_why);
    if (r < 0)
        snprintf(out_why->sentence, sizeof out_why->sentence, "%s", failure_last()->cause);
    return r ? store_exit_status(r) : 0;
}

static int call(store_call *make, const struct tool_place *from, struct store **out)
{
    struct store_refusal why;
    int status = tool_place_prepare();
    if (status)
        return status;
    status = attempt(make, from, out, &why);
    return status ? tool_complain(status, "%s", why.sentence) : 0;
}

int tool_place_try(const struct tool_place *place, struct store **out,
                   struct store_refusal *out_why)
{
    return attempt(store_open, place, out, out_why);
}

int tool_place_open(const struct tool_place *place, struct store **out)
{
    tool_forbid_dumps();
    return call(store_open, place, out);
}

bool tool_place_is_free(const char *folder)
{
    DIR *listing = opendir(folder);
    if (!listing)
        return *folder && errno == ENOENT;
    size_t entries = 0;
    while (readdir(listing))
        entries++;
    closedir(listing);
    return entries == 2; /* "." and ".." */
}

/* --- Who certifies tokens --- */

int tool_authority_make(const char *folder)
{
    SCOPED(authority_deinit) struct authority authority = { 0 };
    int r = authority_make(&authority, NULL, wall_clock_ms());
    if (!r)
        r = authority_files_write(
            folder, &(struct authority_content){
                        authority_root(&authority), authority_issuer(&authority),
                        party_material(&authority.issuer), party_material(&authority.root) });
    return r ? tool_complain(TOOL_FAILED, "%s", failure_last()->cause) : 0;
}

int tool_authority_open(const char *folder, struct authority *out)
{
    SCOPED(authority_files_deinit) struct authority_files files = { 0 };
    int r = authority_files_read(folder, &files);
    if (!r)
        r = authority_open(out, files.root, files.issuer, files.issuer_key, wall_clock_ms());
    if (r > 0)
        return tool_complain(TOOL_FAILED, "%s: %s", folder, authority_text(r));
    return r ? tool_complain(TOOL_FAILED, "%s", failure_last()->cause) : 0;
}

/* --- A new token, and what it needs from outside --- */

static uint64_t wall_ms(void *context)
{
    (void)context;
    return wall_clock_ms();
}

/* The token is not powered on: no ticks have passed. */
static uint64_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

static int chance(void *context, uint8_t *out, size_t size)
{
    (void)context;
    return chance_fill(out, size);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

struct env tool_place_env(struct store *store)
{
    return (struct env){ .store = store,
                         .time_ms = wall_ms,
                         .ticks_us = no_ticks,
                         .random = chance,
                         .cancelled = never };
}

static int personalise(const struct tool_place *place, struct store *store)
{
    SCOPED(authority_deinit) struct authority authority = { 0 };
    struct env env = tool_place_env(store);
    if (place->device_curve)
        env.device_curve = curve_by_name(place->device_curve);
    int status = place->authority ? tool_authority_open(place->authority, &authority) : 0;
    if (!status && (device_personalise(&env, place->authority ? &authority : NULL) ||
                    (place->strict && strict_set(&env, true, getuid()))))
        status =
            tool_complain(TOOL_FAILED, "the token got no identity: %s; remove %s and try again",
                          failure_last()->cause, place->folder);
    return status;
}

/* Opens the authority before the store is made, so that no store is left that it cannot certify. */
static int try_authority(const struct tool_place *place)
{
    SCOPED(authority_deinit) struct authority authority = { 0 };
    if (!place->authority)
        return 0;
    int status = tool_place_prepare();
    return status ? status : tool_authority_open(place->authority, &authority);
}

static int create_at(const struct tool_place *place, const struct store_place *where,
                     struct writer *out_receipt)
{
    SCOPED(store_close) struct store *store = NULL;
    struct store_refusal why;
    int r = store_create(where, &store, &why);
    if (r)
        return tool_complain(store_exit_status(r), "%s",
                             r < 0 ? failure_last()->cause : why.sentence);
    int status = personalise(place, store);
    struct env env = tool_place_env(store);
    if (!status && place->ready)
        status = first_init(&env, &place->wishes);
    if (status)
        return status;
    if (audit_receipt(store, out_receipt))
        return tool_complain(TOOL_FAILED, "no receipt: %s", failure_last()->cause);
    return 0;
}

static int create_beside(const struct tool_place *place, struct store_place *where,
                         struct new_folder *fresh, struct writer *out_receipt)
{
    where->folder = fresh->path;
    int status = create_at(place, where, out_receipt);
    if (!status)
        status = new_folder_place(fresh, place->folder);
    if (status)
        new_folder_remove(fresh);
    return status;
}

/* Made beside its place and then moved there, so that an interrupted creation leaves no store that
 * looks whole. A folder with something in it is left to store_create(), which complains about what
 * it finds. */
int tool_place_create_token(const struct tool_place *place, struct writer *out_receipt)
{
    SCOPED(new_folder_release) struct new_folder fresh = NEW_FOLDER_NONE;
    SCOPED(unlock_room_wipe) struct unlock_room room;
    struct store_place where;
    int status = try_authority(place);
    if (!status)
        status = tool_place_prepare();
    if (status)
        return status;
    if (fill(place, &where, &room))
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    new_folder_hold(&fresh);
    if (!tool_place_is_free(place->folder) || !new_folder_make(&fresh, place->folder))
        return create_at(place, &where, out_receipt);
    return create_beside(place, &where, &fresh, out_receipt);
}

int tool_place_make_ready(const struct tool_place *place, bool *out_done)
{
    SCOPED(store_close) struct store *store = NULL;
    int status = tool_place_open(place, &store);
    if (status)
        return status;
    struct env env = tool_place_env(store);
    if (first_init_is_due(store, out_done))
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    return *out_done ? first_init(&env, &place->wishes) : 0;
}
