/* SPDX-License-Identifier: Apache-2.0 */
/* formats/key_blob and crypto/kek: the numbers of docs/protocol.md 8.1 and 8.5, and what must be
 * refused. */
#include <string.h>

#include "formats/key_blob.h"
#include "tests/support/suite.h"

static const uint8_t zero_secret[KEK_SIZE];

/* The worked example of 8.5: AES-256 key 00..1F under an all-zero DKEK. */
static const char example[] =
    "66687AADF862BD77 0F 0008 6086480165030401 0004 10111899 0000 0000"
    "D408CF94717F35F0E5A0A0BB8453022D7192B3AE34789392359E4A464343461C"
    "30C52F1A7B10617705E54D97768AD581 9934D924E2221392D366D2F089A09340";
#define EXAMPLE_SIZE 93

static struct kek kek;
static uint8_t example_bytes[EXAMPLE_SIZE], aes_key[32];

static void set_up(void)
{
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(kek_derive(SPAN_OF(zero_secret), &kek), 0);
    struct writer out = WRITER_OF(example_bytes);
    ck_assert(hex_decode(example, &out));
    ck_assert_uint_eq(out.size, EXAMPLE_SIZE);
    for (size_t i = 0; i < sizeof aes_key; i++)
        aes_key[i] = (uint8_t)i;
}

static void assert_hex(struct span got, const char *expected)
{
    uint8_t bytes[64];
    struct writer wanted = WRITER_OF(bytes);
    ck_assert(hex_decode(expected, &wanted));
    ck_assert(span_equal(got, written(&wanted)));
}

START_TEST(keys_of_a_dkek_are_derived)
{
    assert_hex(SPAN_OF(kek.check), "66687AADF862BD77");
    assert_hex(SPAN_OF(kek.encryption),
               "2158A8906D5E2C2BE001BAC943AB9CAB4063536E1C546B40221FDF8DB031A4BB");
    assert_hex(SPAN_OF(kek.mac),
               "E15F374423633701E04FE17C1D640B34F2E27B8F6AEC00E24F1DCF50AD0920B3");
}
END_TEST

START_TEST(worked_example_is_written)
{
    static const uint8_t random[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };
    static const uint8_t algorithms[] = { 0x10, 0x11, 0x18, 0x99 };
    const struct key_blob_key key = { .type = BLOB_AES,
                                      .spec = { .type = KEY_AES, .bits = 256 },
                                      .algorithms = SPAN_OF(algorithms),
                                      .parts.secret = SPAN_OF(aes_key) };
    uint8_t bytes[EXAMPLE_SIZE];
    struct writer out = WRITER_OF(bytes);
    ck_assert_int_eq(key_blob_seal(&kek, &key, SPAN_OF(random), &out), 0);
    ck_assert(!out.full);
    ck_assert(span_equal(written(&out), SPAN_OF(example_bytes)));
}
END_TEST

static int open_bytes(struct span bytes, struct key_blob_key *out)
{
    static uint8_t plain_bytes[KEY_BLOB_MAX];
    struct writer plain = WRITER_OF(plain_bytes);
    struct key_blob blob;
    return key_blob_read(bytes, &blob) ? key_blob_open(&kek, &blob, &plain, out)
                                       : KEY_BLOB_MALFORMED;
}

START_TEST(worked_example_is_read)
{
    struct key_blob_key key;
    ck_assert_int_eq(open_bytes(SPAN_OF(example_bytes), &key), 0);
    ck_assert_int_eq(key.type, BLOB_AES);
    ck_assert(span_equal(key.parts.secret, SPAN_OF(aes_key)));
    assert_hex(key.algorithms, "10111899");
}
END_TEST

START_TEST(a_blob_of_any_other_length_is_refused)
{
    uint8_t longer[EXAMPLE_SIZE + 16];
    struct key_blob_key key;
    for (size_t size = 0; size < EXAMPLE_SIZE; size++)
        ck_assert_int_ne(open_bytes(span_of(example_bytes, size), &key), 0);
    memset(longer, 0, sizeof longer);
    memcpy(longer, example_bytes, EXAMPLE_SIZE);
    for (size_t size = EXAMPLE_SIZE + 1; size <= sizeof longer; size++)
        ck_assert_int_ne(open_bytes(span_of(longer, size), &key), 0);
}
END_TEST

START_TEST(every_flipped_byte_is_found)
{
    struct key_blob_key key;
    for (size_t i = 0; i < EXAMPLE_SIZE; i++) {
        uint8_t bad[EXAMPLE_SIZE];
        memcpy(bad, example_bytes, sizeof bad);
        bad[i] ^= 0x01;
        ck_assert_int_ne(open_bytes(SPAN_OF(bad), &key), 0);
    }
}
END_TEST

/* --- Blobs of others, made here from their plain text --- */

static struct span forge(uint8_t type, const char *oid, struct span plain)
{
    static uint8_t bytes[512];
    uint8_t oid_bytes[16];
    struct writer out = WRITER_OF(bytes), name = WRITER_OF(oid_bytes);
    ck_assert(hex_decode(oid, &name));
    write_span(&out, SPAN_OF(kek.check));
    write_u8(&out, type);
    write_counted(&out, written(&name));
    for (int i = 0; i < 3; i++)
        write_u16(&out, 0);
    ck_assert_int_eq(kek_encrypt(&kek, plain, &out), 0);
    ck_assert_int_eq(kek_authenticate(&kek, written(&out), &out), 0);
    return written(&out);
}

/* Without padding where none is needed, and with another OID: 8.5 tells of both. */
START_TEST(blobs_without_padding_and_with_a_wrong_oid_are_read)
{
    uint8_t bytes[32] = { 0 };
    struct writer plain = WRITER_OF(bytes);
    struct key_blob_key key;
    write_zeros(&plain, 8);
    write_counted(&plain, span_of(aes_key, 16));
    write_zeros(&plain, 6);
    ck_assert_int_eq(open_bytes(forge(BLOB_AES, "2A03", SPAN_OF(bytes)), &key), 0);
    ck_assert_uint_eq(key.parts.secret.size, 16);
}
END_TEST

START_TEST(authentic_nonsense_is_malformed)
{
    uint8_t bytes[32];
    struct key_blob_key key;
    memset(bytes, 0xFF, sizeof bytes);
    static const uint8_t types[] = { BLOB_RSA, BLOB_RSA_CRT, BLOB_EC, BLOB_AES, 0x00, 0x07 };
    for (size_t i = 0; i < sizeof types; i++)
        ck_assert_int_eq(open_bytes(forge(types[i], "2A03", SPAN_OF(bytes)), &key),
                         KEY_BLOB_MALFORMED);
}
END_TEST

/* --- Every kind there and back, with the lengths of 8.5 --- */

static const struct {
    struct key_spec spec;
    enum key_blob_type type;
    size_t size; /* 0: not stated there */
} kinds[] = {
    { { .type = KEY_RSA, .bits = 2048, .exponent = 65537 }, BLOB_RSA_CRT, 971 },
    { { .type = KEY_RSA, .bits = 2048, .exponent = 65537 }, BLOB_RSA, 587 },
    { { .type = KEY_RSA, .bits = 1024, .exponent = 3 }, BLOB_RSA, 0 },
    { { .type = KEY_AES, .bits = 128 }, BLOB_AES, 0 },
    { { .type = KEY_AES, .bits = 192 }, BLOB_AES, 0 },
};

static void there_and_back(const struct key_spec *spec, enum key_blob_type type, size_t size)
{
    uint8_t made[KEY_MATERIAL_MAX], back[KEY_MATERIAL_MAX], blob[KEY_BLOB_MAX];
    struct writer material = WRITER_OF(made), again = WRITER_OF(back), out = WRITER_OF(blob);
    const struct key_kind *kind = key_kind_of(spec->type);
    struct key_blob_key key = { .type = type, .spec = *spec }, opened;
    ck_assert_int_eq(kind->generate(spec, NULL, &material), 0);
    ck_assert_int_eq(kind->to_parts(spec, written(&material), &key.parts), 0);
    ck_assert_int_eq(key_blob_seal(&kek, &key, span_of("12345678", 8), &out), 0);
    ck_assert(!out.full && (!size || out.size == size));
    ck_assert_int_eq(open_bytes(written(&out), &opened), 0);
    ck_assert_int_eq(kind->import(&opened.spec, &opened.parts, NULL, &again), 0);
    ck_assert_uint_eq(opened.spec.bits, spec->bits);
    ck_assert_uint_eq(opened.spec.exponent, spec->exponent);
    ck_assert_ptr_eq(opened.spec.curve, spec->curve);
    struct public_part a, b;
    if (!kind->public_part) {
        ck_assert(span_equal(written(&material), written(&again)));
        return;
    }
    ck_assert_int_eq(kind->public_part(spec, written(&material), &a), 0);
    ck_assert_int_eq(kind->public_part(spec, written(&again), &b), 0);
    ck_assert(span_equal(a.modulus, b.modulus) && span_equal(a.point, b.point));
    struct live_key *live = NULL;
    ck_assert_int_eq(kind->open(spec, written(&again), &live), 0);
    live_key_close(&live);
}

START_TEST(kind_goes_there_and_back)
{
    there_and_back(&kinds[_i].spec, kinds[_i].type, kinds[_i].size);
}
END_TEST

START_TEST(curve_goes_there_and_back)
{
    const struct key_spec spec = key_spec_on(curve_at((size_t)_i));
    there_and_back(&spec, BLOB_EC, 0);
}
END_TEST

START_TEST(raw_curve_goes_there_and_back)
{
    const struct key_spec spec = key_spec_on(raw_curve_at((size_t)_i));
    there_and_back(&spec, BLOB_EC, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("key_blob");
    TCase *all = tcase_create("key_blob");
    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, set_up, NULL);
    tcase_add_test(all, keys_of_a_dkek_are_derived);
    tcase_add_test(all, worked_example_is_written);
    tcase_add_test(all, worked_example_is_read);
    tcase_add_test(all, a_blob_of_any_other_length_is_refused);
    tcase_add_test(all, every_flipped_byte_is_found);
    tcase_add_test(all, blobs_without_padding_and_with_a_wrong_oid_are_read);
    tcase_add_test(all, authentic_nonsense_is_malformed);
    tcase_add_loop_test(all, kind_goes_there_and_back, 0, (int)COUNT_OF(kinds));
    tcase_add_loop_test(all, curve_goes_there_and_back, 0, (int)curve_count());
    tcase_add_loop_test(all, raw_curve_goes_there_and_back, 0, (int)raw_curve_count());
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
