/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of the log's consistency, from the stored nodes of the tree, which are kept when lines are
 * deleted. */
#include <string.h>

#include "base/failure.h"
#include "storage/audit.h"
#include "storage/internal.h"
#include "storage/schema.h"

static int get_node(void *context, uint64_t last_leaf, unsigned level, uint8_t out[SHA256_SIZE])
{
    struct store *s = context;
    SCOPED(query_end) struct query q = db_query(&s->db, SQL_NODE_GET);
    query_bind_number(&q, last_leaf);
    int r = query_step(&q);
    if (r && r != QUERY_ROW)
        return r;
    struct span hashes = r ? query_bytes(&q, 0) : (struct span){ 0 };
    struct span hash = span_part(hashes, (size_t)level * SHA256_SIZE, SHA256_SIZE);
    if (!span_copy(hash, out, SHA256_SIZE))
        return failure(FAULT_BROKEN, "a node of the log's tree is missing");
    return 0;
}

int audit_consistency(struct store *s, uint64_t old, uint64_t size, struct writer *out)
{
    const struct merkle_nodes nodes = { get_node, s };
    if (old > size || size > s->now.log.size)
        return STORE_ABSENT;
    return merkle_consistency(&nodes, old, size, out);
}

int audit_grew_from(struct store *s, uint64_t size, const uint8_t root[SHA256_SIZE], bool *out)
{
    const struct merkle_nodes nodes = { get_node, s };
    const struct merkle *now = &store_state(s)->log;
    uint8_t bytes[MERKLE_PROOF_MAX], current[SHA256_SIZE];
    struct writer proof = WRITER_OF(bytes);
    *out = false;
    if (size > now->size)
        return 0;
    int r = merkle_consistency(&nodes, size, now->size, &proof);
    if (!r)
        r = merkle_root(now, current);
    if (!r)
        r = merkle_check_consistency(size, root, now->size, current, written(&proof));
    *out = r == 0;
    return r == MERKLE_UNPROVEN ? 0 : r;
}
