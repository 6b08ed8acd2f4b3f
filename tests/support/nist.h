/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers in the forms in which NIST and RSA Laboratories publish them: lines
 * `name = value`, sections `[name]`, and labels `# Name:` with hexadecimal on the lines after.
 *
 * A field keeps its value until another line gives it a new one, so that what stands at the
 * beginning of a section holds for all of it. What is wrong with a file fails the running test. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

#define NIST_FIELDS 32

struct nist_field {
    char name[48], value[4200];
};

struct nist_record {
    char section[64]; /* the last `[...]` */
    struct nist_field fields[NIST_FIELDS];
    size_t count;
    struct nist_field *open; /* whose lines are being read */
    uint8_t bytes[16 * 1024];
    struct writer storage; /* holds what nist_bytes() has decoded for one use */
};

typedef void nist_use(void *context, struct nist_record *record);

/* Whether the folder with the vectors of Debian's python3-cryptography-vectors is there. */
bool nist_installed(void);
/* Calls use each time the field `last`, which ends a record, has its value. */
void nist_each(const char *file, const char *last, nist_use *use, void *context);
/* The test fails where there is no such field, or it is not hexadecimal. Both are good until the
 * use ends. */
const char *nist_text(const struct nist_record *record, const char *name);
struct span nist_bytes(struct nist_record *record, const char *name);
