/* Stores named on the command line. */
#include "host/tool/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/failure.h"
#include "card-os/device.h"
#include "crypto/crypto.h"
#include "host/tool/tool.h"

enum { PASSPHRASE_MAX = 1024 };

/* --- Create and open --- */

/* The first line of the file, without its end, goes to at. */
static int read_passphrase(const char *path, uint8_t *at, struct span *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, at, PASSPHRASE_MAX);
    int cause = errno;
    if (fd >= 0)
        close(fd);
    if (size < 0)
        return tool_complain(TOOL_FAILED, "%s: %s", path, strerror(cause));
    const uint8_t *end = size ? memchr(at, '\n', (size_t)size) : NULL;
    *out = span_of(at, end ? (size_t)(end - at) : (size_t)size);
    if (!out->size || out->size == PASSPHRASE_MAX)
        return tool_complain(TOOL_FAILED,
                             "%s: the first line must be a passphrase of 1 to %d bytes", path,
                             PASSPHRASE_MAX - 1);
    return 0;
}

typedef int store_call(const struct store_place *place, struct store **out,
                       struct store_refusal *out_why);

static int call(store_call *make, const struct tool_place *from, struct store **out)
{
    struct store_place place = { .folder = from->folder, .unlock = UNLOCK_KEY_FILE };
    struct store_refusal why;
    SCOPED_SECRET(passphrase, PASSPHRASE_MAX);
    /* In this order: the heap before anything of OpenSSL allocates. */
    if (crypto_use_secret_heap() || crypto_init())
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    if (from->passphrase_file) {
        int status = read_passphrase(from->passphrase_file, passphrase, &place.passphrase);
        if (status)
            return status;
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

int tool_place_create_token(const struct tool_place *place)
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
    return 0;
}
