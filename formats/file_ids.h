/* SPDX-License-Identifier: Apache-2.0 */
/* File identifiers (protocol.md section 2), as card and hosts use them. There is one flat level of
 * files: the high byte is the class, the low byte the number of the object. A key has the number of
 * the files that describe it. Keys are listed and deleted as files, and never read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Single files. */
enum {
    FILE_MASTER = 0x3F00, /* in paths; there is no such file */
    FILE_DEVICE_CERTIFICATES = 0x2F02,
    FILE_TOKEN_INFO = 0x2F03,
    FILE_WORK = 0x2F10,
    FILE_DEVICE_KEY = 0xCC00,     /* FILE_KEY, number 0 */
    FILE_LOG_CHECKPOINT = 0xD000, /* the log's are our own: protocol.md section 17 */
    FILE_LOG_HANDOVERS = 0xD001,
    FILE_LOG_PAGES = 0xD100,
    FILE_LOG_PAGES_END = 0xDFFF, /* the last that a log can have */
};

/* Classes: the identifier of an object is its class + its number. */
enum file_kind {
    FILE_KEY_DESCRIPTION = 0xC400,
    FILE_CERTIFICATE_DESCRIPTION = 0xC800,
    FILE_DATA_DESCRIPTION = 0xC900,
    FILE_CA_CERTIFICATE = 0xCA00,
    FILE_CONFIGURATION = 0xCB00,
    FILE_KEY = 0xCC00,
    FILE_CONFIDENTIAL_DATA = 0xCD00,
    FILE_CERTIFICATE = 0xCE00, /* certificate or request of the key of this number */
    FILE_PUBLIC_DATA = 0xCF00,
    FILE_LOG = 0xD000,
};
#define FILE_KIND_MASK 0xFF00

static inline bool file_is(uint16_t file, enum file_kind kind)
{
    return (file & FILE_KIND_MASK) == kind;
}

/* The file of this kind that has the same number. */
static inline uint16_t file_beside(uint16_t file, enum file_kind kind)
{
    return (uint16_t)(kind | (file & 0xFF));
}
