/* What a card remembers between two commands of one session; gone with power, reset and SELECT of
 * the applet. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The work file 2F10, into which hosts write what is too long for the command that uses it, such as
 * a wrapped key of 3,659 bytes. */
#define WORK_FILE_MAX 8192
struct work_file {
    bool exists;
    size_t size;
    uint8_t content[WORK_FILE_MAX];
};

struct session {
    bool user;             /* user PIN verified, or the device was just initialised */
    bool officer;          /* SO-PIN verified */
    uint16_t current_file; /* 0: none */
    bool log_read;         /* and recorded that it was */
    struct work_file work_file;
};
