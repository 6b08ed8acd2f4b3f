/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of NIST, RSA Laboratories and RFC 7027 through the card's own commands, from Debian's
 * python3-cryptography-vectors; skipped where that is not installed. A file is a row of the table.
 *
 * Where the standard wants chance in a signature, the vector's own cannot be given to the card: for
 * PSS the encoded block is taken out of the vector's signature and signed as it is, which must give
 * that signature; and what the card makes by itself, PSS or ECDSA, must verify in OpenSSL with the
 * vector's public key. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/digest_names.h"
#include "tests/support/nist.h"
#include "tests/support/sealed_key.h"
#include "tests/support/suite.h"

enum { STATUS_DONE = 0x9000, STATUS_DATA = 0x6A80 };
enum { SIGN = 0x68, DECIPHER = 0x62 };
enum { RAW = 0x20, PKCS1 = 0x30, PSS = 0x40, ECDSA = 0x70, ECDH = 0x80 };
enum { DECIPHER_PKCS1 = 0x22, DECIPHER_OAEP = 0x23 };

/* How a file names the parts of an RSA key. */
struct rsa_names {
    const char *n, *e, *d, *p, *q;
};

struct play {
    struct card_fixture card;
    const struct rsa_names *names;
    size_t used; /* records that were put to the card */
};

static void assert_answer(struct play *p, unsigned status, struct span expected)
{
    ck_assert_uint_eq(status, STATUS_DONE);
    ck_assert(span_equal(card_fixture_data(&p->card), expected));
    p->used++;
}

/* --- RSA keys --- */

static const struct rsa_names nist_names = { "n", "e", "d", "p", "q" };
static const struct rsa_names laboratory_names = { "Modulus", "Public exponent", "Exponent",
                                                   "Prime 1", "Prime 2" };

static BIGNUM *number(struct nist_record *record, const char *name)
{
    struct span bytes = nist_bytes(record, name);
    return BN_bin2bn(bytes.at, (int)bytes.size, NULL);
}

static void write_number(struct writer *out, const BIGNUM *value)
{
    uint8_t bytes[RSA_BYTES_MAX];
    write_counted(out, span_of(bytes, (size_t)BN_bn2bin(value, bytes)));
}

/* dp, dq and qinv of n, e, d, p, q, which stand before them. */
static void derive(BIGNUM *part[8], BN_CTX *context)
{
    BIGNUM *less = BN_new();
    for (size_t i = 0; i < 2; i++) {
        BN_copy(less, part[3 + i]);
        BN_sub_word(less, 1);
        BN_mod(part[5 + i], part[2], less, context);
    }
    BN_mod_inverse(part[7], part[4], part[3], context);
    BN_free(less);
}

static bool card_has_size(int bits)
{
    return bits == 1024 || bits == 1536 || bits == 2048 || bits == 3072 || bits == 4096;
}

/* False for a size that the card does not have. */
static bool seal_rsa(struct play *p, struct nist_record *record)
{
    const struct rsa_names *names = p->names;
    BIGNUM *part[8] = { number(record, names->n),
                        number(record, names->e),
                        number(record, names->d),
                        number(record, names->p),
                        number(record, names->q),
                        BN_new(),
                        BN_new(),
                        BN_new() };
    BN_CTX *context = BN_CTX_new();
    derive(part, context);
    const struct key_spec spec = { .type = KEY_RSA,
                                   .bits = (uint16_t)BN_num_bits(part[0]),
                                   .exponent = (uint32_t)BN_get_word(part[1]) };
    uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    for (size_t i = 0; i < COUNT_OF(part); i++) {
        write_number(&material, part[i]);
        BN_free(part[i]);
    }
    BN_CTX_free(context);
    if (!card_has_size(spec.bits))
        return false;
    sealed_key_put(&p->card, &spec, written(&material));
    return true;
}

/* --- OpenSSL as the judge --- */

static EVP_PKEY *public_key(const char *type, OSSL_PARAM_BLD *build)
{
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    ck_assert_int_eq(EVP_PKEY_fromdata_init(context), 1);
    ck_assert_int_eq(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    return key;
}

static EVP_PKEY *rsa_public_key(struct play *p, struct nist_record *record)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = number(record, p->names->n), *e = number(record, p->names->e);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
    EVP_PKEY *key = public_key("RSA", build);
    BN_free(n);
    BN_free(e);
    return key;
}

static EVP_PKEY *ec_public_key(const struct curve *curve, struct nist_record *record)
{
    uint8_t point[1 + 2 * 66] = { 4 };
    size_t field = (curve->bits + 7u) / 8;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *x = number(record, "Qx"), *y = number(record, "Qy");
    ck_assert_int_eq(BN_bn2binpad(x, point + 1, (int)field), (int)field);
    ck_assert_int_eq(BN_bn2binpad(y, point + 1 + field, (int)field), (int)field);
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve->library, 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * field);
    EVP_PKEY *key = public_key("EC", build);
    BN_free(x);
    BN_free(y);
    return key;
}

static void assert_verifies(EVP_PKEY *key, const char *digest, bool pss, struct span message,
                            struct span signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;
    ck_assert_int_eq(EVP_DigestVerifyInit_ex(context, &options, digest, NULL, NULL, key, NULL), 1);
    if (pss) {
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST), 1);
    }
    ck_assert_int_eq(
        EVP_DigestVerify(context, signature.at, signature.size, message.at, message.size), 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
}

/* --- One record each --- */

static bool passes(const struct nist_record *record)
{
    return nist_text(record, "Result")[0] == 'P';
}

/* "SHA256", where the digests of the card are called "SHA-256"; out: the row's last digit. */
static uint8_t digest_number(const char *name, char spelled[16])
{
    snprintf(spelled, 16, "SHA-%s", name + strlen("SHA"));
    enum digest digest = digest_named(spelled);
    ck_assert_int_ne(digest, DIGEST_NONE);
    return (uint8_t)(1 + digest - DIGEST_SHA1);
}

/* Signing as NIST's "SigVer" has it, with the private key. */
static void check_pkcs1_nist(void *context, struct nist_record *record)
{
    struct play *p = context;
    char digest[16];
    if (!passes(record) || !seal_rsa(p, record))
        return;
    uint8_t algorithm = PKCS1 + digest_number(nist_text(record, "SHAAlg"), digest);
    unsigned status = sealed_key_command(&p->card, SIGN, algorithm, nist_bytes(record, "Msg"));
    assert_answer(p, status, nist_bytes(record, "S"));
}

/* The block under the signature: the public operation. */
static struct span open_signature(struct play *p, struct nist_record *record, const char *name,
                                  uint8_t block[RSA_BYTES_MAX])
{
    EVP_PKEY *key = rsa_public_key(p, record);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    struct span signature = nist_bytes(record, name);
    size_t size = RSA_BYTES_MAX;
    ck_assert_int_eq(EVP_PKEY_encrypt_init(context), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
    ck_assert_int_eq(EVP_PKEY_encrypt(context, block, &size, signature.at, signature.size), 1);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return span_of(block, size);
}

static void sign_block_again(struct play *p, struct nist_record *record, const char *name)
{
    uint8_t block[RSA_BYTES_MAX];
    struct span encoded = open_signature(p, record, name, block);
    unsigned status = sealed_key_command(&p->card, SIGN, RAW, encoded);
    assert_answer(p, status, nist_bytes(record, name));
}

static void check_pss_nist(void *context, struct nist_record *record)
{
    struct play *p = context;
    char digest[16];
    if (!passes(record) || !seal_rsa(p, record))
        return;
    sign_block_again(p, record, "S");
    uint8_t algorithm = PSS + digest_number(nist_text(record, "SHAAlg"), digest);
    if (strcmp(digest, "SHA-512") == 0 && nist_bytes(record, "n").size == 128)
        return; /* 1024 bits have no room for hash and salt of 64 bytes each */
    struct span message = nist_bytes(record, "Msg");
    ck_assert_uint_eq(sealed_key_command(&p->card, SIGN, algorithm, message), STATUS_DONE);
    assert_verifies(rsa_public_key(p, record), digest, true, message, card_fixture_data(&p->card));
}

static void check_pss_laboratory(void *context, struct nist_record *record)
{
    struct play *p = context;
    if (seal_rsa(p, record))
        sign_block_again(p, record, "Signature");
}

static void check_pkcs1_laboratory(void *context, struct nist_record *record)
{
    struct play *p = context;
    if (!seal_rsa(p, record))
        return;
    struct span message = nist_bytes(record, "Message to be signed");
    unsigned status = sealed_key_command(&p->card, SIGN, PKCS1 + 1, message);
    assert_answer(p, status, nist_bytes(record, "Signature"));
}

static void check_decipher(struct play *p, struct nist_record *record, uint8_t algorithm,
                           const char *message)
{
    if (!seal_rsa(p, record))
        return;
    unsigned status =
        sealed_key_command(&p->card, DECIPHER, algorithm, nist_bytes(record, "Encryption"));
    assert_answer(p, status, nist_bytes(record, message));
}

static void check_pkcs1_encryption(void *context, struct nist_record *record)
{
    check_decipher(context, record, DECIPHER_PKCS1, "Message");
}

static void check_oaep(void *context, struct nist_record *record)
{
    check_decipher(context, record, DECIPHER_OAEP, "Message");
}

/* "P-256,SHA-1"; K-256 is what NIST's form calls secp256k1. NULL: a curve that is none of ours. */
static const struct curve *curve_of_section(const char *section, const char **out_digest)
{
    char name[16];
    const char *comma = strchr(section, ',');
    if (!comma)
        return NULL;
    snprintf(name, sizeof name, "%.*s", (int)(comma - section), section);
    *out_digest = comma + 1;
    return curve_by_name(strcmp(name, "K-256") == 0 ? "secp256k1" : name);
}

static void check_ecdsa(void *context, struct nist_record *record)
{
    struct play *p = context;
    const char *digest;
    const struct curve *curve = curve_of_section(record->section, &digest);
    if (!curve)
        return;
    sealed_key_put_scalar(&p->card, curve, nist_bytes(record, "d"));
    uint8_t algorithm = (uint8_t)(ECDSA + 1 + digest_named(digest) - DIGEST_SHA1);
    struct span message = nist_bytes(record, "Msg");
    ck_assert_uint_eq(sealed_key_command(&p->card, SIGN, algorithm, message), STATUS_DONE);
    assert_verifies(ec_public_key(curve, record), digest, false, message,
                    card_fixture_data(&p->card));
    p->used++;
}

/* A number of the file as the card takes or gives it: as long as the field. */
static void write_field(struct nist_record *record, const char *name, size_t field,
                        struct writer *out)
{
    uint8_t bytes[66];
    BIGNUM *value = number(record, name);
    ck_assert_int_eq(BN_bn2binpad(value, bytes, (int)field), (int)field);
    BN_free(value);
    write_span(out, span_of(bytes, field));
}

/* Names of the private key, the other's point, and the secret. */
struct agreement {
    const char *d, *x, *y, *z;
};

static unsigned agree(struct play *p, struct nist_record *record, const struct curve *curve,
                      const struct agreement *names)
{
    uint8_t bytes[1 + 2 * 66];
    struct writer point = WRITER_OF(bytes);
    size_t field = (curve->bits + 7u) / 8;
    write_u8(&point, 4);
    write_field(record, names->x, field, &point);
    write_field(record, names->y, field, &point);
    sealed_key_put_scalar(&p->card, curve, nist_bytes(record, names->d));
    return sealed_key_command(&p->card, DECIPHER, ECDH, written(&point));
}

static bool gives(struct play *p, struct nist_record *record, const struct curve *curve,
                  const char *secret)
{
    uint8_t bytes[66];
    struct writer expected = WRITER_OF(bytes);
    size_t field = (curve->bits + 7u) / 8;
    write_field(record, secret, field, &expected);
    return span_equal(span_part(card_fixture_data(&p->card), 1, field), written(&expected));
}

static const struct curve *curve_of_set(const char *section)
{
    static const char *const names[][2] = { { "EA", "P-192" },
                                            { "EB", "P-224" },
                                            { "EC", "P-256" },
                                            { "ED", "P-384" },
                                            { "EE", "P-521" } };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strncmp(section, names[i][0], 2) == 0)
            return curve_by_name(names[i][1]);
    ck_abort_msg("a set of parameters called %s", section);
}

/* The card is "IUT". Results by number: 1 and 2, the other's point is not on the curve; 5 to 7, the
 * card's own pair is none, which is not for the card to find out when it agrees; 8, the secret was
 * changed. */
static void check_agreement_nist(void *context, struct nist_record *record)
{
    static const struct agreement names = { "dsIUT", "QsCAVSx", "QsCAVSy", "Z" };
    struct play *p = context;
    const struct curve *curve = curve_of_set(record->section);
    char why = passes(record) ? '0' : nist_text(record, "Result")[3];
    if (why >= '5' && why <= '7')
        return;
    bool off_curve = why == '1' || why == '2';
    unsigned status = agree(p, record, curve, &names);
    ck_assert_uint_eq(status, off_curve ? STATUS_DATA : STATUS_DONE);
    if (!off_curve)
        ck_assert_int_eq(gives(p, record, curve, names.z), passes(record));
    p->used++;
}

static void check_agreement_rfc7027(void *context, struct nist_record *record)
{
    static const struct agreement sides[] = { { "dA", "x_qB", "y_qB", "x_Z" },
                                              { "dB", "x_qA", "y_qA", "x_Z" } };
    struct play *p = context;
    const struct curve *curve = curve_by_name(nist_text(record, "curve"));
    ck_assert_ptr_nonnull(curve);
    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        ck_assert_uint_eq(agree(p, record, curve, &sides[i]), STATUS_DONE);
        ck_assert(gives(p, record, curve, sides[i].z));
        p->used++;
    }
}

/* --- The files --- */

/* used: what of the file the card can be asked. */
static const struct {
    const char *file, *last; /* the field that ends a record */
    nist_use *check;
    const struct rsa_names *names;
    size_t used;
} files[] = {
    { "RSA/FIPS_186-2/SigVer15_186-3.rsp", "Result", check_pkcs1_nist, &nist_names, 75 },
    { "RSA/FIPS_186-2/SigVerPSS_186-3.rsp", "Result", check_pss_nist, &nist_names, 75 },
    { "RSA/pkcs1v15sign-vectors.txt", "Signature", check_pkcs1_laboratory, &laboratory_names, 160 },
    { "RSA/pkcs-1v2-1d2-vec/pss-vect.txt", "Signature", check_pss_laboratory, &laboratory_names,
      18 },
    { "RSA/pkcs1v15crypt-vectors.txt", "Encryption", check_pkcs1_encryption, &laboratory_names,
      160 },
    { "RSA/oaep-custom/oaep-sha256-sha256.txt", "Encryption", check_oaep, &laboratory_names, 60 },
    { "ECDSA/FIPS_186-3/SigGen.txt", "S", check_ecdsa, NULL, 375 },
    { "ECDSA/SECP256K1/SigGen.txt", "S", check_ecdsa, NULL, 1125 },
    { "ECDH/KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_init.fax", "Result", check_agreement_nist,
      NULL, 120 },
    { "ECDH/brainpool.txt", "y_Z", check_agreement_rfc7027, NULL, 6 },
};

START_TEST(vectors_through_commands)
{
    static struct play p;
    card_fixture_init(&p.card);
    card_fixture_initialise(&p.card);
    p.names = files[_i].names;
    ck_assert_uint_eq(card_fixture_status(&p.card, VERIFY_USER), STATUS_DONE);
    nist_each(files[_i].file, files[_i].last, files[_i].check, &p);
    ck_assert_uint_eq(p.used, files[_i].used);
    card_fixture_deinit(&p.card);
}
END_TEST

int main(void)
{
    if (!nist_installed()) {
        puts("skipped: python3-cryptography-vectors is not installed");
        return 77;
    }
    Suite *suite = suite_create("card, published vectors");
    TCase *all = tcase_create("card, published vectors");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, vectors_through_commands, 0, COUNT_OF(files));
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
