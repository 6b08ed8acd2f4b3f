/* SPDX-License-Identifier: Apache-2.0 */
/* Who reads the memory of a card after a command finds no secret that passed through it: no PIN,
 * share, key, plaintext or shared secret, on the stack of the card's thread, in the card, or
 * anywhere else that can be written. While a key is ready for use it is in the locked, undumped
 * memory of base/secret.h, which is left out as long; when the card is off that is searched, too.
 *
 * The test keeps the secrets masked, and its own thread's stack is not searched: what is found is
 * the card's. */
#include <inttypes.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "formats/key_blob.h"
#include "tests/support/dkek_fixture.h"
#include "tests/support/suite.h"

#define MASK         0xA5
#define SECRETS_MAX  24
#define SECRET_MAX   256
#define STACK_SIZE   ((size_t)512 * 1024)
#define PIN_SIZE     16
#define OFFICER_SIZE 8

struct hidden {
    const char *name;
    size_t size;
    uint8_t masked[SECRET_MAX];
};

static struct card_fixture f;
static const struct kek *outside; /* of who wraps keys elsewhere */
static struct hidden hidden[SECRETS_MAX];
static size_t hidden_count;
static uint8_t command_bytes[4096];
static struct writer command;
static void *stack;

/* --- Secrets --- */

static struct hidden *hide(const char *name, struct span secret)
{
    struct hidden *h = &hidden[hidden_count++];
    ck_assert_uint_le(hidden_count, SECRETS_MAX);
    ck_assert_uint_le(secret.size, SECRET_MAX);
    *h = (struct hidden){ .name = name, .size = secret.size };
    for (size_t i = 0; i < secret.size; i++)
        h->masked[i] = secret.at[i] ^ MASK;
    return h;
}

/* Bytes that nothing else has: printable ones, as PINs are. */
static struct hidden *invent(const char *name, size_t size)
{
    uint8_t bytes[SECRET_MAX];
    uint32_t state = 0x9E3779B9u * (uint32_t)(hidden_count + 1);
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)('!' + (state >> 24) % 90);
    }
    return hide(name, span_of(bytes, size));
}

static void write_hidden(struct writer *out, const struct hidden *h)
{
    for (size_t i = 0; i < h->size; i++)
        write_u8(out, h->masked[i] ^ MASK);
}

/* --- Searching --- */

/* step: 1 forwards, -1 as a number with its lowest byte first. */
static bool lies_at(const uint8_t *at, const struct hidden *h, int step)
{
    const uint8_t *masked = step > 0 ? h->masked : h->masked + h->size - 1;
    for (size_t i = 0; i < h->size; i++)
        if ((at[i] ^ MASK) != masked[step * (ptrdiff_t)i])
            return false;
    return true;
}

/* What lies there; NULL: nothing that is hidden. */
static const struct hidden *search(const uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        for (size_t k = 0; k < hidden_count; k++)
            if (hidden[k].size <= size - i &&
                (lies_at(at + i, &hidden[k], 1) || lies_at(at + i, &hidden[k], -1)))
                return &hidden[k];
    return NULL;
}

struct region {
    uintptr_t from, to;
    char name[160];
    bool searched, undumped;
};

/* Reads one entry of smaps(5). */
static bool next_region(FILE *maps, struct region *out)
{
    char line[512];
    *out = (struct region){ 0 };
    while (fgets(line, sizeof line, maps)) {
        uintptr_t from, to;
        char rights[8], name[160] = "";
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*s %*s %*s %159[^\n]", &from, &to, rights,
                   name) >= 3) {
            *out = (struct region){ .from = from, .to = to };
            out->searched = strncmp(rights, "rw-p", 4) == 0 && strcmp(name, "[stack]") != 0;
            snprintf(out->name, sizeof out->name, "%s", *name ? name : "memory without a name");
        } else if (strncmp(line, "VmFlags:", 8) == 0) {
            out->undumped = strstr(line, " dd") != NULL;
            return true;
        }
    }
    return false;
}

/* A sentence about the first secret that is found; empty: none is. */
static void look(bool keys_ready, char out[256])
{
    struct region regions[256];
    size_t count = 0, stacks = 0;
    FILE *maps = fopen("/proc/self/smaps", "r");
    ck_assert_ptr_nonnull(maps);
    while (count < COUNT_OF(regions) && next_region(maps, &regions[count]))
        count++;
    fclose(maps);
    ck_assert_uint_lt(count, COUNT_OF(regions));
    *out = 0;
    for (size_t i = 0; i < count && !*out; i++) {
        const struct region *r = &regions[i];
        if (!r->searched || (r->undumped && keys_ready))
            continue;
        const struct hidden *found = search((const uint8_t *)r->from, r->to - r->from);
        if (found)
            snprintf(out, 256, "the %s lies in %s", found->name, r->name);
        stacks += r->from <= (uintptr_t)stack && (uintptr_t)stack < r->to;
    }
    ck_assert(*out || stacks == 1); /* the card's thread's was among them */
}

static void assert_nothing_left(const char *when, bool keys_ready)
{
    char found[256];
    look(keys_ready, found);
    ck_assert_msg(!*found, "%s: %s", when, found);
}

/* --- Commands --- */

static void *send_it(void *status)
{
    struct span answer = card_fixture_send(&f, written(&command));
    *(uint16_t *)status = answer_status(answer);
    return NULL;
}

static void begin(uint32_t header)
{
    command = WRITER_OF(command_bytes);
    write_u32(&command, header);
}

/* Sends what was written in a thread of its own, as the daemon does, and looks at what it leaves.
 * Data of the answer is the test's. */
static void assert_clean(const char *what, uint16_t expected)
{
    pthread_t thread;
    pthread_attr_t attributes;
    static uint16_t status;
    memset(stack, 0, STACK_SIZE);
    ck_assert_int_eq(pthread_attr_init(&attributes), 0);
    ck_assert_int_eq(pthread_attr_setstack(&attributes, stack, STACK_SIZE), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, send_it, &status), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    explicit_bzero(command_bytes, sizeof command_bytes);
    explicit_bzero(f.answer_bytes, sizeof f.answer_bytes);
    ck_assert_msg(status == expected, "%s: %04X", what, status);
    assert_nothing_left(what, true);
}

static void short_command(uint32_t header, const struct hidden *one, const struct hidden *two)
{
    begin(header);
    write_u8(&command, (uint8_t)(one->size + (two ? two->size : 0)));
    write_hidden(&command, one);
    if (two)
        write_hidden(&command, two);
}

static void extended(uint32_t header, struct span data)
{
    begin(header);
    write_u8(&command, 0);
    write_u16(&command, (uint16_t)data.size);
    write_span(&command, data);
    write_u16(&command, 0);
}

static void initialise(const struct hidden *pin, const struct hidden *officer)
{
    begin(0x80500000);
    write_u8(&command, 4 + 2 + PIN_SIZE + 2 + OFFICER_SIZE + 3 + 3);
    write_u32(&command, 0x80020001);
    write_u16(&command, 0x8100 | PIN_SIZE);
    write_hidden(&command, pin);
    write_u16(&command, 0x8200 | OFFICER_SIZE);
    write_hidden(&command, officer);
    write_u16(&command, 0x9101);
    write_u8(&command, 10);
    write_u16(&command, 0x9201);
    write_u8(&command, 1);
}

/* --- Keys made outside, wrapped on the test's own stack --- */

static void seal(const struct key_blob_key *key, struct writer *blob)
{
    ck_assert_int_eq(key_blob_seal(outside, key, span_of("\0\1\2\3\4\5\6\7", 8), blob), 0);
}

static void import(uint8_t id, const struct key_blob_key *key, const char *what)
{
    uint8_t bytes[KEY_BLOB_MAX];
    struct writer blob = WRITER_OF(bytes);
    seal(key, &blob);
    extended(0x80740093 | (uint32_t)id << 8, written(&blob));
    assert_clean(what, 0x9000);
}

static void import_ec(void)
{
    uint8_t scalar[32], point[65];
    memset(scalar, 0, sizeof scalar);
    for (size_t i = 0; i < sizeof scalar; i++)
        scalar[i] = (uint8_t)(37 * i + 11);
    hide("private scalar", SPAN_OF(scalar));
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *known = EC_POINT_new(group);
    BIGNUM *number = BN_bin2bn(scalar, sizeof scalar, NULL);
    ck_assert_int_eq(EC_POINT_mul(group, known, number, NULL, NULL, NULL), 1);
    ck_assert_uint_eq(
        EC_POINT_point2oct(group, known, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point, NULL),
        sizeof point);
    BN_clear_free(number);
    EC_POINT_free(known);
    EC_GROUP_free(group);
    const struct key_blob_key key = {
        .type = BLOB_EC,
        .spec = { .type = KEY_EC, .bits = 256, .curve = curve_by_name("P-256") },
        .parts = { .scalar = SPAN_OF(scalar), .point = SPAN_OF(point) },
    };
    import(1, &key, "UNWRAP of an EC key");
    extended(0x80680170, span_of("0123456789ABCDEFfedcba9876543210", 32));
    assert_clean("SIGN with an EC key", 0x9000);
    extended(0x80620180, SPAN_OF(point));
    assert_clean("ECDH", 0x9000);
    extended(0x80720192, (struct span){ 0 });
    assert_clean("WRAP of an EC key", 0x9000);
}

static struct span number_of(const EVP_PKEY *key, const char *name, uint8_t *at)
{
    BIGNUM *number = NULL;
    ck_assert_int_eq(EVP_PKEY_get_bn_param(key, name, &number), 1);
    struct span bytes = span_of(at, (size_t)BN_bn2bin(number, at));
    BN_clear_free(number);
    return bytes;
}

static void import_rsa(void)
{
    uint8_t bytes[8][256];
    EVP_PKEY *rsa = EVP_RSA_gen(1024);
    ck_assert_ptr_nonnull(rsa);
    const struct key_blob_key key = {
        .type = BLOB_RSA_CRT,
        .spec = { .type = KEY_RSA, .bits = 1024 },
        .parts = { .n = number_of(rsa, "n", bytes[0]),
                   .e = number_of(rsa, "e", bytes[1]),
                   .d = number_of(rsa, "d", bytes[2]),
                   .p = number_of(rsa, "rsa-factor1", bytes[3]),
                   .q = number_of(rsa, "rsa-factor2", bytes[4]),
                   .dp = number_of(rsa, "rsa-exponent1", bytes[5]),
                   .dq = number_of(rsa, "rsa-exponent2", bytes[6]),
                   .qinv = number_of(rsa, "rsa-coefficient1", bytes[7]) },
    };
    EVP_PKEY_free(rsa);
    hide("private exponent", key.parts.d);
    hide("prime p", key.parts.p);
    hide("prime q", key.parts.q);
    hide("exponent modulo p - 1", key.parts.dp);
    import(2, &key, "UNWRAP of an RSA key");
    uint8_t block[128] = { 0, 1, 2, 3 };
    extended(0x80680220, SPAN_OF(block));
    assert_clean("SIGN with an RSA key", 0x9000);
    extended(0x80620221, SPAN_OF(block));
    assert_clean("DECIPHER with an RSA key", 0x9000);
    extended(0x80720292, (struct span){ 0 });
    assert_clean("WRAP of an RSA key", 0x9000);
}

static void import_aes(void)
{
    const struct hidden *h = invent("AES key", 32);
    uint8_t secret[32];
    struct writer out = WRITER_OF(secret);
    write_hidden(&out, h);
    const struct key_blob_key key = {
        .type = BLOB_AES,
        .spec = { .type = KEY_AES, .bits = 256 },
        .parts = { .secret = SPAN_OF(secret) },
    };
    import(3, &key, "UNWRAP of an AES key");
    const struct hidden *plain = invent("plaintext", 32);
    uint8_t text[32];
    out = WRITER_OF(text);
    write_hidden(&out, plain);
    extended(0x80780310, SPAN_OF(text));
    assert_clean("CIPHER", 0x9000);
    extended(0x80780399, SPAN_OF(text));
    assert_clean("DERIVE with an AES key", 0x9000);
}

/* --- The tests --- */

START_TEST(nothing_of_a_secret_stays)
{
    const struct hidden *pin = invent("user PIN", PIN_SIZE), *other = invent("new PIN", PIN_SIZE),
                        *wrong = invent("wrong PIN", PIN_SIZE),
                        *officer = invent("SO-PIN", OFFICER_SIZE),
                        *officer2 = invent("new SO-PIN", OFFICER_SIZE);
    card_fixture_init(&f);
    initialise(pin, officer);
    assert_clean("INITIALIZE", 0x9000);
    short_command(0x00200081, wrong, NULL);
    assert_clean("VERIFY of a wrong PIN", 0x63C9);
    short_command(0x00200081, pin, NULL);
    assert_clean("VERIFY", 0x9000);
    short_command(0x00240081, pin, other);
    assert_clean("CHANGE REFERENCE DATA", 0x9000);
    short_command(0x002C0081, officer, pin);
    assert_clean("RESET RETRY COUNTER", 0x9000);
    short_command(0x00240088, officer, officer2);
    assert_clean("CHANGE REFERENCE DATA of the SO-PIN", 0x9000);
    initialise(pin, officer);
    assert_clean("INITIALIZE with a wrong SO-PIN", 0x63CE);
    initialise(pin, officer2);
    assert_clean("INITIALIZE again", 0x9000);

    const struct hidden *share = invent("DKEK share", KEK_SIZE);
    uint8_t secret[KEK_SIZE];
    struct writer out = WRITER_OF(secret);
    struct kek kek; /* on this stack, which is not searched */
    write_hidden(&out, share);
    ck_assert_int_eq(kek_derive(SPAN_OF(secret), &kek), 0);
    outside = &kek;
    hide("key that encrypts keys", SPAN_OF(kek.encryption));
    hide("key that authenticates keys", SPAN_OF(kek.mac));
    begin(0x80520000);
    write_u8(&command, KEK_SIZE);
    write_hidden(&command, share);
    write_u8(&command, 0);
    assert_clean("IMPORT DKEK SHARE", 0x9000);

    import_ec();
    import_rsa();
    import_aes();
    short_command(0x00200081, pin, NULL);
    assert_clean("VERIFY with keys", 0x9000);
    card_fixture_deinit(&f);
    explicit_bzero(command_bytes, sizeof command_bytes);
    assert_nothing_left("power off", false);
}
END_TEST

/* The search finds what is there. */
START_TEST(what_stays_is_found)
{
    static uint8_t left[PIN_SIZE];
    struct writer out = WRITER_OF(left);
    const struct hidden *h = invent("planted secret", PIN_SIZE);
    char found[256];
    look(true, found);
    ck_assert_str_eq(found, "");
    write_hidden(&out, h);
    look(true, found);
    explicit_bzero(left, sizeof left);
    ck_assert_ptr_nonnull(strstr(found, "planted secret"));
}
END_TEST

static void set_up(void)
{
    hidden_count = 0;
    stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(stack, MAP_FAILED);
}

static void tear_down(void)
{
    munmap(stack, STACK_SIZE);
}

int main(void)
{
    if (crypto_use_secret_heap()) /* before the library has any other, as the daemon does */
        return EXIT_FAILURE;
    return RUN_TESTS_WITH("residue", set_up, tear_down, what_stays_is_found,
                          nothing_of_a_secret_stays);
}
