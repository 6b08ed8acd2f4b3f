/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_use_secret_heap(): what OpenSSL allocates is locked, left out of dumps, and wiped.
 *
 * The heap can be set only before OpenSSL allocates, and its pages are empty in a forked child:
 * each test sets it itself, in its own process. */
#include "base/failure.h"
#include "crypto/crypto.h"
#include "tests/support/suite.h"

#include <openssl/crypto.h>
#include <string.h>
#include <sys/resource.h>

/* --- Mappings of this process (proc_pid_smaps(5)) --- */

struct mapping {
    uintptr_t start, end;
    bool writable, locked, undumped, main_heap;
};

typedef void mapping_use(void *context, const struct mapping *mapping);

static bool has_flag(const char *line, const char *flag)
{
    char padded[8];
    snprintf(padded, sizeof padded, " %s ", flag);
    return strstr(line, padded) != NULL;
}

static void each_mapping(mapping_use *use, void *context)
{
    struct mapping mapping = { 0 };
    char line[512], rights[8];
    FILE *smaps = fopen("/proc/self/smaps", "r");
    ck_assert_ptr_nonnull(smaps);
    while (fgets(line, sizeof line, smaps)) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) == 3) {
            mapping = (struct mapping){ .start = start,
                                        .end = end,
                                        .writable = strncmp(rights, "rw", 2) == 0,
                                        .main_heap = strstr(line, "[heap]") != NULL };
        } else if (strncmp(line, "VmFlags:", 8) == 0) {
            mapping.locked = has_flag(line, "lo");
            mapping.undumped = has_flag(line, "dd");
            use(context, &mapping);
        }
    }
    fclose(smaps);
}

struct question {
    uintptr_t address;
    struct mapping answer;
};

static void take_if_inside(void *context, const struct mapping *mapping)
{
    struct question *question = context;
    if (mapping->start <= question->address && question->address < mapping->end)
        question->answer = *mapping;
}

static struct mapping mapping_of(const void *at)
{
    struct question question = { .address = (uintptr_t)at };
    each_mapping(take_if_inside, &question);
    ck_assert_uint_ne(question.answer.end, 0);
    return question.answer;
}

/* --- A known private key --- */

/* RFC 6979 A.2.5: d, and its public point. */
static const char private_key[] =
    "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
static const char public_key[] =
    "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";

static struct live_key *open_key(void)
{
    uint8_t scalar_bytes[32], point_bytes[65], bytes[KEY_MATERIAL_MAX];
    struct writer scalar = WRITER_OF(scalar_bytes), point = WRITER_OF(point_bytes),
                  material = WRITER_OF(bytes);
    const struct key_spec spec = { .type = KEY_EC, .bits = 256, .curve = curve_by_name("P-256") };
    struct live_key *key = NULL;

    ck_assert(hex_decode(private_key, &scalar) && hex_decode(public_key, &point));
    write_counted(&material, written(&scalar));
    write_counted(&material, written(&point));
    ck_assert_int_eq(key_kind_of(KEY_EC)->open(&spec, written(&material), &key), 0);
    return key;
}

static void use_key(struct live_key *key)
{
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer out = WRITER_OF(bytes);
    const struct scheme scheme = { PADDING_NONE, DIGEST_SHA256 };
    ck_assert_int_eq(key_kind_of(KEY_EC)->sign(key, scheme, span_of_text("sample"), &out), 0);
}

/* Where the private key lies, as the library holds it: the lowest limb first, or as bytes. */
struct search {
    uint8_t pattern[8]; /* its lowest 64 bits: enough to recognise it */
    size_t in_undumped, in_main_heap;
};

/* AddressSanitizer's shadow is left out of dumps too; it is far larger than our heap. */
static bool worth_searching(const struct mapping *mapping)
{
    return mapping->writable && (mapping->undumped || mapping->main_heap) &&
           mapping->end - mapping->start <= 64 * 1024 * 1024;
}

static void count_pattern(void *context, const struct mapping *mapping)
{
    struct search *search = context;
    if (!worth_searching(mapping))
        return;
    const uint8_t *at = (const uint8_t *)mapping->start;
    const uint8_t *end = (const uint8_t *)mapping->end;
    while ((at = memmem(at, (size_t)(end - at), search->pattern, sizeof search->pattern))) {
        *(mapping->undumped ? &search->in_undumped : &search->in_main_heap) += 1;
        at++;
    }
}

static struct search search_private_key(bool lowest_first)
{
    static const uint8_t lowest[] = { 0x21, 0x67, 0x0F, 0x12, 0x2B, 0x62, 0x8A, 0x7B };
    struct search search = { 0 };
    for (size_t i = 0; i < sizeof lowest; i++)
        search.pattern[lowest_first ? i : sizeof lowest - 1 - i] = lowest[i];
    each_mapping(count_pattern, &search);
    return search;
}

/* --- Tests --- */

static void start(void)
{
    ck_assert_int_eq(crypto_use_secret_heap(), 0);
    ck_assert_int_eq(crypto_init(), 0);
}

START_TEST(live_key_lies_on_locked_undumped_pages)
{
    start();
    struct live_key *key = open_key();
    struct mapping mapping = mapping_of(key);

    ck_assert(mapping.undumped);
    if (secret_locking_failed()) {
        struct rlimit limit;
        ck_assert_int_eq(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
        ck_assert_uint_ne(limit.rlim_cur, RLIM_INFINITY);
        fprintf(stderr, "not checked: locked pages, RLIMIT_MEMLOCK is %ju\n",
                (uintmax_t)limit.rlim_cur);
    } else {
        ck_assert(mapping.locked);
    }
    live_key_close(&key);
}
END_TEST

START_TEST(private_key_is_nowhere_else_and_gone_after_closing)
{
    start();
    struct live_key *key = open_key();
    use_key(key);
    struct search open = search_private_key(true);
    ck_assert_uint_ge(open.in_undumped, 1);
    ck_assert_uint_eq(open.in_main_heap, 0);

    live_key_close(&key);
    for (int lowest_first = 0; lowest_first < 2; lowest_first++) {
        struct search closed = search_private_key(lowest_first);
        ck_assert_uint_eq(closed.in_undumped, 0);
        ck_assert_uint_eq(closed.in_main_heap, 0);
    }
}
END_TEST

/* The heap keeps its pages: a freed block can be looked at. */
START_TEST(freed_blocks_are_wiped)
{
    start();
    uint8_t *block = OPENSSL_malloc(100);
    ck_assert_ptr_nonnull(block);
    memset(block, 0xA5, 100);
    OPENSSL_free(block);
    ck_assert(span_is_zero(span_of(block, 100)));
}
END_TEST

/* 64 KiB lies beyond the largest shared block: it gets pages of its own. */
START_TEST(realloc_keeps_content_and_wipes_what_it_leaves)
{
    start();
    uint8_t *small = OPENSSL_malloc(32);
    ck_assert_ptr_nonnull(small);
    memset(small, 0xA5, 32);
    uint8_t *larger = OPENSSL_realloc(small, 4096);
    ck_assert_ptr_nonnull(larger);
    ck_assert_ptr_ne(larger, small);
    ck_assert(span_is_zero(span_of(small, 32)));

    memset(larger, 0xA5, 4096);
    uint8_t *largest = OPENSSL_realloc(larger, 64 * 1024);
    ck_assert_ptr_nonnull(largest);
    ck_assert(span_is_zero(span_of(larger, 4096)));
    ck_assert(mapping_of(largest).undumped);
    for (size_t i = 0; i < 4096; i++)
        ck_assert_uint_eq(largest[i], 0xA5);
    OPENSSL_free(largest);
}
END_TEST

START_TEST(nothing_of_no_size)
{
    start();
    ck_assert_ptr_null(OPENSSL_malloc(0));
    uint8_t *block = OPENSSL_malloc(32);
    memset(block, 0xA5, 32);
    ck_assert_ptr_null(OPENSSL_realloc(block, 0));
    ck_assert(span_is_zero(span_of(block, 32)));
}
END_TEST

START_TEST(too_late_is_a_fault)
{
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(crypto_use_secret_heap(), FAULT_LIBRARY);
    ck_assert_int_eq(failure_last()->kind, FAULT_LIBRARY);
}
END_TEST

START_TEST(self_test_passes_on_the_secret_heap)
{
    start();
    ck_assert_int_eq(crypto_self_test(), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("secret_heap", live_key_lies_on_locked_undumped_pages,
                     private_key_is_nowhere_else_and_gone_after_closing, freed_blocks_are_wiped,
                     realloc_keeps_content_and_wipes_what_it_leaves, nothing_of_no_size,
                     too_late_is_a_fault, self_test_passes_on_the_secret_heap);
}
