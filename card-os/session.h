/* What a card remembers between two commands of one session; gone with power, reset and SELECT of
 * the applet. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct session {
    bool user;             /* user PIN verified, or the device was just initialised */
    bool officer;          /* SO-PIN verified */
    uint16_t current_file; /* 0: none */
};
