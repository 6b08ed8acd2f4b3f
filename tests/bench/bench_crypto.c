/* SPDX-License-Identifier: Apache-2.0 */
/* What our layer costs over OpenSSL, and what it costs to make a key ready. Option --plain-heap:
 * OpenSSL allocates from malloc instead of the secret heap. */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "tests/bench/bench.h"
#include "tests/bench/raw_key.h"

/* A key twice: ours, and as the library has it. */
struct subject {
    const char *name;
    struct key_spec spec;
    size_t rounds;
    const struct key_kind *kind;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material;
    struct live_key *key;
    struct raw_key raw;
};

static void make_subject(struct subject *s)
{
    const struct curve *curve = curve_by_name(s->name);
    s->spec.curve = curve;
    s->kind = key_kind_of(s->spec.type);
    s->material = WRITER_OF(s->bytes);
    bench_require(s->kind->generate(&s->spec, NULL, &s->material) == 0, "generate");
    bench_require(s->kind->open(&s->spec, written(&s->material), &s->key) == 0, "open");
    s->raw = raw_key_make(curve ? curve->library : NULL, s->spec.bits);
}

static void end_subject(struct subject *s)
{
    live_key_close(&s->key);
    raw_key_free(&s->raw);
}

static void sign_with(struct subject *s, struct live_key *key)
{
    const struct scheme raw = { PADDING_NONE, DIGEST_NONE };
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    struct span input = span_of(s->raw.input, s->raw.input_size);
    bench_require(s->kind->sign(key, raw, input, &out) == 0, "sign");
}

static void sign_hot(void *subject)
{
    struct subject *s = subject;
    sign_with(s, s->key);
}

static void sign_cold(void *subject)
{
    struct subject *s = subject;
    struct live_key *key = NULL;
    bench_require(s->kind->open(&s->spec, written(&s->material), &key) == 0, "open");
    sign_with(s, key);
    live_key_close(&key);
}

static void self_test(void *context)
{
    (void)context;
    bench_require(crypto_self_test() == 0, "self test");
}

static void time_subject(struct subject *s)
{
    bench_heading(s->name);
    bench_compare(&(struct comparison){ .what = "sign with a live key, minus EVP_PKEY_sign",
                                        .ours = { sign_hot, s },
                                        .references = { { raw_key_sign, &s->raw } },
                                        .rounds = s->rounds });
    bench_compare(&(struct comparison){ .what = "open, sign, close, minus EVP_PKEY_sign",
                                        .ours = { sign_cold, s },
                                        .references = { { raw_key_sign, &s->raw } },
                                        .rounds = s->rounds / 2 });
}

int main(int argc, char **argv)
{
    bench_begin(&argc, argv);
    bool secret_heap = argc < 2 || strcmp(argv[1], "--plain-heap") != 0;
    bench_require(!secret_heap || crypto_use_secret_heap() == 0, "secret heap");
    bench_require(crypto_init() == 0, "crypto_init");
    bench_on_one_core();
    bench_come_first();

    struct subject subjects[] = {
        { .name = "P-256", .spec = { .type = KEY_EC, .bits = 256 }, .rounds = 4000 },
        { .name = "brainpoolP256r1", .spec = { .type = KEY_EC, .bits = 256 }, .rounds = 500 },
        { .name = "RSA-2048",
          .spec = { .type = KEY_RSA, .bits = 2048, .exponent = 65537 },
          .rounds = 1500 },
    };
    for (size_t i = 0; i < COUNT_OF(subjects); i++) {
        make_subject(&subjects[i]);
        time_subject(&subjects[i]);
        end_subject(&subjects[i]);
    }
    bench_heading(secret_heap ? "OpenSSL in the secret heap, us" : "OpenSSL in malloc, us");
    bench_compare(
        &(struct comparison){ .what = "self test", .ours = { self_test, NULL }, .rounds = 15 });
    bench_summary();
    return EXIT_SUCCESS;
}
