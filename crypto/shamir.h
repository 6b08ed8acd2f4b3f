/* A password in shares, any `threshold` of which give it back (Shamir), as sc-hsm-tool does it:
 * over a prime of 64 bits, which travels with every share (protocol.md 8.2). */
#pragma once

#include "base/bytes.h"

#define SHAMIR_SIZE 8 /* of password, prime and value */
/* sc-hsm-tool prints the number of a share in decimal and reads it as hexadecimal. */
#define SHAMIR_SHARES_MAX 9

/* Each of these is as secret as the password. */
struct shamir_share {
    uint8_t prime[SHAMIR_SIZE], value[SHAMIR_SIZE];
    uint8_t id; /* 1, 2, ... */
};

/* Makes a random password of SHAMIR_SIZE bytes, without a leading zero, and its shares.
 * 1 <= threshold <= total <= SHAMIR_SHARES_MAX. */
MUST_CHECK int shamir_make(unsigned threshold, unsigned total, uint8_t out_password[SHAMIR_SIZE],
                           struct shamir_share out[]);
enum { SHAMIR_UNFIT = 1 }; /* shares of different passwords, one twice, or no prime */
/* Appends the password, without leading zeros. With too few shares another password comes out.
 * SHAMIR_UNFIT. */
MUST_CHECK int shamir_join(const struct shamir_share shares[], unsigned count,
                           struct writer *out_password);
