/* SPDX-License-Identifier: Apache-2.0 */
/* Stores for tests: made, opened and filled with few words. Everything asserts. */
#pragma once

#include "storage/audit.h"
#include "storage/open.h"
#include "storage/store.h"
#include "tests/support/folder.h"

/* Everything in the folder: token.db, seal.key, anchor. */
struct store_place stores_place(const char *folder);
/* folder NULL: in memory. */
struct store *stores_create(const char *folder);
struct store *stores_open(const char *folder);
/* Opens what must be refused: the refusal, whose sentence must not be empty. */
int stores_refusal(const struct store_place *place);

/* One transaction each. */
void stores_put_key(struct store *s, uint32_t id, const char *text);
void stores_append(struct store *s, enum audit_action action, uint64_t ticks_us);
void stores_start_boot(struct store *s);

void stores_assert_key(struct store *s, uint32_t id, const char *text);

/* The log's record of this number. */
struct audit_record stores_record(struct store *s, uint64_t seq);

/* Every object with its name, in order of type and creation. */
void stores_write_objects(struct store *s, struct writer *out);

/* Appends the bytes of an object as they stand in its row. */
void stores_write_sealed(struct store *s, enum object_type type, uint32_t id, struct writer *out);

/* A store on disk that was closed: keys 1 "one", 2 "two", 3 "three", one power-on, a few
 * signatures in the log. */
struct folder stores_make_small(void);
