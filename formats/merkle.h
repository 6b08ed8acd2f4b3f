/* SPDX-License-Identifier: Apache-2.0 */
/* The Merkle tree over the log: RFC 6962 section 2.1 with SHA-256, grown leaf by leaf.
 *
 * A tree of n leaves is represented by its peaks: the roots of its largest complete subtrees, one
 * for each bit set in n. Appending a leaf costs one or two hashes on average, computing the root at
 * most 64.
 *
 * A node is complete once its last leaf exists, and never changes afterwards. Leaf number k (from
 * 1) completes itself, and one node on each level for which k is a multiple of two, four, eight ...
 * The store keeps the hashes of these nodes together under k. Every complete node can be found by
 * that: the node of level l whose last leaf is k is hash number l (from 0) under k. */
#pragma once

#include "base/bytes.h"
#include "base/results.h"
#include "crypto/hash.h"

#define MERKLE_LEVELS 64
/* Bytes of all nodes that one leaf can complete. */
#define MERKLE_NODES_MAX (MERKLE_LEVELS * SHA256_SIZE)

struct merkle {
    uint64_t size; /* leaves */
    /* Root of the complete subtree of 2^level leaves; valid for each bit set in size. */
    uint8_t peak[MERKLE_LEVELS][SHA256_SIZE];
};

/* Appends an entry of the log and writes the nodes that it completes to out_nodes, level 0 first.
 * FAULT_LIBRARY: the tree is unchanged. */
MUST_CHECK int merkle_append(struct merkle *tree, struct span entry, struct writer *out_nodes);
/* Computes the root hash; for the empty tree, SHA-256 of no bytes. */
MUST_CHECK int merkle_root(const struct merkle *tree, uint8_t out[SHA256_SIZE]);
/* The number of the last leaf under the peak of this level, in a tree of `size` leaves whose bit
 * `level` is set. The peak's hash is kept under that number. */
uint64_t merkle_peak_leaf(uint64_t size, unsigned level);

/* --- Trees resumed and joined --- */

/* Hash of an entry as a leaf, and of two nodes as their parent. Fault: FAULT_LIBRARY. */
MUST_CHECK int merkle_leaf(struct span entry, uint8_t out[SHA256_SIZE]);
MUST_CHECK int merkle_parent(const uint8_t left[SHA256_SIZE], const uint8_t right[SHA256_SIZE],
                             uint8_t out[SHA256_SIZE]);
/* Appends a complete subtree of 2^level leaves by its root; tree->size must be a multiple of
 * 2^level. Fault: FAULT_LIBRARY. */
MUST_CHECK int merkle_append_subtree(struct merkle *tree, unsigned level,
                                     const uint8_t root[SHA256_SIZE]);
/* Writes the peaks, largest subtree first. They are enough to continue the tree with
 * merkle_from_peaks(). */
void merkle_write_peaks(const struct merkle *tree, struct writer *out);
/* Makes a tree of `size` leaves from its peaks; false when their number does not match the size. */
MUST_CHECK bool merkle_from_peaks(uint64_t size, struct span peaks, struct merkle *out);

/* --- Proofs, RFC 6962 2.1.1 and 2.1.2: made from kept nodes, checked by anybody --- */

/* Most bytes of a proof, which is a sequence of hashes. */
#define MERKLE_PROOF_MAX ((MERKLE_LEVELS + 1) * SHA256_SIZE)

/* Access to the stored nodes. get() gives the root of the complete subtree of 2^level leaves whose
 * last leaf has the number last_leaf (from 1). */
struct merkle_nodes {
    int (*get)(void *context, uint64_t last_leaf, unsigned level, uint8_t out[SHA256_SIZE]);
    void *context;
};

/* Positive result: the proof does not hold, or is malformed. */
enum { MERKLE_UNPROVEN = RESULTS_MERKLE };

/* The first three functions return get()'s result when it is not 0. */

/* Loads the tree of the first `size` leaves. */
MUST_CHECK int merkle_at(const struct merkle_nodes *nodes, uint64_t size, struct merkle *out);
/* Makes the proof that the tree of the first `size` leaves contains leaf number `leaf` (from 1, at
 * most size). */
MUST_CHECK int merkle_inclusion(const struct merkle_nodes *nodes, uint64_t leaf, uint64_t size,
                                struct writer *out);
/* Makes the proof that the tree of the first `size` leaves extends that of the first `old` (at most
 * size). Empty when old is 0 or size. */
MUST_CHECK int merkle_consistency(const struct merkle_nodes *nodes, uint64_t old, uint64_t size,
                                  struct writer *out);
/* MERKLE_UNPROVEN. */
MUST_CHECK int merkle_check_inclusion(const uint8_t leaf_hash[SHA256_SIZE], uint64_t leaf,
                                      uint64_t size, struct span proof,
                                      const uint8_t root[SHA256_SIZE]);
/* Checks a proof of consistency. MERKLE_UNPROVEN. The tree of no leaves is consistent with every
 * tree; its root is not checked. */
MUST_CHECK int merkle_check_consistency(uint64_t old, const uint8_t old_root[SHA256_SIZE],
                                        uint64_t size, const uint8_t root[SHA256_SIZE],
                                        struct span proof);
