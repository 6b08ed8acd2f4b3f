/* Stores named on the command line. */
#include "host/tool/place.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/failure.h"
#include "card-os/device.h"
#include "crypto/crypto.h"
#include "host/tool/tool.h"
#include "storage/audit.h"

enum { PASSPHRASE_MAX = 1024 };

/* --- Create and open --- */

typedef int store_call(const struct store_place *place, struct store **out,
                       struct store_refusal *out_why);

static int call(store_call *make, const struct tool_place *from, struct store **out)
{
    struct store_place place = { .folder = from->folder,
                                 .anchor = from->anchor,
                                 .key_file = from->key_file,
                                 .unlock = UNLOCK_KEY_FILE };
    struct store_refusal why;
    SCOPED_SECRET(passphrase, PASSPHRASE_MAX);
    /* In this order: the heap before anything of OpenSSL allocates. */
    if (crypto_use_secret_heap() || crypto_init())
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    if (from->passphrase_file) {
        if (store_read_passphrase(from->passphrase_file, passphrase, sizeof passphrase,
                                  &place.passphrase))
            return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
        place.unlock = UNLOCK_PASSPHRASE;
    }
    int result = make(&place, out, &why);
    if (result > 0)
        return tool_complain(store_exit_status(result), "%s", why.sentence);
    return result ? tool_complain(TOOL_FAILED, "%s", failure_last()->cause) : 0;
}

int tool_place_open(const struct tool_place *place, struct store **out)
{
    return call(store_open, place, out);
}

bool tool_place_is_free(const char *folder)
{
    DIR *listing = opendir(folder);
    if (!listing)
        return errno == ENOENT;
    size_t entries = 0;
    while (readdir(listing))
        entries++;
    closedir(listing);
    return entries == 2; /* itself and its parent */
}

/* --- A new token, and what it needs from outside --- */

static uint64_t clock_us(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t wall_ms(void *context)
{
    (void)context;
    return clock_us(CLOCK_REALTIME) / 1000;
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
    return getrandom(out, size, 0) == (ssize_t)size
               ? 0
               : failure(FAULT_LIBRARY, "getrandom: %s", strerror(errno));
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static int create_in(const struct tool_place *place, struct writer *out_receipt)
{
    SCOPED(store_close) struct store *store = NULL;
    int status = call(store_create, place, &store);
    if (status)
        return status;
    struct env env = { .store = store,
                       .time_ms = wall_ms,
                       .ticks_us = no_ticks,
                       .random = chance,
                       .cancelled = never };
    if (device_personalise(&env))
        return tool_complain(TOOL_FAILED, "the token got no identity: %s; remove %s and try again",
                             failure_last()->cause, place->folder);
    if (audit_receipt(store, out_receipt))
        return tool_complain(TOOL_FAILED, "no receipt: %s", failure_last()->cause);
    return 0;
}

static int move_into_place(const char *made, const char *folder)
{
    if (rename(made, folder) == 0)
        return 0;
    return tool_complain(TOOL_FAILED, "%s: %s; the new token is in %s", folder, strerror(errno),
                         made);
}

/* Made beside its place and then moved there, so that an interrupted creation leaves no store that
 * looks whole. A folder with something in it is left to store_create(), which says what it finds.
 */
int tool_place_create_token(const struct tool_place *place, struct writer *out_receipt)
{
    char made[PATH_MAX];
    struct tool_place beside = *place;
    size_t length = strlen(place->folder);
    while (length > 1 && place->folder[length - 1] == '/')
        length--;
    if (!tool_place_is_free(place->folder) || length > sizeof made - 16)
        return create_in(place, out_receipt);
    snprintf(made, sizeof made, "%.*s.new-XXXXXX", (int)length, place->folder);
    if (!mkdtemp(made))
        return create_in(place, out_receipt);
    beside.folder = made;
    int status = create_in(&beside, out_receipt);
    if (status) {
        rmdir(made);
        return status;
    }
    return move_into_place(made, place->folder);
}
