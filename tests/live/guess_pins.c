/* SPDX-License-Identifier: Apache-2.0 */
/* Tries every six-digit PIN against whatever files hold: "guess_pins [--salt HEX]... FILE...".
 *
 * Each PIN is hashed in the ways somebody might have hashed it: plain, with the PIN's reference
 * before or after it, with each salt before or after it, and under each salt as a key. The start
 * and the end of each digest are looked for in the files: as bytes, in hexadecimal, in base64, at
 * every place. Prints each hit; exit status 0: none, 1: some. */
/* One call per digest instead of four, thirty million times. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PINS        1000000
#define PIN_SIZE    6
#define SALTS_MAX   64
#define SALT_MAX    64
#define MESSAGE_MAX (SALT_MAX + 16)
#define DIGEST_MAX  64
#define WINDOW      8

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "guess_pins: %s\n", what);
    exit(2);
}

/* --- What the files hold --- */

struct haystack {
    uint64_t *windows; /* eight bytes from each place; sorted */
    size_t count, capacity;
    uint8_t *filter; /* one bit for each value of the upper bits */
};
#define FILTER_BITS 24

static void add_window(struct haystack *hay, uint64_t window)
{
    if (hay->count == hay->capacity) {
        hay->capacity = hay->capacity * 2 + 65536;
        hay->windows = realloc(hay->windows, hay->capacity * sizeof *hay->windows);
        if (!hay->windows)
            fail("no memory");
    }
    hay->windows[hay->count++] = window;
}

static uint64_t window_at(const uint8_t *bytes)
{
    uint64_t window = 0;
    for (int i = 0; i < 8; i++)
        window = window << 8 | bytes[i];
    return window;
}

static void add_bytes(struct haystack *hay, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i + WINDOW <= size; i++)
        add_window(hay, window_at(bytes + i));
}

static int hex_digit(uint8_t c)
{
    const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c | 0x20) : NULL;
    return found && (c < 'A' || c > 'Z' || *found >= 'a') ? (int)(found - digits) : -1;
}

static int base64_digit(uint8_t c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* Runs of digits of so many bits. A run may begin before the digest does: each beginning of a byte
 * is tried that the digits allow. */
static void add_digits(struct haystack *hay, const uint8_t *text, size_t size,
                       int (*digit)(uint8_t), unsigned bits)
{
    unsigned __int128 run = 0;
    size_t run_bits = 0;
    for (size_t i = 0; i < size; i++) {
        int value = digit(text[i]);
        run_bits = value < 0 ? 0 : run_bits + bits;
        run = run << bits | (unsigned)value % 64;
        for (unsigned behind = 0; behind < bits; behind += bits == 4 ? 4 : 2)
            if (run_bits >= WINDOW * 8 + behind)
                add_window(hay, (uint64_t)(run >> behind));
    }
}

static void add_file(struct haystack *hay, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail(path);
    long size = ftell(file);
    uint8_t *content = malloc((size_t)size + 1);
    rewind(file);
    if (!content || fread(content, 1, (size_t)size, file) != (size_t)size)
        fail(path);
    add_bytes(hay, content, (size_t)size);
    add_digits(hay, content, (size_t)size, hex_digit, 4);
    add_digits(hay, content, (size_t)size, base64_digit, 6);
    free(content);
    fclose(file);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sort(struct haystack *hay)
{
    qsort(hay->windows, hay->count, sizeof *hay->windows, compare);
    hay->filter = calloc(1, (size_t)1 << (FILTER_BITS - 3));
    if (!hay->filter)
        fail("no memory");
    for (size_t i = 0; i < hay->count; i++) {
        uint64_t top = hay->windows[i] >> (64 - FILTER_BITS);
        hay->filter[top / 8] |= (uint8_t)(1 << top % 8);
    }
}

static bool holds(const struct haystack *hay, const uint8_t *at)
{
    uint64_t window = window_at(at), top = window >> (64 - FILTER_BITS);
    return hay->filter[top / 8] >> top % 8 & 1 &&
           bsearch(&window, hay->windows, hay->count, sizeof window, compare);
}

/* --- Digests --- */

typedef void digest_function(const uint8_t *message, size_t size, uint8_t *out);

#define DIGEST(name, context, prefix)                                                              \
    static void name(const uint8_t *message, size_t size, uint8_t *out)                            \
    {                                                                                              \
        context c;                                                                                 \
        prefix##_Init(&c);                                                                         \
        prefix##_Update(&c, message, size);                                                        \
        prefix##_Final(out, &c);                                                                   \
    }
DIGEST(md5, MD5_CTX, MD5)
DIGEST(sha1, SHA_CTX, SHA1)
DIGEST(sha256, SHA256_CTX, SHA256)
DIGEST(sha384, SHA512_CTX, SHA384)
DIGEST(sha512, SHA512_CTX, SHA512)

static void blake2b(const uint8_t *message, size_t size, uint8_t *out)
{
    crypto_generichash(out, 32, message, size, NULL, 0);
}

static const struct digest {
    const char *name;
    size_t size, block;
    digest_function *run;
    bool salted; /* also with salts, of which there may be many */
} digests[] = {
    { "MD5", 16, 64, md5, false },         { "SHA-1", 20, 64, sha1, true },
    { "SHA-256", 32, 64, sha256, true },   { "SHA-384", 48, 128, sha384, false },
    { "SHA-512", 64, 128, sha512, false }, { "BLAKE2b", 32, 128, blake2b, false },
};
#define DIGESTS (sizeof digests / sizeof *digests)

/* RFC 2104, with keys no longer than a block. */
static void hmac(const struct digest *digest, const uint8_t *key, size_t key_size,
                 const uint8_t *message, size_t size, uint8_t *out)
{
    uint8_t inner[128 + MESSAGE_MAX] = { 0 }, outer[128 + DIGEST_MAX] = { 0 };
    memcpy(inner, key, key_size);
    memcpy(outer, key, key_size);
    for (size_t i = 0; i < digest->block; i++) {
        inner[i] ^= 0x36;
        outer[i] ^= 0x5C;
    }
    memcpy(inner + digest->block, message, size);
    digest->run(inner, digest->block + size, outer + digest->block);
    digest->run(outer, digest->block + digest->size, out);
}

/* --- Ways --- */

struct salt {
    uint8_t bytes[SALT_MAX];
    size_t size;
    const char *text;
};

struct guesser {
    struct haystack hay;
    struct salt salts[SALTS_MAX];
    size_t salt_count;
    unsigned hits;
};

static void look(struct guesser *g, const struct digest *digest, const uint8_t *out,
                 const char *pin, const char *way, const char *salt)
{
    if (!holds(&g->hay, out) && !holds(&g->hay, out + digest->size - WINDOW))
        return;
    printf("PIN %s: %s, %s %s\n", pin, digest->name, way, salt);
    g->hits++;
}

/* The salt, of which there may be none, before and after the PIN. */
static void guess_around(struct guesser *g, const struct digest *digest, const struct salt *salt,
                         const char *pin)
{
    uint8_t message[MESSAGE_MAX], out[DIGEST_MAX];
    memcpy(message, salt->bytes, salt->size);
    memcpy(message + salt->size, pin, PIN_SIZE);
    digest->run(message, salt->size + PIN_SIZE, out);
    look(g, digest, out, pin, "behind", salt->text);
    if (!salt->size)
        return;
    memcpy(message, pin, PIN_SIZE);
    memcpy(message + PIN_SIZE, salt->bytes, salt->size);
    digest->run(message, salt->size + PIN_SIZE, out);
    look(g, digest, out, pin, "before", salt->text);
}

static void guess_under(struct guesser *g, const struct digest *digest, const struct salt *salt,
                        const char *pin)
{
    uint8_t out[DIGEST_MAX];
    hmac(digest, salt->bytes, salt->size, (const uint8_t *)pin, PIN_SIZE, out);
    look(g, digest, out, pin, "HMAC under", salt->text);
}

static void guess(struct guesser *g, const char *pin)
{
    static const struct salt always[] = {
        { .text = "nothing" },
        { .bytes = { 0x81 }, .size = 1, .text = "the reference 81" },
    };
    for (const struct digest *digest = digests; digest < digests + DIGESTS; digest++) {
        guess_around(g, digest, &always[0], pin);
        guess_around(g, digest, &always[1], pin);
        for (size_t i = 0; digest->salted && i < g->salt_count; i++) {
            guess_around(g, digest, &g->salts[i], pin);
            guess_under(g, digest, &g->salts[i], pin);
        }
    }
}

static struct salt salt_of(const char *text)
{
    struct salt salt = { .text = text };
    for (; text[0] && text[1] && salt.size < SALT_MAX; text += 2)
        salt.bytes[salt.size++] =
            (uint8_t)(hex_digit((uint8_t)text[0]) << 4 | hex_digit((uint8_t)text[1]));
    return salt;
}

int main(int argc, char **argv)
{
    static struct guesser g;
    if (sodium_init() < 0)
        fail("libsodium does not start");
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--salt") != 0) {
            add_file(&g.hay, argv[i]);
        } else if (i + 1 < argc && g.salt_count < SALTS_MAX) {
            g.salts[g.salt_count++] = salt_of(argv[++i]);
        }
    }
    if (!g.hay.count)
        fail("no files");
    sort(&g.hay);
    for (unsigned i = 0; i < PINS; i++) {
        char pin[PIN_SIZE + 5];
        snprintf(pin, sizeof pin, "%06u", i);
        guess(&g, pin);
    }
    return g.hits != 0;
}
