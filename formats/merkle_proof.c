/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and checks proofs about the tree: RFC 6962 2.1.1 (audit path) and 2.1.2 (consistency),
 * checked by the algorithms of RFC 9162 2.1.3.2 and 2.1.4.2. Every subtree that a proof names
 * begins where a stored node begins, so it is computed from at most one node of each level. */
#include <string.h>

#include "base/failure.h"
#include "formats/merkle.h"

/* A range of leaves: number begin + 1 to number end. */
struct range {
    uint64_t begin, end;
};

static unsigned bits_of(uint64_t number)
{
    return number ? 64 - (unsigned)__builtin_clzll(number) : 0;
}

/* Where a tree over the range is split: the largest power of two that is less than its size. */
static uint64_t middle(struct range range)
{
    return range.begin + (UINT64_C(1) << (bits_of(range.end - range.begin - 1) - 1));
}

/* Splits a range into complete subtrees from the left, each the largest that fits, like the peaks
 * of a tree. */
static int frontier(const struct merkle_nodes *nodes, struct range range, struct merkle *out)
{
    uint64_t size = range.end - range.begin, done = 0;
    int r = 0;
    memset(out, 0, sizeof *out);
    for (unsigned level = MERKLE_LEVELS; !r && level-- > 0;) {
        if (!(size >> level & 1))
            continue;
        done += UINT64_C(1) << level;
        r = nodes->get(nodes->context, range.begin + done, level, out->peak[level]);
    }
    out->size = size;
    return r;
}

static int write_root(const struct merkle_nodes *nodes, struct range range, struct writer *out)
{
    struct merkle tree;
    uint8_t root[SHA256_SIZE];
    int r = frontier(nodes, range, &tree);
    if (!r)
        r = merkle_root(&tree, root);
    if (!r)
        write_span(out, SPAN_OF(root));
    return r;
}

int merkle_at(const struct merkle_nodes *nodes, uint64_t size, struct merkle *out)
{
    struct merkle tree;
    int r = frontier(nodes, (struct range){ 0, size }, &tree);
    if (!r)
        *out = tree;
    return r;
}

/* The siblings on the way down from the root, in reverse order: proofs list them from the leaves
 * up. */
struct way {
    struct range sibling[MERKLE_LEVELS];
    size_t count;
};

static int write_way(const struct merkle_nodes *nodes, const struct way *way, struct writer *out)
{
    int r = 0;
    for (size_t i = way->count; !r && i-- > 0;)
        r = write_root(nodes, way->sibling[i], out);
    return r;
}

/* One step down, to the half that holds leaf number `leaf`; stores the other half as sibling. */
static struct range descend(struct range range, uint64_t leaf, struct way *way)
{
    struct range left = { range.begin, middle(range) }, right = { middle(range), range.end };
    bool to_left = leaf <= left.end;
    way->sibling[way->count++] = to_left ? right : left;
    return to_left ? left : right;
}

int merkle_inclusion(const struct merkle_nodes *nodes, uint64_t leaf, uint64_t size,
                     struct writer *out)
{
    struct range range = { 0, size };
    struct way way = { .count = 0 };
    if (leaf == 0 || leaf > size)
        return failure(FAULT_BROKEN, "inclusion of a leaf that is not in the tree");
    while (range.end - range.begin > 1)
        range = descend(range, leaf, &way);
    return write_way(nodes, &way, out);
}

int merkle_consistency(const struct merkle_nodes *nodes, uint64_t old, uint64_t size,
                       struct writer *out)
{
    struct range range = { 0, size };
    struct way way = { .count = 0 };
    if (old > size)
        return failure(FAULT_BROKEN, "consistency with a tree that is larger");
    if (old == 0 || old == size)
        return 0;
    while (range.end != old)
        range = descend(range, old, &way);
    /* the verifier knows the old tree's root, if that tree is complete and begins at 0 */
    int r = range.begin ? write_root(nodes, range, out) : 0;
    return r ? r : write_way(nodes, &way, out);
}

/* --- Checking --- */

static bool same(const uint8_t a[SHA256_SIZE], const uint8_t b[SHA256_SIZE])
{
    return span_equal(span_of(a, SHA256_SIZE), span_of(b, SHA256_SIZE));
}

/* Position of a proof's node: its index and that of the last node, on the same level. */
struct position {
    uint64_t index, last;
};

/* Whether the sibling is on the left; first goes up past levels on which there is no sibling. */
static bool sibling_is_left(struct position *at)
{
    bool left = at->index & 1 || at->index == at->last;
    while (left && !(at->index & 1) && at->index) {
        at->index >>= 1;
        at->last >>= 1;
    }
    return left;
}

static void go_up(struct position *at)
{
    at->index >>= 1;
    at->last >>= 1;
}

int merkle_check_inclusion(const uint8_t leaf_hash[SHA256_SIZE], uint64_t leaf, uint64_t size,
                           struct span proof, const uint8_t root[SHA256_SIZE])
{
    if (leaf == 0 || leaf > size)
        return MERKLE_UNPROVEN;
    struct position at = { leaf - 1, size - 1 };
    struct reader in = reader_of(proof);
    uint8_t hash[SHA256_SIZE];
    int r = 0;
    memcpy(hash, leaf_hash, sizeof hash);
    while (!r && at.last && read_left(&in) >= SHA256_SIZE) {
        const uint8_t *sibling = read_span(&in, SHA256_SIZE).at;
        bool left = sibling_is_left(&at);
        r = left ? merkle_parent(sibling, hash, hash) : merkle_parent(hash, sibling, hash);
        go_up(&at);
    }
    if (r)
        return r;
    return read_finished(&in) && at.last == 0 && same(hash, root) ? 0 : MERKLE_UNPROVEN;
}

/* Computes both roots from the node that they have in common. */
static int climb(struct reader *in, struct position at, uint8_t old_hash[SHA256_SIZE],
                 uint8_t new_hash[SHA256_SIZE], bool *out_reached)
{
    int r = 0;
    while (!r && at.last && read_left(in) >= SHA256_SIZE) {
        const uint8_t *sibling = read_span(in, SHA256_SIZE).at;
        bool left = sibling_is_left(&at);
        if (left)
            r = merkle_parent(sibling, old_hash, old_hash);
        if (!r)
            r = left ? merkle_parent(sibling, new_hash, new_hash)
                     : merkle_parent(new_hash, sibling, new_hash);
        go_up(&at);
    }
    *out_reached = at.last == 0;
    return r;
}

static int check_grown(uint64_t old, const uint8_t old_root[SHA256_SIZE], uint64_t size,
                       const uint8_t root[SHA256_SIZE], struct reader *in)
{
    unsigned skipped = (unsigned)__builtin_ctzll(old);
    struct position at = { (old - 1) >> skipped, (size - 1) >> skipped };
    uint8_t old_hash[SHA256_SIZE], new_hash[SHA256_SIZE];
    bool reached;
    bool whole = at.index == 0; /* the old tree is complete: the proof begins with its root, which
                                   is left out */
    struct span first = whole ? span_of(old_root, SHA256_SIZE) : read_span(in, SHA256_SIZE);
    if (!span_copy(first, old_hash, SHA256_SIZE))
        return MERKLE_UNPROVEN;
    memcpy(new_hash, old_hash, sizeof new_hash);
    int r = climb(in, at, old_hash, new_hash, &reached);
    if (r)
        return r;
    bool good = reached && read_finished(in) && same(old_hash, old_root) && same(new_hash, root);
    return good ? 0 : MERKLE_UNPROVEN;
}

int merkle_check_consistency(uint64_t old, const uint8_t old_root[SHA256_SIZE], uint64_t size,
                             const uint8_t root[SHA256_SIZE], struct span proof)
{
    struct reader in = reader_of(proof);
    if (old > size)
        return MERKLE_UNPROVEN;
    if (old && old < size)
        return check_grown(old, old_root, size, root, &in);
    bool good = proof.size == 0 && (old == 0 || same(old_root, root));
    return good ? 0 : MERKLE_UNPROVEN;
}
