/* What our layer costs over OpenSSL, and what it costs to make a key ready.
 *
 * Ours and the bare library's operation take turns, so that both see the same machine; printed are
 * medians, and the median of the paired differences. Nothing fails on time. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/failure.h"
#include "crypto/crypto.h"

#define ROUNDS_MAX 4000

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s failed: %s\n", what, failure_last()->cause);
    exit(EXIT_FAILURE);
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

/* A key twice: ours, and as the library has it. */
struct subject {
    const char *name;
    struct key_spec spec;
    size_t rounds;
    const struct key_kind *kind;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material;
    struct live_key *key;
    EVP_PKEY_CTX *bare;
    uint8_t input[RSA_BYTES_MAX];
    size_t input_size;
};

/* The bare reference is a fresh key of the same sort: what a signature costs does not depend on the
 * key's value. */
static void make_bare(struct subject *s)
{
    bool rsa = s->spec.type == KEY_RSA;
    EVP_PKEY *pkey = rsa ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)s->spec.bits)
                         : EVP_PKEY_Q_keygen(NULL, NULL, "EC", s->spec.curve->library);
    s->bare = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    must(s->bare && EVP_PKEY_sign_init(s->bare) == 1, "bare context");
    must(!rsa || EVP_PKEY_CTX_set_rsa_padding(s->bare, RSA_NO_PADDING) == 1, "bare padding");
    EVP_PKEY_free(pkey);
}

static void make_subject(struct subject *s)
{
    s->kind = key_kind_of(s->spec.type);
    s->material = WRITER_OF(s->bytes);
    must(s->kind->generate(&s->spec, NULL, &s->material) == 0, "generate");
    must(s->kind->open(&s->spec, written(&s->material), &s->key) == 0, "open");
    make_bare(s);
    s->input_size = s->spec.type == KEY_RSA ? s->spec.bits / 8u : SHA256_SIZE;
    memset(s->input, 0x5A, s->input_size);
}

static double time_ours(struct subject *s)
{
    const struct scheme raw = { PADDING_NONE, DIGEST_NONE };
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    double start = now_us();
    must(s->kind->sign(s->key, raw, span_of(s->input, s->input_size), &out) == 0, "sign");
    return now_us() - start;
}

static double time_bare(struct subject *s)
{
    uint8_t bytes[KEY_RESULT_MAX];
    size_t size = sizeof bytes;
    double start = now_us();
    must(EVP_PKEY_sign(s->bare, bytes, &size, s->input, s->input_size) == 1, "bare sign");
    return now_us() - start;
}

static void compare_signatures(struct subject *s)
{
    static double ours[ROUNDS_MAX], bare[ROUNDS_MAX], difference[ROUNDS_MAX];
    for (size_t i = 0; i < s->rounds; i++) {
        ours[i] = time_ours(s);
        bare[i] = time_bare(s);
        difference[i] = ours[i] - bare[i];
    }
    printf("%-16s sign: ours %8.2f us, EVP_PKEY_sign %8.2f us, paired difference %6.2f us\n",
           s->name, median(ours, s->rounds), median(bare, s->rounds),
           median(difference, s->rounds));
}

static void time_opening(struct subject *s)
{
    static double opening[ROUNDS_MAX], first[ROUNDS_MAX];
    struct live_key *hot = s->key;
    for (size_t i = 0; i < s->rounds; i++) {
        double start = now_us();
        must(s->kind->open(&s->spec, written(&s->material), &s->key) == 0, "open");
        opening[i] = now_us() - start;
        first[i] = time_ours(s);
        live_key_close(&s->key);
    }
    s->key = hot;
    printf("%-16s open: %8.2f us, the first signature after it %8.2f us\n", s->name,
           median(opening, s->rounds), median(first, s->rounds));
}

static void time_self_test(void)
{
    double times[15];
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        double start = now_us();
        must(crypto_self_test() == 0, "self test");
        times[i] = now_us() - start;
    }
    printf("%-16s %8.2f us\n", "self test", median(times, COUNT_OF(times)));
}

int main(int argc, char **argv)
{
    bool secret_heap = argc < 2 || strcmp(argv[1], "--plain-heap") != 0;
    must(!secret_heap || crypto_use_secret_heap() == 0, "secret heap");
    must(crypto_init() == 0, "crypto_init");

    struct subject subjects[] = {
        { .name = "P-256", .spec = { .type = KEY_EC, .bits = 256 }, .rounds = 4000 },
        { .name = "brainpoolP256r1", .spec = { .type = KEY_EC, .bits = 256 }, .rounds = 500 },
        { .name = "RSA-2048",
          .spec = { .type = KEY_RSA, .bits = 2048, .exponent = 65537 },
          .rounds = 1500 },
    };
    printf("OpenSSL allocates from %s\n", secret_heap ? "the secret heap" : "malloc");
    for (size_t i = 0; i < COUNT_OF(subjects); i++) {
        struct subject *s = &subjects[i];
        s->spec.curve = s->spec.type == KEY_EC ? curve_by_name(s->name) : NULL;
        make_subject(s);
        compare_signatures(s);
        time_opening(s);
        live_key_close(&s->key);
        EVP_PKEY_CTX_free(s->bare);
    }
    time_self_test();
    return EXIT_SUCCESS;
}
