/* crypto/kind_ec: keys on every curve of the table. */
#include "base/failure.h"
#include "crypto/crypto.h"
#include "tests/support/suite.h"

static const struct scheme raw = { PADDING_NONE, DIGEST_NONE };
static const struct scheme sha256 = { PADDING_NONE, DIGEST_SHA256 };

/* A fresh key on a curve, opened. */
struct fixture {
    const struct key_kind *kind;
    struct key_spec spec;
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material;
    struct public_part public_part;
    struct live_key *key;
};

static void set_up(struct fixture *f, const char *curve)
{
    ck_assert_int_eq(crypto_init(), 0);
    f->kind = key_kind_of(KEY_EC);
    f->spec = (struct key_spec){ .type = KEY_EC, .curve = curve_by_name(curve) };
    f->spec.bits = f->spec.curve->bits;
    f->material = WRITER_OF(f->bytes);
    ck_assert_int_eq(f->kind->generate(&f->spec, NULL, &f->material), 0);
    ck_assert_int_eq(f->kind->public_part(&f->spec, written(&f->material), &f->public_part), 0);
    ck_assert_int_eq(f->kind->open(&f->spec, written(&f->material), &f->key), 0);
}

static void tear_down(struct fixture *f)
{
    live_key_close(&f->key);
    ck_assert_ptr_null(f->key);
    live_key_close(&f->key);
}

START_TEST(smoke)
{
    struct fixture f = { 0 };
    set_up(&f, "P-256");
    uint8_t bytes[200];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(f.kind->sign(f.key, sha256, span_of_text("abc"), &out), 0);
    ck_assert_int_eq(
        f.kind->verify(&f.spec, &f.public_part, sha256, span_of_text("abc"), written(&out)), 0);
    ck_assert_int_eq(
        f.kind->verify(&f.spec, &f.public_part, raw, span_of_text("abc"), written(&out)),
        CRYPTO_BAD_SIGNATURE);
    tear_down(&f);
}
END_TEST

START_TEST(smoke_rsa)
{
    ck_assert_int_eq(crypto_init(), 0);
    const struct key_kind *kind = key_kind_of(KEY_RSA);
    struct key_spec spec = { .type = KEY_RSA, .bits = 2048, .exponent = 65537 };
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    int r = kind->generate(&spec, NULL, &material);

    ck_assert_msg(r == 0, "%s", failure_last()->cause);
    ck_assert_int_eq(r, 0);
    struct live_key *key = NULL;
    ck_assert_int_eq(kind->open(&spec, written(&material), &key), 0);
    uint8_t block[256], result[256];
    struct writer out = WRITER_OF(result);
    memset(block, 0xFF, 256);
    ck_assert_int_eq(kind->sign(key, raw, SPAN_OF(block), &out), CRYPTO_BAD_INPUT);
    ck_assert_int_eq(kind->decipher(key, raw, SPAN_OF(block), &out), CRYPTO_BAD_INPUT);
    live_key_close(&key);
}
END_TEST

int main(void)
{
    return RUN_TESTS("kind_ec", smoke, smoke_rsa);
}
