/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of ours where the hardware's are not known (protocol.md 15.3 and 16.1), one row each.
 * Code that gives such an answer takes it from here. A row is closed when a transcript has been run
 * against hardware; docs/COMMANDS.md prints the open ones. Columns: name, our status word, the
 * other likely answer, the question.
 *
 * Two rows are answered by the rule that then refuses, and changing them is more than a status
 * word: NUMBERED_SHARE (shares_are_free() in access.c) and LOGIN_AFTER_CHANNEL (sm_end() in
 * sm.c). */
#pragma once

#include "formats/sw.h"

#define CHOICES(X)                                                                                 \
    X(MISSING_KEY, 0x6A88, 0x6A82, "use of a key that does not exist (WRAP is known: 6A88)")       \
    X(OCCUPIED_KEY, 0x9000, 0x6A89, "GENERATE or UNWRAP to the number of a key that is there")     \
    X(DAMAGED_BLOB, 0x6A80, 0x6A88, "UNWRAP of a blob of the own secret that does not verify")     \
    X(MEMORY_QUERY, 0x9000, 0x6D00, "instruction 64 (another emulation tells memory by it)")       \
    X(LONG_OFFSET, 0x6A80, 0x6B00, "UPDATE BINARY with an offset of five bytes")                   \
    X(BEYOND_END, 0x6282, 0x6B00, "READ BINARY with an offset behind the end")                     \
    X(GAP_IN_FILE, 0x6B00, 0x9000, "UPDATE BINARY that would leave a gap")                         \
    X(LAST_TRY, 0x6983, 0x63C0,                                                                    \
      "a wrong PIN that spends the last try (firmware 1.2 and 2.0 said 63C0; ours is 4.1's)")      \
    X(RESET_DISABLED, 0x6985, 0x6986, "RESET RETRY COUNTER that the options do not allow")         \
    X(NO_DOMAIN_SLOTS, 0x6D00, 0x6A86, "MANAGE KEY DOMAIN where INITIALIZE made no slots")         \
    X(SURPLUS_SHARE, 0x6985, 0x6986, "a DKEK share more than were announced")                      \
    X(UNMADE_DOMAIN, 0x6A88, 0x6985, "a share for a key domain that was not created")              \
    X(NUMBERED_SHARE, 0x6982, 0x9000,                                                              \
      "a share of a numbered key domain (DO 97) from somebody who is not logged in")               \
    X(DOMAIN_EXISTS, 0x6A89, 0x6A86, "creating a key domain that exists")                          \
    X(CLEAR_RANDOM_DOMAIN, 0x6985, 0x9000, "clearing a key domain whose secret was made inside")   \
    X(BAD_MEMBERSHIP, 0x6985, 0x6A80, "a membership for another device, or by another key")        \
    X(GROUP_TWICE, 0x6A89, 0x9000, "a second key domain of one group")                             \
    X(GROUP_KEY, 0x6A80, 0x6985, "a group signer's or exchange key on a curve that does not fit")  \
    X(EXCHANGE_KEY, 0x6A80, 0x9000,                                                                \
      "making an exchange key (84) that may do more, or outside a group's domain")                 \
    X(EXCHANGE_KEY_EXPORT, 0x6985, 0x9000, "WRAP of an exchange key")                              \
    X(NO_GROUP, 0x6700, 0x6A80, "exchange with a request that names no group")                     \
    X(OTHER_GROUP, 0x6A88, 0x6985, "exchange with a member of another group")                      \
    X(BAD_CERTIFICATE, 0x6985, 0x6984, "a certificate or request that does not verify")            \
    X(REPLACE_DISABLED, 0x6985, 0x6982, "replacing a custodian without option 0008")               \
    X(KEY_WITHOUT_DOMAIN, 0x6985, 0x6A88, "WRAP of a key that is in no key domain")                \
    X(COUNTED_KEY_EXPORT, 0x6985, 0x9000, "WRAP of a key whose use counter it would shed")         \
    X(COUNTED_KEY_DERIVES, 0x6985, 0x9000,                                                         \
      "DERIVE EC KEY from a key with a use counter, which the new one would shed")                 \
    X(EMPTY_POINT, 0x6A80, 0x6985, "GENERAL AUTHENTICATE whose 7C is empty")                       \
    X(NO_CHANNEL, 0x6987, 0x6882, "a protected command while no channel is open")                  \
    X(LOGIN_AFTER_CHANNEL, 0x6982, 0x9000, "plain use of a login made inside a channel")           \
    X(UNKNOWN_OPTION, 0x6A80, 0x9000, "INITIALIZE with an option or object we do not implement")

enum {
#define X(name, ours, other, question) CHOICE_STATUS_##name = ours,
    CHOICES(X)
#undef X
};

#define X(name, ours, other, question) static const sw CHOICE_##name = { ours };
CHOICES(X)
#undef X
