/* SPDX-License-Identifier: Apache-2.0 */
/* The Merkle tree by its peaks. RFC 6962 2.1: a leaf is hashed with a byte 00 before it, a node
 * with 01, so that neither can be taken for the other. */
#include "formats/merkle.h"

#include <string.h>

int merkle_leaf(struct span entry, uint8_t out[SHA256_SIZE])
{
    const struct span parts[] = { span_of("\x00", 1), entry };
    return digest_of(DIGEST_SHA256, parts, COUNT_OF(parts), out);
}

int merkle_parent(const uint8_t left[SHA256_SIZE], const uint8_t right[SHA256_SIZE],
                  uint8_t out[SHA256_SIZE])
{
    const struct span parts[] = { span_of("\x01", 1), span_of(left, SHA256_SIZE),
                                  span_of(right, SHA256_SIZE) };
    return digest_of(DIGEST_SHA256, parts, COUNT_OF(parts), out);
}

static bool has_peak(const struct merkle *tree, unsigned level)
{
    return tree->size >> level & 1;
}

/* Works like adding one to a binary number: each peak that the carry passes is joined with the new
 * subtree. */
int merkle_append(struct merkle *tree, struct span entry, struct writer *out_nodes)
{
    uint8_t hash[SHA256_SIZE];
    int r = merkle_leaf(entry, hash);
    unsigned level = 0;
    for (; !r && has_peak(tree, level); level++) {
        write_span(out_nodes, SPAN_OF(hash));
        r = merkle_parent(tree->peak[level], hash, hash);
    }
    if (r)
        return r;
    write_span(out_nodes, SPAN_OF(hash));
    memcpy(tree->peak[level], hash, sizeof hash);
    tree->size++;
    return 0;
}

int merkle_root(const struct merkle *tree, uint8_t out[SHA256_SIZE])
{
    if (tree->size == 0)
        return sha256_of((struct span){ 0 }, out);

    unsigned level = (unsigned)__builtin_ctzll(tree->size);
    uint8_t hash[SHA256_SIZE];
    memcpy(hash, tree->peak[level], sizeof hash);
    for (level++; level < MERKLE_LEVELS; level++) {
        int r = has_peak(tree, level) ? merkle_parent(tree->peak[level], hash, hash) : 0;
        if (r)
            return r;
    }
    memcpy(out, hash, sizeof hash);
    return 0;
}

uint64_t merkle_peak_leaf(uint64_t size, unsigned level)
{
    return size >> level << level;
}

int merkle_append_subtree(struct merkle *tree, unsigned level, const uint8_t root[SHA256_SIZE])
{
    uint8_t hash[SHA256_SIZE];
    uint64_t leaves = UINT64_C(1) << level;
    int r = 0;
    memcpy(hash, root, sizeof hash);
    for (; !r && has_peak(tree, level); level++)
        r = merkle_parent(tree->peak[level], hash, hash);
    if (r)
        return r;
    memcpy(tree->peak[level], hash, sizeof hash);
    tree->size += leaves;
    return 0;
}

void merkle_write_peaks(const struct merkle *tree, struct writer *out)
{
    for (unsigned level = MERKLE_LEVELS; level-- > 0;)
        if (has_peak(tree, level))
            write_span(out, SPAN_OF(tree->peak[level]));
}

bool merkle_from_peaks(uint64_t size, struct span peaks, struct merkle *out)
{
    struct merkle tree = { .size = size };
    struct reader in = reader_of(peaks);
    for (unsigned level = MERKLE_LEVELS; level-- > 0;)
        if (has_peak(&tree, level) &&
            !span_copy(read_span(&in, SHA256_SIZE), tree.peak[level], SHA256_SIZE))
            return false;
    if (!read_finished(&in))
        return false;
    *out = tree;
    return true;
}
