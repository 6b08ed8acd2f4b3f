/* Files, and what stands behind their identifiers (file_ids.h): classes with their rules, and content. */
#pragma once

#include "card-os/command.h"
#include "formats/file_ids.h"

/* The last offset of 16 bits, and what one UPDATE BINARY can carry: a frame of 65535 bytes, less 7
 * of header and length and 8 of tags. */
#define FILE_SIZE_MAX (65535u + 65520u)

/* Where the content is; only what is kept is listed. */
enum file_home {
    IN_STORE,
    IN_SESSION, /* gone with it */
    IN_LOG,     /* made of it when it is read */
};

struct file_class {
    const char *name;
    uint16_t id, mask; /* which identifiers */
    enum rule read, write, delete;
    enum audit_action reading, writing; /* what READ and UPDATE BINARY leave in the log */
    enum file_home home;
    unsigned read_traits; /* of enum trait, beside those of the row: what READ BINARY is held to */
};

/* NULL: no class has this identifier, or it is one of our own and the card is strict. */
const struct file_class *file_class_of(const struct card *card, uint16_t file);
size_t file_class_count(void);
const struct file_class *file_class_at(size_t index);

/* Whether the row is SELECT, READ, UPDATE or DELETE of a file, ruled by the file's class. */
bool file_command(const struct command *row);
/* The file that the command is about: P1 P2 or the current file, or for SELECT and DELETE the
 * identifier or path in the data; 0: none. */
uint16_t file_addressed(const struct call *c);

/* --- Content, wherever it is kept --- */

/* Appended to out. STORE_ABSENT. */
MUST_CHECK int file_load(const struct call *c, uint16_t file, struct writer *out);
/* STORE_ABSENT. */
MUST_CHECK int file_size(const struct call *c, uint16_t file, size_t *out_size);
/* Creates or replaces, in the open transaction; content within file_size_max(). STORE_FULL,
 * CARD_FULL. */
MUST_CHECK int file_save(struct call *c, uint16_t file, const struct writer *content);
/* In the open transaction. STORE_ABSENT. */
MUST_CHECK int file_remove(struct call *c, uint16_t file);
/* Whether there is a file that only the user may read. */
MUST_CHECK int file_any_confidential(const struct card *card, bool *out);
/* How long a file of this class can be. */
size_t file_size_max(const struct card *card, uint16_t file);
