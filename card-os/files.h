/* SPDX-License-Identifier: Apache-2.0 */
/* Files: the classes that their identifiers (file_ids.h) belong to, with rules and log actions, and
 * their content. */
#pragma once

#include "card-os/command.h"
#include "formats/file_ids.h"

/* Bytes of the longest file: an offset has 16 bits, and at the last offset one UPDATE BINARY writes
 * what a frame of 65535 bytes carries, less 7 of header and length and 8 of tags. */
#define FILE_SIZE_MAX (65535u + 65520u)

/* Where the content is. ENUMERATE OBJECTS lists files IN_STORE alone. */
enum file_home {
    IN_STORE,
    IN_SESSION, /* gone when the session ends */
    IN_LOG,     /* made of the log when it is read */
};

struct file_class {
    const char *name;
    uint16_t id, mask; /* identifiers whose bits under the mask are these */
    enum rule read, write, erase;
    enum audit_action reading, writing; /* what READ and UPDATE BINARY leave in the log */
    enum file_home home;
    unsigned read_traits; /* of enum trait, beside those of the row: what READ BINARY is held to */
};

/* The class of an identifier. NULL: there is none, or the card is strict and the class is one of
 * our own. */
const struct file_class *file_class_of(const struct card *card, uint16_t file);
/* The table, for the documentation. */
size_t file_class_count(void);
const struct file_class *file_class_at(size_t index);

/* Whether the row's rule is a FILE rule: SELECT, READ, UPDATE or DELETE, about which the class of
 * the file decides. */
bool file_command(const struct command *row);
/* The file that such a command is about: for READ and UPDATE call_file(), for SELECT and DELETE the
 * identifier or path in the data; 0: none. */
uint16_t file_addressed(const struct call *c);

/* --- Content, in the store, the session or the log --- */

/* Appends the content. STORE_ABSENT. STORE_TOO_SMALL: out is too small. */
MUST_CHECK int file_load(const struct call *c, uint16_t file, struct writer *out);
/* How long the content is; of the log's files at least as long. STORE_ABSENT. */
MUST_CHECK int file_size(const struct call *c, uint16_t file, size_t *out_size);
/* Creates or replaces a file, in the open transaction; the content is not longer than
 * file_size_max(). STORE_FULL, CARD_FULL. */
MUST_CHECK int file_save(struct call *c, uint16_t file, const struct writer *content);
/* Deletes a file, in the open transaction. STORE_ABSENT. */
MUST_CHECK int file_remove(struct call *c, uint16_t file);
/* Whether there is a file that only the user may read. */
MUST_CHECK int file_any_confidential(const struct card *card, bool *out);
/* How long this file can be, bytes. */
size_t file_size_max(const struct card *card, uint16_t file);
