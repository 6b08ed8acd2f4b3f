/* The Merkle tree over the log: RFC 6962 section 2.1 with SHA-256, grown leaf by leaf.
 *
 * A tree of n leaves is remembered by its frontier: the roots of its complete subtrees, one for
 * each bit set in n. Appending costs one or two hashes on average, the root at most 64.
 *
 * A node is complete once its last leaf is there and never changes afterwards. Leaf number k (from
 * 1) completes itself and one node on each level for which k is a multiple of two, four, eight ...;
 * who keeps these together under k finds every complete node again: the node of level l whose last
 * leaf is k is the l-th hash kept under k. */
#pragma once

#include "base/bytes.h"
#include "crypto/digest.h"

#define MERKLE_LEVELS 64
/* Room for all nodes that one leaf completes. */
#define MERKLE_NODES_MAX (MERKLE_LEVELS * SHA256_SIZE)

struct merkle {
    uint64_t size; /* leaves */
    /* Of a complete subtree of 2^level leaves; meaningful where size has that bit. */
    uint8_t peak[MERKLE_LEVELS][SHA256_SIZE];
};

/* Appends an entry of the log; writes the nodes it completes to out_nodes, level 0 first. Faults:
 * FAULT_LIBRARY; the tree is then as before. */
MUST_CHECK int merkle_append(struct merkle *tree, struct span entry, struct writer *out_nodes);
/* The tree hash; of the empty tree, SHA-256 of nothing. */
MUST_CHECK int merkle_root(const struct merkle *tree, uint8_t out[SHA256_SIZE]);
/* The number of the last leaf under the peak of this level, in a tree of size leaves whose bit
 * `level` is set: under which its hash is kept. */
uint64_t merkle_peak_leaf(uint64_t size, unsigned level);
