/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/log_files.h"

#include "base/failure.h"
#include "formats/file_ids.h"
#include "storage/audit.h"

#define PAGE_RECORDS 32
#define PAGES_MAX    (FILE_LOG_PAGES_END - FILE_LOG_PAGES + 1)

/* --- Receipt and handovers --- */

#define SECTION_MAX (CHECKPOINT_MAX + 24)

static int write_handover(struct store *store, uint32_t epoch, struct writer *out)
{
    write_text(out, "-- handover ");
    write_decimal(out, epoch);
    write_text(out, "\n");
    return audit_handover(store, epoch, out);
}

static int load_handovers(struct store *store, struct writer *out)
{
    uint32_t epoch = audit_head(store).epoch;
    uint32_t fit = LOG_FILE_MAX / SECTION_MAX - 1;
    write_text(out, "-- receipt\n");
    int r = audit_receipt(store, out);
    for (uint32_t k = epoch > fit ? epoch - fit : 1; !r && k < epoch; k++)
        r = write_handover(store, k, out);
    return r;
}

/* --- Pages --- */

struct page {
    uint64_t first, last; /* numbers of its records */
    struct writer *out;
    size_t size;
};

uint64_t log_page_first(uint64_t log_size, unsigned index)
{
    uint64_t pages = (log_size + PAGE_RECORDS - 1) / PAGE_RECORDS;
    uint64_t number = index + (pages > PAGES_MAX ? pages - PAGES_MAX : 0);
    return number * PAGE_RECORDS + 1;
}

static struct page page_of(struct store *store, unsigned index)
{
    uint64_t first = log_page_first(audit_head(store).size, index);
    return (struct page){ .first = first, .last = first + PAGE_RECORDS - 1 };
}

static bool add_line(void *context, uint64_t seq, struct span line)
{
    struct page *page = context;
    if (seq > page->last)
        return false;
    write_span(page->out, line);
    write_text(page->out, "\n");
    return true;
}

static int load_page(struct store *store, unsigned index, struct writer *out)
{
    struct page page = page_of(store, index);
    size_t before = out->size;
    page.out = out;
    int r = audit_read(store, page.first, add_line, &page);
    return !r && out->size == before ? STORE_ABSENT : r;
}

int log_file_load(struct store *store, uint16_t file, struct writer *out)
{
    int r = file == FILE_LOG_CHECKPOINT  ? audit_checkpoint_of_lines(store, out)
            : file == FILE_LOG_HANDOVERS ? load_handovers(store, out)
            : file >= FILE_LOG_PAGES     ? load_page(store, file - FILE_LOG_PAGES, out)
                                         : STORE_ABSENT;
    return !r && out->full ? failure(FAULT_LIBRARY, "the log's file %04X exceeds its buffer", file)
                           : r;
}

/* --- Sizes --- */

static bool count_line(void *context, uint64_t seq, struct span line)
{
    struct page *page = context;
    if (seq > page->last)
        return false;
    page->size += line.size + 1;
    return true;
}

/* The last page grows by the record of this reading, and by a line about joined records before
 * it. */
static int page_size(struct store *store, unsigned index, size_t *out_size)
{
    struct page page = page_of(store, index);
    int r = audit_read(store, page.first, count_line, &page);
    if (r || !page.size)
        return r ? r : STORE_ABSENT;
    bool grows = page.last > audit_head(store).size;
    *out_size = page.size + (grows ? 2 * (AUDIT_LINE_MAX + 1) : 0);
    return 0;
}

int log_file_size(struct store *store, uint16_t file, size_t *out_size)
{
    if (file >= FILE_LOG_PAGES)
        return page_size(store, file - FILE_LOG_PAGES, out_size);
    uint32_t epoch = audit_head(store).epoch;
    if (epoch == 0 || (file != FILE_LOG_CHECKPOINT && file != FILE_LOG_HANDOVERS))
        return STORE_ABSENT;
    *out_size =
        file == FILE_LOG_CHECKPOINT ? CHECKPOINT_MAX : RECEIPT_MAX + SECTION_MAX * (size_t)epoch;
    return 0;
}
