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

/* --- Trees resumed and joined --- */

/* Hash of one entry as a leaf, and of two nodes as their parent. Fault: FAULT_LIBRARY. */
MUST_CHECK int merkle_leaf(struct span entry, uint8_t out[SHA256_SIZE]);
MUST_CHECK int merkle_parent(const uint8_t left[SHA256_SIZE], const uint8_t right[SHA256_SIZE],
                             uint8_t out[SHA256_SIZE]);
/* Appends the root of a complete subtree of 2^level leaves, whose number tree->size is a multiple
 * of. Fault: FAULT_LIBRARY. */
MUST_CHECK int merkle_append_subtree(struct merkle *tree, unsigned level,
                                     const uint8_t root[SHA256_SIZE]);
/* The peaks, largest subtree first: all that is needed to go on from here. */
void merkle_write_peaks(const struct merkle *tree, struct writer *out);
/* A tree of size leaves from its peaks; false when these are more or fewer than it has. */
MUST_CHECK bool merkle_from_peaks(uint64_t size, struct span peaks, struct merkle *out);

/* --- Proofs, RFC 6962 2.1.1 and 2.1.2: made from kept nodes, checked by anybody --- */

/* The hashes of a proof, one after the other. */
#define MERKLE_PROOF_MAX ((MERKLE_LEVELS + 1) * SHA256_SIZE)

/* Who keeps the nodes gives them: the root of the complete subtree of 2^level leaves whose last
 * leaf has the number last_leaf (from 1). */
struct merkle_nodes {
    int (*get)(void *context, uint64_t last_leaf, unsigned level, uint8_t out[SHA256_SIZE]);
    void *context;
};

enum { MERKLE_UNPROVEN = 115 }; /* positive result: the proof does not hold, or is none */

/* Those that make proofs hand up what get() answers. */

/* The tree as it was with its first size leaves. */
MUST_CHECK int merkle_at(const struct merkle_nodes *nodes, uint64_t size, struct merkle *out);
/* That the tree of the first `size` leaves contains leaf number `leaf` (from 1, at most size). */
MUST_CHECK int merkle_inclusion(const struct merkle_nodes *nodes, uint64_t leaf, uint64_t size,
                                struct writer *out);
/* That the tree of the first `size` leaves goes on from that of the first `old` (at most size).
 * Empty when old is 0 or size. */
MUST_CHECK int merkle_consistency(const struct merkle_nodes *nodes, uint64_t old, uint64_t size,
                                  struct writer *out);
/* MERKLE_UNPROVEN. */
MUST_CHECK int merkle_check_inclusion(const uint8_t leaf_hash[SHA256_SIZE], uint64_t leaf,
                                      uint64_t size, struct span proof,
                                      const uint8_t root[SHA256_SIZE]);
/* MERKLE_UNPROVEN. A tree of no leaves is consistent with every tree; its root is not looked at. */
MUST_CHECK int merkle_check_consistency(uint64_t old, const uint8_t old_root[SHA256_SIZE],
                                        uint64_t size, const uint8_t root[SHA256_SIZE],
                                        struct span proof);
