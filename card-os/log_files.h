/* SPDX-License-Identifier: Apache-2.0 */
/* The log as files, so that any program with a reader can read it (protocol.md section 17). The
 * files are made when they are read, never stored.
 *
 *   D000        a checkpoint of the log as it is now
 *   D001        the receipt and the handovers; if not all fit, the newest handovers
 *   D100-DFFF   the newest 3840 pages of 32 records, the oldest first; one record per line */
#pragma once

#include "storage/store.h"

#define LOG_FILE_MAX 131000 /* bytes; an offset has 16 bits, see FILE_SIZE_MAX in files.h */

/* Appends the content of one of these files to out, which has room for LOG_FILE_MAX bytes. Writes
 * nothing to the store: reading must not make the log grow. STORE_ABSENT. */
MUST_CHECK int log_file_load(struct store *store, uint16_t file, struct writer *out);
/* The number of the first record of the page that is file D100 + index, in a log of that size. */
uint64_t log_page_first(uint64_t log_size, unsigned index);
/* An upper bound for the length of a file: the record of the reading may be added before it is
 * read. STORE_ABSENT. */
MUST_CHECK int log_file_size(struct store *store, uint16_t file, size_t *out_size);
