/* SPDX-License-Identifier: Apache-2.0 */
/* formats/merkle, proofs: those of Certificate Transparency's tests are made byte for byte, all
 * that are made hold, and none holds that was altered or is of another tree. */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "formats/merkle.h"
#include "tests/support/suite.h"
#include "tests/support/vectors.h"

#define LEAVES 70

struct forest {
    uint8_t kept[LEAVES + 1][MERKLE_NODES_MAX]; /* by number of the leaf, from 1 */
    uint8_t roots[LEAVES + 1][SHA256_SIZE];
    uint8_t leaf_hashes[LEAVES + 1][SHA256_SIZE];
};
static struct forest forest;

static int get_node(void *context, uint64_t last_leaf, unsigned level, uint8_t out[SHA256_SIZE])
{
    const struct forest *from = context;
    ck_assert(last_leaf && last_leaf <= LEAVES && last_leaf % (1u << level) == 0);
    memcpy(out, from->kept[last_leaf] + (size_t)level * SHA256_SIZE, SHA256_SIZE);
    return 0;
}
static const struct merkle_nodes nodes = { get_node, &forest };

static void grow(struct merkle *tree, struct span leaf)
{
    struct writer out = WRITER_OF(forest.kept[tree->size + 1]);
    ck_assert_int_eq(merkle_leaf(leaf, forest.leaf_hashes[tree->size + 1]), 0);
    ck_assert_int_eq(merkle_append(tree, leaf, &out), 0);
    ck_assert_int_eq(merkle_root(tree, forest.roots[tree->size]), 0);
}

static void plant(void)
{
    struct merkle tree = { 0 };
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(merkle_root(&tree, forest.roots[0]), 0);
    for (uint8_t leaf = 1; leaf <= LEAVES; leaf++)
        grow(&tree, span_of(&leaf, 1));
}

static void plant_reference(void)
{
    SCOPED(vectors_close) struct vectors all = { 0 };
    static struct vector block;
    struct merkle tree = { 0 };
    ck_assert_int_eq(crypto_init(), 0);
    vectors_open(&all, "merkle.txt");
    while (tree.size < 8 && vectors_next(&all, &block))
        grow(&tree, vector_bytes(&block, "leaf"));
}

START_TEST(reference_proofs_are_made)
{
    SCOPED(vectors_close) struct vectors all = { 0 };
    static struct vector block;
    unsigned blocks = 0;
    plant_reference();
    vectors_open(&all, "merkle_proof.txt");
    for (; vectors_next(&all, &block); blocks++) {
        uint8_t bytes[MERKLE_PROOF_MAX];
        struct writer out = WRITER_OF(bytes);
        uint64_t from = strtoull(vector_text(&block, "from"), NULL, 10);
        uint64_t size = strtoull(vector_text(&block, "size"), NULL, 10);
        bool inclusion = strcmp(vector_text(&block, "kind"), "inclusion") == 0;
        ck_assert_int_eq(inclusion ? merkle_inclusion(&nodes, from, size, &out)
                                   : merkle_consistency(&nodes, from, size, &out),
                         0);
        ck_assert_msg(span_equal(written(&out), vector_bytes(&block, "proof")), "line %u",
                      block.line);
    }
    ck_assert_uint_eq(blocks, 7);
}
END_TEST

START_TEST(every_leaf_is_proved_in_every_tree)
{
    plant();
    for (uint64_t size = 1; size <= LEAVES; size++)
        for (uint64_t leaf = 1; leaf <= size; leaf++) {
            uint8_t bytes[MERKLE_PROOF_MAX];
            struct writer out = WRITER_OF(bytes);
            const uint8_t *hash = forest.leaf_hashes[leaf], *root = forest.roots[size];
            ck_assert_int_eq(merkle_inclusion(&nodes, leaf, size, &out), 0);
            struct span proof = written(&out);
            ck_assert_int_eq(merkle_check_inclusion(hash, leaf, size, proof, root), 0);
            const uint8_t *other = forest.leaf_hashes[leaf % LEAVES + 1];
            ck_assert_int_eq(merkle_check_inclusion(other, leaf, size, proof, root),
                             MERKLE_UNPROVEN);
            ck_assert_int_eq(
                merkle_check_inclusion(hash, leaf, size, proof, forest.roots[size - 1]),
                MERKLE_UNPROVEN);
        }
}
END_TEST

/* Cut, lengthened, and with a bit turned in each hash. */
static void spoil(uint64_t old, uint64_t size, struct writer *proof)
{
    const uint8_t *a = forest.roots[old], *b = forest.roots[size];
    for (size_t i = 0; i < proof->size; i += SHA256_SIZE) {
        proof->at[i] ^= 1;
        ck_assert_int_eq(merkle_check_consistency(old, a, size, b, written(proof)),
                         MERKLE_UNPROVEN);
        proof->at[i] ^= 1;
    }
    for (size_t cut = 1; cut <= proof->size; cut += SHA256_SIZE - 1)
        ck_assert_int_eq(merkle_check_consistency(old, a, size, b,
                                                  span_part(written(proof), 0, proof->size - cut)),
                         MERKLE_UNPROVEN);
    write_zeros(proof, SHA256_SIZE);
    ck_assert_int_eq(merkle_check_consistency(old, a, size, b, written(proof)), MERKLE_UNPROVEN);
}

START_TEST(every_tree_is_proved_to_go_on_from_every_older_one)
{
    plant();
    for (uint64_t size = 0; size <= LEAVES; size++)
        for (uint64_t old = 0; old <= size; old++) {
            uint8_t bytes[MERKLE_PROOF_MAX];
            struct writer out = WRITER_OF(bytes);
            ck_assert_int_eq(merkle_consistency(&nodes, old, size, &out), 0);
            ck_assert_int_eq(merkle_check_consistency(old, forest.roots[old], size,
                                                      forest.roots[size], written(&out)),
                             0);
            if (old)
                ck_assert_int_eq(merkle_check_consistency(old, forest.roots[old - 1], size,
                                                          forest.roots[size], written(&out)),
                                 MERKLE_UNPROVEN);
            spoil(old, size, &out);
        }
}
END_TEST

START_TEST(a_smaller_tree_does_not_go_on_from_a_larger_one)
{
    plant();
    ck_assert_int_eq(
        merkle_check_consistency(5, forest.roots[5], 4, forest.roots[4], (struct span){ 0 }),
        MERKLE_UNPROVEN);
}
END_TEST

START_TEST(a_tree_is_resumed_from_its_peaks)
{
    plant();
    for (uint64_t size = 0; size <= LEAVES; size++) {
        struct merkle tree, again;
        uint8_t bytes[MERKLE_NODES_MAX], root[SHA256_SIZE];
        struct writer peaks = WRITER_OF(bytes);
        ck_assert_int_eq(merkle_at(&nodes, size, &tree), 0);
        merkle_write_peaks(&tree, &peaks);
        ck_assert(merkle_from_peaks(size, written(&peaks), &again));
        ck_assert_int_eq(merkle_root(&again, root), 0);
        ck_assert(span_equal(SPAN_OF(root), SPAN_OF(forest.roots[size])));
        write_u8(&peaks, 0);
        ck_assert(!merkle_from_peaks(size, written(&peaks), &again));
        ck_assert(size == 0 ||
                  !merkle_from_peaks(size, span_part(written(&peaks), SHA256_SIZE, 9999), &again));
    }
}
END_TEST

START_TEST(subtrees_are_joined_like_leaves)
{
    plant();
    for (unsigned level = 0; level < 6; level++) {
        struct merkle tree = { 0 };
        for (uint64_t last = 1u << level; last <= LEAVES; last += 1u << level) {
            uint8_t root[SHA256_SIZE];
            ck_assert_int_eq(get_node(&forest, last, level, root), 0);
            ck_assert_int_eq(merkle_append_subtree(&tree, level, root), 0);
            ck_assert_int_eq(merkle_root(&tree, root), 0);
            ck_assert(span_equal(SPAN_OF(root), SPAN_OF(forest.roots[last])));
        }
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("merkle_proof", reference_proofs_are_made, every_leaf_is_proved_in_every_tree,
                     every_tree_is_proved_to_go_on_from_every_older_one,
                     a_smaller_tree_does_not_go_on_from_a_larger_one,
                     a_tree_is_resumed_from_its_peaks, subtrees_are_joined_like_leaves);
}
