/* SPDX-License-Identifier: Apache-2.0 */
/* Computes row tags (keyed hashes) and their sum. */
#include "storage/rowset.h"

#include <sodium.h>

#include "base/failure.h"
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

static int learn(struct directory *directory, const struct row *row)
{
    const struct entry entry = { .type = row->type,
                                 .id = row->id,
                                 .serial = row->serial,
                                 .version = row->version,
                                 .size = row->bytes.size };
    if (!directory || row->table != ROWS_OBJECT)
        return 0;
    int r = directory_learn(directory, &entry);
    return r > 0 ? failure(FAULT_BROKEN, "object %u/%u is there twice", row->type, row->id) : r;
}

static int find_rows(struct db *db, size_t *out_statement)
{
    static const enum statement statements[] = { SQL_SET_ROWS_1, SQL_SET_ROWS_2 };
    uint64_t version;
    int r = db_ask(db, "PRAGMA user_version", &version);
    if (!r)
        *out_statement =
            version && version <= COUNT_OF(statements) ? statements[version - 1] : SQL_SET_ROWS;
    return r;
}

int rowset_compute(struct db *db, const struct hierarchy *keys, struct rowset *out,
                   struct directory *out_directory)
{
    struct rowset set = { 0 };
    size_t statement;
    int r = find_rows(db, &statement);
    if (r)
        return r;
    SCOPED(query_end) struct query q = db_query(db, statement);
    while ((r = query_step(&q)) == QUERY_ROW) {
        struct row row = { .table = (enum row_table)query_word(&q, 0),
                           .serial = query_number(&q, 1),
                           .type = query_word(&q, 2),
                           .id = query_word(&q, 3),
                           .version = query_number(&q, 4),
                           .bytes = query_bytes(&q, 6) };
        rowset_add(&set, keys, &row);
        if ((r = learn(out_directory, &row)))
            return r;
    }
    if (!r)
        *out = set;
    return r;
}
