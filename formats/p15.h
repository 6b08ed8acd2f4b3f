/* PKCS#15 descriptions (PKCS #15 v1.1 section 6), as hosts write them beside the objects of this
 * family of cards: C4xx describes a key, C8xx a certificate, C9xx a data object (protocol.md 2.6).
 * They are what a host chose to say; the card does not check them. */
#pragma once

#include "base/bytes.h"

enum p15_class { P15_KEY = 0xC4, P15_CERTIFICATE = 0xC8, P15_DATA = 0xC9 };

enum p15_type { P15_RSA, P15_EC, P15_SECRET, P15_X509, P15_OPAQUE };

struct p15_description { /* spans are borrowed from what was read; empty: not said */
    enum p15_type type;
    struct span label; /* UTF-8, not terminated */
    struct span id;
    struct span application; /* data objects: whose they are */
    uint16_t file;           /* certificates and data objects: where; 0: not said */
    uint32_t bits;           /* keys; 0: not said */
};

/* What follows the description is ignored: a file keeps its tail when something shorter is written
 * over it. False for anything that is no description of this class. */
MUST_CHECK bool p15_read(enum p15_class class, struct span file, struct p15_description *out);

/* That of a private key (C4xx), RSA or EC: label, id and bits. */
void p15_write_key(const struct p15_description *key, struct writer *out);
/* The description of a data object (C9xx) that stands in file. */
void p15_write_data(struct span label, struct span application, uint16_t file, struct writer *out);
