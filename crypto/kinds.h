/* SPDX-License-Identifier: Apache-2.0 */
/* Private to crypto/: the list of the kinds of key. Each is a const struct in a file of its own. */
#pragma once

#include "crypto/crypto.h"

#define KEY_KINDS(X)                                                                               \
    X(kind_rsa)                                                                                    \
    X(kind_ec)                                                                                     \
    X(kind_aes)                                                                                    \
    X(kind_edwards)                                                                                \
    X(kind_montgomery)

#define X(kind) extern const struct key_kind kind;
KEY_KINDS(X)
#undef X
