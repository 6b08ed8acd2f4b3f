/* SPDX-License-Identifier: Apache-2.0 */
/* What AES keys cost (docs/protocol.md 7.1), and keys that travel from token to token (8.3 to 8.5),
 * in this process: no reader, no socket.
 *
 * The reference of an AES command is the bare library's; of an imported RSA key it is the full
 * check that such a key must pass; on disk it is also what is durable before the answer: a commit
 * of a plain database and a synced anchor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "formats/apdu.h"
#include "formats/key_blob.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_token.h"
#include "tests/bench/key_sort.h"
#include "tests/bench/plain_store.h"
#include "tests/bench/raw_aes.h"
#include "tests/bench/scratch.h"

enum {
    INS_GENERATE_AES = 0x48,
    INS_CIPHER = 0x78,
    INS_WRAP = 0x72,
    INS_UNWRAP = 0x74,
    P2_WRAP = 0x92,
    P2_UNWRAP = 0x93
};
enum { KEY = 1, AES_KEY = 2 };

#define INITIALIZE_DKEK                                                                            \
    "80 50 00 00 1C 80020001 8106363438323139 82083537363231383830 910103 920101"
/* All zero. */
#define IMPORT_SHARE                                                                               \
    "80 52 00 00 20 0000000000000000000000000000000000000000000000000000000000000000 00"
#define CLEAR_DOMAIN "80 52 04 00 00"
static const uint8_t share[KEK_SIZE];

/* A token and what stands beside it. */
struct subject {
    struct bench_token token;
    struct plain_store *plain; /* NULL: no commits to be counted */
};

/* --- AES --- */

static const struct cipher {
    const char *name;
    uint8_t algorithm;
    void (*bare)(void *aes);
} ciphers[] = {
    { "CBC, encrypt", 0x10, raw_aes_encrypt },
    { "CBC, decrypt", 0x11, raw_aes_decrypt },
    { "CMAC", 0x18, raw_aes_mac },
    { "derive", 0x99, raw_aes_derive },
};

static void time_cipher(struct bench_token *token, const struct cipher *cipher, struct raw_aes *aes)
{
    char what[100];
    uint8_t bytes[RAW_AES_INPUT_MAX + 16];
    struct writer command = WRITER_OF(bytes);
    apdu_write(&(struct apdu){ .cla = 0x80,
                               .ins = INS_CIPHER,
                               .p1 = AES_KEY,
                               .p2 = cipher->algorithm,
                               .data = span_of(aes->input, aes->input_size),
                               .le = APDU_LE_MAX },
               &command);
    struct token_request request = { token, written(&command), 0x9000 };
    snprintf(what, sizeof what, "AES-%zu %s, %zu bytes, minus OpenSSL", 8 * aes->key_size,
             cipher->name, aes->input_size);
    bench_compare(&(struct comparison){ .what = what,
                                        .ours = { token_request_send, &request },
                                        .references = { { cipher->bare, aes } },
                                        .rounds = 2000,
                                        .judged = JUDGE_DIFFERENCE,
                                        .most_us = 30 });
}

static void make_aes_key(struct bench_token *token, size_t bits)
{
    const uint8_t command[] = { 0, INS_GENERATE_AES, AES_KEY, (uint8_t)(0xB0 + (bits - 128) / 64) };
    bench_token_send(token, SPAN_OF(command), 0x9000);
}

static void time_aes(struct bench_token *token)
{
    static const size_t all_bits[] = { 128, 192, 256 }, sizes[] = { 16, RAW_AES_INPUT_MAX };
    for (size_t i = 0; i < COUNT_OF(all_bits); i++) {
        SCOPED(raw_aes_free) struct raw_aes aes;
        raw_aes_make(&aes, all_bits[i]);
        make_aes_key(token, all_bits[i]);
        for (size_t k = 0; k < COUNT_OF(sizes) * COUNT_OF(ciphers); k++) {
            aes.input_size = sizes[k / COUNT_OF(ciphers)];
            time_cipher(token, &ciphers[k % COUNT_OF(ciphers)], &aes);
        }
    }
}

/* --- Keys that travel --- */

/* Ours minus the reference, if there is one, minus what must be durable: 2 ms. */
static void compare(const struct subject *s, const char *what, struct operation ours,
                    struct operation reference)
{
    struct comparison row = {
        .what = what,
        .ours = ours,
        .references = { reference },
        .rounds = 200,
        .judged = JUDGE_DIFFERENCE,
        .most_us = 2000,
        .by_chance = reference.run, /* the check of an RSA key tries bases */
    };
    struct operation *next = reference.run ? &row.references[1] : row.references;
    if (s->plain) {
        next[0] = (struct operation){ plain_store_commit, s->plain };
        next[1] = (struct operation){ plain_store_sync, s->plain };
    }
    bench_compare(&row);
}

static const struct operation nothing;

static void clear_domain(void *context)
{
    struct token_request *request = context;
    bench_token_send_hex(request->token, CLEAR_DOMAIN, 0x9000);
}

static void time_share(struct subject *s)
{
    uint8_t bytes[64];
    struct writer command = WRITER_OF(bytes);
    bench_require(hex_decode(IMPORT_SHARE, &command), IMPORT_SHARE);
    struct token_request request = { &s->token, written(&command), 0x9000 };
    struct operation import = { token_request_send, &request, .after = clear_domain };
    bench_token_send_hex(&s->token, CLEAR_DOMAIN, 0x9000);
    compare(s, "IMPORT DKEK SHARE", import, nothing);
    bench_token_send_hex(&s->token, IMPORT_SHARE, 0x9000);
}

/* A key on its way: its blob, and what is in it. */
struct travelling {
    uint8_t bytes[KEY_BLOB_MAX], plain[KEY_BLOB_MAX], material[KEY_MATERIAL_MAX];
    struct writer blob;
    struct key_blob_key content;
};

static struct travelling wrap(struct bench_token *token, uint8_t id)
{
    struct travelling key;
    const uint8_t command[] = { 0x80, INS_WRAP, id, P2_WRAP, 0, 0, 0 };
    key.blob = WRITER_OF(key.bytes);
    write_span(&key.blob, bench_token_send(token, SPAN_OF(command), 0x9000));
    return key;
}

static void open_blob(struct travelling *key)
{
    struct key_blob blob;
    struct kek kek;
    struct writer plain = WRITER_OF(key->plain);
    bench_require(kek_derive(SPAN_OF(share), &kek) == 0 &&
                      key_blob_read(span_of(key->bytes, key->blob.size), &blob) &&
                      key_blob_open(&kek, &blob, &plain, &key->content) == 0,
                  "opening a blob");
}

/* All that a key from outside must pass before it is one. */
static void check_key(void *context)
{
    struct travelling *key = context;
    struct key_spec spec = key->content.spec;
    struct writer material = WRITER_OF(key->material);
    bench_require(key_kind_of(spec.type)->import(&spec, &key->content.parts, NULL, &material) == 0,
                  "checking a key");
}

static void time_wrap(const struct subject *s, const char *name, struct token_request *request)
{
    char what[100];
    snprintf(what, sizeof what, "WRAP KEY %s", name);
    compare(s, what, (struct operation){ token_request_send, request }, nothing);
}

static void time_unwrap(const struct subject *s, const char *name, struct token_request *request,
                        struct operation check)
{
    char what[100];
    snprintf(what, sizeof what, check.run ? "UNWRAP KEY %s, minus its check" : "UNWRAP KEY %s",
             name);
    compare(s, what, (struct operation){ token_request_send, request }, check);
}

static void time_travel(struct subject *s, const char *name, uint8_t id, bool is_checked_apart)
{
    uint8_t bytes[KEY_BLOB_MAX + 16];
    struct writer command = WRITER_OF(bytes);
    struct token_request request = { &s->token, { 0 }, 0x9000 };
    struct travelling key = wrap(&s->token, id);
    open_blob(&key);

    apdu_write(
        &(struct apdu){ .cla = 0x80, .ins = INS_WRAP, .p1 = id, .p2 = P2_WRAP, .le = APDU_LE_MAX },
        &command);
    request.command = written(&command);
    time_wrap(s, name, &request);

    write_trim(&command, 0);
    apdu_write(&(struct apdu){ .cla = 0x80,
                               .ins = INS_UNWRAP,
                               .p1 = id,
                               .p2 = P2_UNWRAP,
                               .data = span_of(key.bytes, key.blob.size) },
               &command);
    request.command = written(&command);
    struct operation check = { check_key, &key, "key check" };
    time_unwrap(s, name, &request, is_checked_apart ? check : nothing);
}

static void time_sort(struct subject *s, const struct key_sort *sort)
{
    uint8_t bytes[1100];
    struct writer command = WRITER_OF(bytes);
    write_generate(&command, KEY, sort);
    bench_token_send(&s->token, written(&command), 0x9000);
    time_travel(s, sort->name, KEY, !sort->curve);
}

static bool is_quoted(const struct key_sort *sort)
{
    return sort->curve || sort->bits == 2048 /* type 06 */ || sort->bits == 4096 /* type 05 */;
}

static void time_keys(struct subject *s)
{
    struct key_sort sorts[KEY_SORTS_MAX];
    size_t count = key_sorts(sorts);
    make_aes_key(&s->token, 256);
    time_travel(s, "AES-256", AES_KEY, false);
    for (size_t i = 0; i < count; i++)
        if (is_quoted(&sorts[i]))
            time_sort(s, &sorts[i]);
    for (size_t i = 0; i < raw_curve_count(); i++) {
        struct key_sort sort = key_sort_on(raw_curve_at(i)->name);
        time_sort(s, &sort);
    }
}

/* --- The program --- */

static void make(struct subject *s, const char *folder, struct plain_store *plain)
{
    s->plain = plain;
    bench_token_make(&s->token, folder);
    bench_token_send_hex(&s->token, INITIALIZE_DKEK, 0x9000);
    bench_token_send_hex(&s->token, IMPORT_SHARE, 0x9000);
}

static void time_in_memory(void)
{
    struct subject s;
    make(&s, NULL, NULL);
    bench_heading("AES keys, card in this process, store in memory, us");
    time_aes(&s.token);
    bench_heading("Keys that travel, store in memory, us");
    time_share(&s);
    time_keys(&s);
    bench_token_end(&s.token);
}

static void time_on_disk(void)
{
    struct subject s;
    struct scratch scratch, beside;
    struct plain_store plain;
    scratch_make(&scratch);
    scratch_make(&beside);
    plain_store_open(&plain, beside.path);
    make(&s, scratch.path, &plain);
    bench_heading("Keys that travel, store on disk, minus commit and synced anchor, us");
    time_share(&s);
    time_keys(&s);
    bench_token_end(&s.token);
    plain_store_close(&plain);
    scratch_remove(&scratch);
    scratch_remove(&beside);
}

int main(int argc, char **argv)
{
    bench_begin(&argc, argv);
    bench_require(crypto_use_secret_heap() == 0 && crypto_init() == 0, "crypto_init");
    bench_on_one_core();
    bench_come_first();
    time_in_memory();
    time_on_disk();
    bench_summary();
    return EXIT_SUCCESS;
}
