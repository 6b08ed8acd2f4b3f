/* SPDX-License-Identifier: Apache-2.0 */
/* Gets the root secret from a key file or a passphrase, and seals root and inner secret. */
#include "storage/unlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/failure.h"
#include "storage/schema.h"
#include "storage/seal.h"

#define KEY_FILE_SIZE   32
#define KEY_FILE_DIGITS (2 * KEY_FILE_SIZE)

/* Costs of new passphrases: three passes over 64 MiB, some 100 ms. The costs in a row are limited,
 * since they are read before the row can be authenticated. */
#define ARGON2_PASSES         3
#define ARGON2_KIB            (64 * 1024)
#define ARGON2_PASSES_MAX     16
#define ARGON2_KIB_MAX        (1024 * 1024)
#define ARGON2_SALT_SIZE      crypto_pwhash_SALTBYTES
#define ARGON2_PARAMETER_SIZE (4 + 4 + ARGON2_SALT_SIZE)

/* --- Key file --- */

int unlock_make_key_file(const char *path)
{
    SCOPED_SECRET(key, KEY_FILE_SIZE);
    SCOPED_SECRET(text, KEY_FILE_DIGITS + 1);
    randombytes_buf(key, sizeof key);
    struct writer out = WRITER_OF(text);
    write_hex(&out, SPAN_OF(key));
    write_text(&out, "\n");

    SCOPED(close_fd) int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return failure(FAULT_DISK, "cannot make the key file: %m");
    bool written = write(file, text, sizeof text) == (ssize_t)sizeof text && fsync(file) == 0;
    int r = written ? store_sync_name(path) : failure(FAULT_DISK, "cannot write the key file: %m");
    if (r)
        unlink(path);
    return r;
}

/* Opens a key file. The mode of a handed-over key is not checked: a service manager or parent
 * process decides who may read it. A credential of systemd, for one, may have a mode that lets its
 * group read it. */
static int open_key_file(const struct unlock_source *source, int *out_file)
{
    struct stat facts;
    int file = open(source->key_file, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT || errno == ENOTDIR ? UNLOCK_ABSENT : UNLOCK_UNREADABLE;
    *out_file = file;
    if (source->kind == UNLOCK_HANDED_KEY)
        return 0;
    if (fstat(file, &facts) != 0)
        return failure(FAULT_DISK, "cannot look at the key file: %m");
    return facts.st_mode & (S_IRWXG | S_IRWXO) ? UNLOCK_EXPOSED : 0;
}

/* Reads all of a file, or until room is full; a pipe may give it in pieces. */
static ssize_t read_whole(int file, uint8_t *room, size_t size)
{
    size_t got = 0;
    ssize_t some = 1;
    while (got < size && (some = read(file, room + got, size - got)) > 0)
        got += (size_t)some;
    return some < 0 ? some : (ssize_t)got;
}

static int read_key_file(const struct unlock_source *source, uint8_t out[KEY_FILE_SIZE])
{
    SCOPED(close_fd) int file = -1;
    SCOPED_SECRET(text, KEY_FILE_DIGITS + 3); /* room for a newline, one byte too many (to notice
                                                 it), and the terminating zero */
    int r = open_key_file(source, &file);
    if (r)
        return r;
    ssize_t size = read_whole(file, text, sizeof text - 1);
    if (size < 0)
        return failure(FAULT_DISK, "cannot read the key file: %m");
    text[size] = '\0';
    struct writer key = writer_of(out, KEY_FILE_SIZE);
    bool good = (size_t)size <= KEY_FILE_DIGITS + 1 && hex_decode((char *)text, &key);
    return good && key.size == KEY_FILE_SIZE ? 0 : UNLOCK_MALFORMED;
}

static int key_of_file(const struct unlock_source *source, uint8_t out[SEAL_KEY_SIZE])
{
    static const char label[] = "glasshsm 1 key file";
    SCOPED_SECRET(key, KEY_FILE_SIZE);
    int r = read_key_file(source, key);
    if (!r)
        crypto_generichash(out, SEAL_KEY_SIZE, (const uint8_t *)label, sizeof label - 1, key,
                           KEY_FILE_SIZE);
    return r;
}

/* --- Passphrase --- */

static int key_of_passphrase(struct span passphrase, struct span parameters,
                             uint8_t out[SEAL_KEY_SIZE])
{
    struct reader in = reader_of(parameters);
    uint32_t passes = read_u32(&in);
    uint32_t kib = read_u32(&in);
    struct span salt = read_span(&in, ARGON2_SALT_SIZE);
    if (!read_finished(&in) || passes == 0 || passes > ARGON2_PASSES_MAX ||
        kib < crypto_pwhash_argon2id_MEMLIMIT_MIN / 1024 || kib > ARGON2_KIB_MAX)
        return failure(FAULT_BROKEN, "the passphrase's parameters were altered");
    if (crypto_pwhash(out, SEAL_KEY_SIZE, (const char *)passphrase.at, passphrase.size, salt.at,
                      passes, (size_t)kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return failure(FAULT_MEMORY, "no memory to derive a key from the passphrase (%u KiB)", kib);
    return 0;
}

/* --- Both kinds of source --- */

static void write_parameters(enum unlock_kind kind, struct writer *out)
{
    uint8_t salt[ARGON2_SALT_SIZE];
    if (kind != UNLOCK_PASSPHRASE)
        return;
    randombytes_buf(salt, sizeof salt);
    write_u32(out, ARGON2_PASSES);
    write_u32(out, ARGON2_KIB);
    write_span(out, SPAN_OF(salt));
}

static int source_key(const struct unlock_source *source, struct span parameters,
                      uint8_t out[SEAL_KEY_SIZE])
{
    return source->kind == UNLOCK_PASSPHRASE
               ? key_of_passphrase(source->passphrase, parameters, out)
               : key_of_file(source, out);
}

/* The facts that the sealed root is bound to. */
struct bound {
    uint8_t bytes[24 + 1 + 64];
};

static struct span bind_source(enum unlock_kind kind, struct span parameters, struct bound *bound)
{
    struct writer out = WRITER_OF(bound->bytes);
    write_text(&out, "glasshsm 1 root secret");
    write_u8(&out, (uint8_t)kind);
    write_span(&out, parameters);
    return written(&out);
}

static enum unlock_kind stored_kind(enum unlock_kind kind)
{
    return kind == UNLOCK_HANDED_KEY ? UNLOCK_KEY_FILE : kind;
}

int unlock_add(struct db *db, const struct unlock_source *source, const char *name,
               const uint8_t root[ROOT_SIZE])
{
    SCOPED_SECRET(key, SEAL_KEY_SIZE);
    uint8_t sealed_bytes[ROOT_SIZE + SEAL_OVERHEAD], parameter_bytes[ARGON2_PARAMETER_SIZE];
    struct writer sealed = WRITER_OF(sealed_bytes), parameters = WRITER_OF(parameter_bytes);
    enum unlock_kind kind = stored_kind(source->kind);
    struct bound bound;

    write_parameters(kind, &parameters);
    int r = source_key(source, written(&parameters), key);
    if (r)
        return r;
    seal_close_bound(key, bind_source(kind, written(&parameters), &bound), span_of(root, ROOT_SIZE),
                     &sealed);
    const struct unlock_row row = { .kind = kind,
                                    .name = span_of_text(name),
                                    .parameters = written(&parameters),
                                    .sealed_root = written(&sealed) };
    return schema_insert_unlock(db, &row);
}

void unlocked_wipe(struct unlocked *u)
{
    secret_wipe(u, sizeof *u);
}

static int try_row(struct query *q, const struct unlock_source *source, struct unlocked *out)
{
    SCOPED(unlocked_wipe)
    struct unlocked u = { .kind = stored_kind(source->kind), .row = query_number(q, 2) };
    struct span parameters = query_bytes(q, 0);
    int r = source_key(source, parameters, u.key);
    if (r)
        return r;

    struct bound bound;
    struct writer root = WRITER_OF(u.root);
    struct span bytes = bind_source(u.kind, parameters, &bound);
    if (seal_open_bound(u.key, bytes, query_bytes(q, 1), &root) != 0 || root.size != ROOT_SIZE)
        return u.kind == UNLOCK_PASSPHRASE ? UNLOCK_WRONG_PASSPHRASE : UNLOCK_WRONG_KEY;
    *out = u;
    return 0;
}

int unlock_root(struct db *db, const struct unlock_source *source, struct unlocked *out)
{
    SCOPED(query_end) struct query q = db_query(db, SQL_UNLOCK_GET);
    query_bind_number(&q, stored_kind(source->kind));
    int result = UNLOCK_NO_SOURCE;
    int r;
    while ((r = query_step(&q)) == QUERY_ROW) {
        result = try_row(&q, source, out);
        if (result != UNLOCK_WRONG_KEY && result != UNLOCK_WRONG_PASSPHRASE)
            return result;
    }
    return r ? r : result;
}

/* Reads the parameters of a row, to which its seal is bound. */
static int parameters_of(struct db *db, const struct unlocked *u, struct writer *out)
{
    SCOPED(query_end) struct query q = db_query(db, SQL_UNLOCK_GET);
    query_bind_number(&q, u->kind);
    int r;
    while ((r = query_step(&q)) == QUERY_ROW)
        if (query_number(&q, 2) == u->row) {
            write_span(out, query_bytes(&q, 0));
            return 0;
        }
    return r ? r : failure(FAULT_BROKEN, "the row of the unlock source is gone");
}

int unlock_reseal(struct db *db, const struct unlocked *u)
{
    uint8_t sealed_bytes[ROOT_SIZE + SEAL_OVERHEAD], parameter_bytes[ARGON2_PARAMETER_SIZE];
    struct writer sealed = WRITER_OF(sealed_bytes), parameters = WRITER_OF(parameter_bytes);
    struct bound bound;
    int r = parameters_of(db, u, &parameters);
    if (r)
        return r;
    seal_close_bound(u->key, bind_source(u->kind, written(&parameters), &bound), SPAN_OF(u->root),
                     &sealed);
    SCOPED(query_end) struct query q = db_query(db, SQL_UNLOCK_RESEAL);
    query_bind_bytes(&q, written(&sealed));
    query_bind_number(&q, u->row);
    return query_change_one(&q);
}

/* --- The inner secret --- */

#define INNER_KIND 0
static const char inner_label[] = "glasshsm 2 inner secret";

static void inner_key(const uint8_t root[ROOT_SIZE], uint8_t out[SEAL_KEY_SIZE])
{
    crypto_generichash(out, SEAL_KEY_SIZE, (const uint8_t *)inner_label, sizeof inner_label - 1,
                       root, ROOT_SIZE);
}

int inner_open(struct db *db, const uint8_t root[ROOT_SIZE], uint8_t out[INNER_SIZE])
{
    SCOPED_SECRET(key, SEAL_KEY_SIZE);
    SCOPED_SECRET(bytes, INNER_SIZE);
    SCOPED(query_end) struct query q = db_query(db, SQL_UNLOCK_GET);
    query_bind_number(&q, INNER_KIND);
    int r = query_step(&q);
    if (r != QUERY_ROW)
        return r ? r : failure(FAULT_BROKEN, "the inner secret is missing");

    struct writer plain = WRITER_OF(bytes);
    inner_key(root, key);
    if (seal_open_bound(key, span_of_text(inner_label), query_bytes(&q, 1), &plain) != 0 ||
        !span_copy(written(&plain), out, INNER_SIZE))
        return failure(FAULT_BROKEN, "the inner secret was altered");
    return 0;
}

int inner_put(struct db *db, const uint8_t root[ROOT_SIZE], const uint8_t inner[INNER_SIZE])
{
    SCOPED_SECRET(key, SEAL_KEY_SIZE);
    uint8_t sealed_bytes[INNER_SIZE + SEAL_OVERHEAD];
    struct writer sealed = WRITER_OF(sealed_bytes);
    inner_key(root, key);
    seal_close_bound(key, span_of_text(inner_label), span_of(inner, INNER_SIZE), &sealed);

    struct query q = db_query(db, SQL_UNLOCK_DELETE_KIND);
    query_bind_number(&q, INNER_KIND);
    int r = query_run(&q);
    const struct unlock_row row = { .kind = INNER_KIND, .sealed_root = written(&sealed) };
    return r ? r : schema_insert_unlock(db, &row);
}
