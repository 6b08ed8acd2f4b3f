/* The log as files, so that any reader of the card can have it (protocol.md section 17): made when
 * they are read, never stored.
 *
 *   D000        a checkpoint of the log as it is now
 *   D001        the receipt and the handovers; the newest of them, should they not all fit
 *   D100-DFFF   pages of 32 records, one a line; the oldest first, of the newest 3840 pages */
#pragma once

#include "storage/store.h"

#define LOG_FILE_MAX 131000 /* an offset has 16 bits */

/* Appends to out, which has room for LOG_FILE_MAX. Nothing is written: readings by whoever may read
 * must not make the log grow. STORE_ABSENT. */
MUST_CHECK int log_file_load(struct store *store, uint16_t file, struct writer *out);
/* The number of the first record of the page that is file D100 + index, in a log of that size. */
uint64_t log_page_first(uint64_t log_size, unsigned index);
/* At least as long as the file will be when it is read: a record of the reading comes before.
 * STORE_ABSENT. */
MUST_CHECK int log_file_size(struct store *store, uint16_t file, size_t *out_size);
