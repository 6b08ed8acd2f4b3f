/* SPDX-License-Identifier: Apache-2.0 */
/* Shamir's secret sharing of a password: any `threshold` of its shares give it back. As sc-hsm-tool
 * does it, over a prime of 64 bits that is part of every share (protocol.md 8.2). */
#pragma once

#include "base/bytes.h"
#include "base/results.h"

#define SHAMIR_SIZE 8 /* bytes of a password, a prime and a value */
/* sc-hsm-tool prints the number of a share in decimal but reads it as hexadecimal, so at most 9. */
#define SHAMIR_SHARES_MAX 9

/* A share. As secret as the password. */
struct shamir_share {
    uint8_t prime[SHAMIR_SIZE], value[SHAMIR_SIZE];
    uint8_t id; /* 1, 2, ... */
};

/* Makes a random password of SHAMIR_SIZE bytes, without a leading zero, and its shares.
 * 1 <= threshold <= total <= SHAMIR_SHARES_MAX. */
MUST_CHECK int shamir_make(unsigned threshold, unsigned total, uint8_t out_password[SHAMIR_SIZE],
                           struct shamir_share out[]);
/* Positive result: the shares belong to different passwords, one is given twice, or their modulus
 * is not a prime. */
enum { SHAMIR_UNFIT = RESULTS_SHAMIR };
/* Appends the password, without leading zeros. Too few shares give another password, not an error.
 * SHAMIR_UNFIT. */
MUST_CHECK int shamir_join(const struct shamir_share shares[], unsigned count,
                           struct writer *out_password);
