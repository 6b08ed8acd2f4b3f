/* File identifiers (protocol.md section 2): one flat level of files, the high byte is the class, the
 * low byte the object. Keys are listed and deleted as files, and never read. */
#pragma once

enum {
    FILE_MASTER = 0x3F00, /* in paths; there is no such file */
    FILE_DEVICE_CERTIFICATES = 0x2F02,
    FILE_TOKEN_INFO = 0x2F03,
    FILE_WORK = 0x2F10,
    FILE_KEY = 0xCC00, /* + key number */
    FILE_KEY_DESCRIPTION = 0xC400,
    FILE_CERTIFICATE = 0xCE00,    /* + key number: certificate or request */
    FILE_LOG_CHECKPOINT = 0xD000, /* of our own, protocol.md section 17 */
    FILE_LOG_HANDOVERS = 0xD001,
    FILE_LOG_PAGES = 0xD100, /* to DFFF */
};
