/* SPDX-License-Identifier: Apache-2.0 */
/* tests/vectors/rejection.txt: what bad PKCS#1 v1.5 blocks decipher to. */
#pragma once

#include <jansson.h>

#include "base/bytes.h"

/* The message for a test of a Wycheproof file, put into storage: its own if it is valid, else the
 * one that implicit rejection makes. at is NULL when there is none: the cipher text fits no block
 * of the key. */
struct span rejection_message(const char *file, json_t *test, struct writer *storage);
