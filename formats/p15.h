/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes PKCS#15 descriptions (PKCS #15 v1.1 section 6), which hosts store beside the
 * objects of this family of cards: C4xx describes a key, C8xx a certificate, C9xx a data object
 * (protocol.md 2.6). The host chooses their content; the card does not check it. */
#pragma once

#include "base/bytes.h"
#include "formats/file_ids.h"

enum p15_class {
    P15_KEY = FILE_KEY_DESCRIPTION,
    P15_CERTIFICATE = FILE_CERTIFICATE_DESCRIPTION,
    P15_DATA = FILE_DATA_DESCRIPTION,
};

enum p15_type { P15_RSA, P15_EC, P15_SECRET, P15_X509, P15_OPAQUE };

struct p15_description { /* spans are borrowed from the file; empty: not stated */
    enum p15_type type;
    struct span label; /* UTF-8, not terminated */
    struct span id;
    struct span application; /* data objects: the application that they belong to */
    uint16_t file;           /* certificates and data objects: file identifier; 0: not stated */
    uint32_t bits;           /* keys: size in bits; 0: not stated */
};

/* Reads a description and ignores what follows it: when a shorter description was written over a
 * longer one, the file keeps its old end. False for bytes that are no description of this class. */
MUST_CHECK bool p15_read(enum p15_class kind, struct span file, struct p15_description *out);

/* Writes the description of a private key (C4xx), RSA or EC: label, id and bits. */
void p15_write_key(const struct p15_description *key, struct writer *out);
/* Writes the description of a data object (C9xx) whose content is in `file`. */
void p15_write_data(struct span label, struct span application, uint16_t file, struct writer *out);
