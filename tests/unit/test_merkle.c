/* SPDX-License-Identifier: Apache-2.0 */
/* formats/merkle: the tree has the roots of RFC 6962, and keeps every complete node. */
#include "formats/merkle.h"

#include "crypto/crypto.h"
#include "tests/support/suite.h"
#include "tests/support/vectors.h"

START_TEST(empty_tree_is_the_hash_of_nothing)
{
    struct merkle tree = { 0 };
    uint8_t root[SHA256_SIZE], expected[SHA256_SIZE];
    struct writer out = WRITER_OF(expected);
    ck_assert(hex_decode("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", &out));
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(merkle_root(&tree, root), 0);
    ck_assert(span_equal(SPAN_OF(root), SPAN_OF(expected)));
}
END_TEST

START_TEST(growing_tree_has_the_known_roots)
{
    SCOPED(vectors_close) struct vectors all = { 0 };
    static struct vector block;
    struct merkle tree = { 0 };
    ck_assert_int_eq(crypto_init(), 0);
    vectors_open(&all, "merkle.txt");

    while (vectors_next(&all, &block)) {
        uint8_t nodes[MERKLE_NODES_MAX], root[SHA256_SIZE];
        struct writer out = WRITER_OF(nodes);
        ck_assert_int_eq(merkle_append(&tree, vector_bytes(&block, "leaf"), &out), 0);
        ck_assert_int_eq(merkle_root(&tree, root), 0);
        ck_assert_msg(span_equal(SPAN_OF(root), vector_bytes(&block, "root")), "leaf %llu",
                      (unsigned long long)tree.size);
    }
    ck_assert_uint_eq(tree.size, 33);
}
END_TEST

START_TEST(complete_nodes_are_found_again_by_their_last_leaf)
{
    struct merkle tree = { 0 };
    uint8_t kept[32][MERKLE_NODES_MAX];
    ck_assert_int_eq(crypto_init(), 0);
    for (uint8_t leaf = 1; leaf <= 32; leaf++) {
        struct writer out = WRITER_OF(kept[leaf - 1]);
        ck_assert_int_eq(merkle_append(&tree, span_of(&leaf, 1), &out), 0);
        ck_assert_uint_eq(out.size, SHA256_SIZE * (1u + (unsigned)__builtin_ctz(leaf)));
        for (unsigned level = 0; level < 6; level++) {
            if (!(tree.size >> level & 1))
                continue;
            uint64_t last = merkle_peak_leaf(tree.size, level);
            struct span found =
                span_part(SPAN_OF(kept[last - 1]), level * SHA256_SIZE, SHA256_SIZE);
            ck_assert(span_equal(found, SPAN_OF(tree.peak[level])));
        }
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("merkle", empty_tree_is_the_hash_of_nothing, growing_tree_has_the_known_roots,
                     complete_nodes_are_found_again_by_their_last_leaf);
}
