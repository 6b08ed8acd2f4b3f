/* Sums of keyed hashes. */
#include "storage/rowset.h"

#include <sodium.h>

#include "storage/schema.h"

static void tag_of(const struct hierarchy *keys, const struct row *row, uint8_t out[MAC_SIZE])
{
    uint8_t bytes[1 + 8 + 4 + 4 + 8];
    struct writer place = WRITER_OF(bytes);
    write_u8(&place, (uint8_t)row->table);
    write_u64(&place, row->serial);
    write_u32(&place, row->type);
    write_u32(&place, row->id);
    write_u64(&place, row->version);
    const struct span parts[] = { written(&place), row->bytes };
    hierarchy_mac(keys, SUBKEY_ROW, parts, COUNT_OF(parts), out);
}

void rowset_add(struct rowset *set, const struct hierarchy *keys, const struct row *row)
{
    uint8_t tag[MAC_SIZE];
    tag_of(keys, row, tag);
    sodium_add(set->sum, tag, sizeof tag);
    set->count++;
    set->objects += row->table == ROWS_OBJECT;
}

void rowset_remove(struct rowset *set, const struct hierarchy *keys, const struct row *row)
{
    uint8_t tag[MAC_SIZE];
    tag_of(keys, row, tag);
    sodium_sub(set->sum, tag, sizeof tag);
    set->count--;
    set->objects -= row->table == ROWS_OBJECT;
}

void rowset_digest(const struct rowset *set, const struct hierarchy *keys, uint8_t out[MAC_SIZE])
{
    struct span sum = SPAN_OF(set->sum);
    hierarchy_mac(keys, SUBKEY_SET, &sum, 1, out);
}

int rowset_compute(struct db *db, const struct hierarchy *keys, struct rowset *out)
{
    struct rowset set = { 0 };
    uint64_t version;
    int r = db_ask(db, "PRAGMA user_version", &version);
    if (r)
        return r;
    SCOPED(query_end) struct query q = db_query(db, version == 1 ? SQL_SET_ROWS_1 : SQL_SET_ROWS);
    while ((r = query_step(&q)) == QUERY_ROW) {
        struct row row = { .table = (enum row_table)query_number(&q, 0),
                           .serial = query_number(&q, 1),
                           .type = (uint32_t)query_number(&q, 2),
                           .id = (uint32_t)query_number(&q, 3),
                           .version = query_number(&q, 4),
                           .bytes = query_bytes(&q, 5) };
        rowset_add(&set, keys, &row);
    }
    if (!r)
        *out = set;
    return r;
}
