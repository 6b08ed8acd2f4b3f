/* SPDX-License-Identifier: Apache-2.0 */
/* The exit statuses of `glasshsm`, all of them, in one list: they are stable, scripts rely on them.
 * `glasshsm help exits` prints it, and the man page has it. 10 to 19 are those of
 * store_exit_status(), 20 to 23 those of glasshsmd, with which `run` ends when its token does not
 * start; else `run` gives the status of its command. */
#pragma once

#include <stdint.h>

#define TOOL_EXITS(X)                                                                              \
    X(DONE, 0, "done")                                                                             \
    X(FAILED, 1, "failed for another reason, see the message")                                     \
    X(USAGE, 2, "called wrongly")                                                                  \
    X(NO_STORE, 10, "no store there")                                                              \
    X(STORE_EXISTS, 11, "there is a store already")                                                \
    X(STORE_FOREIGN, 12, "not a store of ours, or a key file of another")                          \
    X(STORE_NEWER, 13, "store written by a newer version")                                         \
    X(STORE_LOCKED, 14, "wrong passphrase, or no key file")                                        \
    X(STORE_DAMAGED, 15, "store damaged")                                                          \
    X(STORE_OLD, 16, "store older than its anchor")                                                \
    X(STORE_NO_ANCHOR, 17, "anchor missing, or of another store")                                  \
    X(STORE_HELD, 18, "another process has the store open")                                        \
    X(STORE_DENIED, 19, "no permission to the store")                                              \
    X(MEDIUM_FAILED, 20, "the medium of the store failed")                                         \
    X(NOT_ATTACHED, 21, "nobody listens on the reader's port")                                     \
    X(SELF_TEST, 22, "a known-answer test of the token failed")                                    \
    X(CONTRADICTED, 23, "the token is to be strict, and its audit is forced")                      \
    X(NO_SERVICE, 30, "pcscd does not answer")                                                     \
    X(NO_READER, 31, "no such reader, or none with a card of this family")                         \
    X(AMBIGUOUS, 32, "more than one token; name one with --token or --reader")                     \
    X(CARD_LOST, 33, "the card was taken away, or is held by another program")                     \
    X(SERVICE_DENIED, 34, "this user may not use pcscd")                                           \
    X(UNTRUSTED, 35, "--secure: the card is not a device that the root vouches for")               \
    X(CHANNEL_BROKEN, 36, "--secure: an answer was altered, or the card ended the channel")        \
    X(WRONG_PIN, 40, "wrong PIN")                                                                  \
    X(PIN_BLOCKED, 41, "PIN blocked")                                                              \
    X(NOT_INITIALISED, 42, "the token was never initialised, or has no such PIN")                  \
    X(NOT_ALLOWED, 43, "the card does not allow it, or wants a login")                             \
    X(NOT_THERE, 44, "no such object")                                                             \
    X(NO_SPACE, 45, "the card is full")                                                            \
    X(NOT_SUPPORTED, 46, "this card cannot do that")                                               \
    X(REFUSED, 47, "the card refused with another status word, see the message")                   \
    X(WRONG_PASSWORD, 48, "wrong password, or password shares that do not fit")                    \
    X(NOT_EXPORTABLE, 49, "no key can leave this token, or this key cannot")                       \
    X(UNWELL, 50, "doctor: something has to be done first")                                        \
    X(BROKEN_LOG, 51, "log: a line is missing or altered")                                         \
    X(LOG_UNPROVEN, 52, "log verify: UNPROVEN, all fits together but nothing old vouches for it")  \
    X(LOG_FORKED, 53, "log verify: FORKED, two histories of one log")                              \
    X(LOG_TRUNCATED, 54, "log verify: TRUNCATED, the new log ends before the old one did")         \
    X(LOG_REPLACED, 55, "log verify: REPLACED, the log of another token or another beginning")     \
    X(LOG_INVALID, 56, "log verify: INVALID, a file is not what its signatures say")               \
    X(LOG_MISSING, 57, "log verify: MISSING, records between were pruned, a proof is needed")      \
    X(NOT_STOPPED, 60, "cancel: the command cannot be stopped, it ends by itself")                 \
    X(NOT_ATTESTED, 61, "attest: it is not proved that the key was made in that device")           \
    X(DIFFERENT, 62, "conform: the card answers otherwise than expected")                          \
    X(TRACES, 63, "conform: the safe run left a trace on the token")                               \
    X(NO_WORLD, 125, "run: the command was not started")                                           \
    X(NOT_RUNNABLE, 126, "run: the command is not executable")                                     \
    X(NOT_FOUND, 127, "run: there is no such command")

enum {
#define X(name, number, text) TOOL_##name = number,
    TOOL_EXITS(X)
#undef X
        TOOL_GO_ON = -1, /* no exit status: the caller goes on */
};

/* The exit status for a result of host/client/client.h, and for a refusal's status word. */
int tool_exit_of(int result, uint16_t refusal);
/* The text of an exit status; NULL: the number is not in the list. */
const char *tool_exit_text(int status);
