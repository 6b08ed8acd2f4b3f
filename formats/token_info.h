/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes PKCS#15 v1.1 TokenInfo, the content of file 2F03 (protocol.md 2.5). */
#pragma once

#include "base/bytes.h"

struct token_info {
    struct span serial; /* characters, as hosts display them */
    struct span manufacturer;
    struct span label;
};

void token_info_write(const struct token_info *info, struct writer *out);
/* The spans are borrowed from file; a field that is absent is empty. False when the file is not a
 * TokenInfo. */
MUST_CHECK bool token_info_read(struct span file, struct token_info *out);
