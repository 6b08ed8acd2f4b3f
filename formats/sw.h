/* SPDX-License-Identifier: Apache-2.0 */
/* Status words (ISO 7816-4 5.6), the result of a command as the host sees it. The type is a struct,
 * so that the compiler refuses to mix one with an int result. STATUS_WORDS gives the constants and
 * the texts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct sw {
    uint16_t value;
} sw;

#define STATUS_WORDS(X)                                                                            \
    X(OK, 0x9000, "done")                                                                          \
    X(AUTHENTICATED, 0x9001, "this custodian has signed in")                                       \
    X(END_OF_FILE, 0x6282, "end of file reached")                                                  \
    X(WRONG_SIGNATURE, 0x6300, "authentication failed")                                            \
    X(WRONG_PIN, 0x63C0, "wrong PIN, last digit tells the tries left")                             \
    X(STOPPED, 0x6400, "execution stopped, nothing changed")                                       \
    X(MEMORY_FAILURE, 0x6581, "memory failure")                                                    \
    X(WRONG_LENGTH, 0x6700, "wrong length")                                                        \
    X(NOT_LOGGED_IN, 0x6982, "security status not satisfied")                                      \
    X(BLOCKED, 0x6983, "authentication method blocked")                                            \
    X(USED_UP, 0x6984, "not usable: use counter at its end, or a transport PIN")                   \
    X(NOT_ALLOWED, 0x6985, "conditions of use not satisfied")                                      \
    X(NO_CURRENT_FILE, 0x6986, "no current file")                                                  \
    X(UNPROTECTED, 0x6987, "secure messaging data missing")                                        \
    X(BROKEN_CHANNEL, 0x6988, "secure messaging data incorrect: the channel has ended")            \
    X(WRONG_DATA, 0x6A80, "incorrect data")                                                        \
    X(NOT_SUPPORTED, 0x6A81, "function not supported")                                             \
    X(FILE_NOT_FOUND, 0x6A82, "file not found")                                                    \
    X(NO_SPACE, 0x6A84, "not enough memory space")                                                 \
    X(WRONG_P1P2, 0x6A86, "incorrect P1 P2")                                                       \
    X(NOT_FOUND, 0x6A88, "referenced data not found")                                              \
    X(NOT_EMPTY, 0x6A89, "exists already, or is not empty")                                        \
    X(WRONG_OFFSET, 0x6B00, "offset outside the file")                                             \
    X(UNKNOWN_INS, 0x6D00, "unknown instruction, or a function not configured")                    \
    X(UNKNOWN_CLA, 0x6E00, "unknown class")                                                        \
    X(BROKEN, 0x6F00, "the card is broken")

enum {
#define X(name, number, text) STATUS_##name = number,
    STATUS_WORDS(X)
#undef X
};

#define X(name, number, text) static const sw SW_##name = { number };
STATUS_WORDS(X)
#undef X

static inline bool sw_ok(sw s)
{
    return s.value == STATUS_OK;
}

/* Whether the answer may carry data: success, or success with a further statement. */
static inline bool sw_delivers(sw s)
{
    return sw_ok(s) || s.value == STATUS_END_OF_FILE || s.value == STATUS_AUTHENTICATED;
}

/* 63Cx; more than fifteen tries are told as fifteen. */
sw sw_wrong_pin(unsigned tries_left);
/* The text of a status word, for logs and people; "unknown status word" for one that is not in the
 * list. */
const char *sw_text(uint16_t value);
