/* SPDX-License-Identifier: Apache-2.0 */
/* Private to cvc.c and cvc_read.c: tags and object identifiers of certificates. */
#pragma once

#include "base/bytes.h"

#define CVC_OID             0x06
#define CVC_ROLE            0x53
#define CVC_EXTENSION       0x73
#define CVC_EXTENSION_VALUE 0x80

/* Tags of a public key's components. RSA and EC use the same tags for different components. */
enum { RSA_MODULUS = 0x81, RSA_EXPONENT = 0x82, RSA_SIZE = 0x02 };
enum {
    EC_PRIME = 0x81,
    EC_A = 0x82,
    EC_B = 0x83,
    EC_GENERATOR = 0x84,
    EC_ORDER = 0x85,
    EC_POINT = 0x86,
    EC_COFACTOR = 0x87,
};
/* Tags of keys on Edwards and Montgomery curves, which have the object identifier of ECDSA
 * (protocol.md 12.3). */
enum { RAW_PRIME = EC_PRIME, RAW_ORDER = 0x82, RAW_BASE = 0x83, RAW_POINT = 0x84 };

/* Bodies of the object identifiers: id-TA-RSA-v1-5-SHA-256, id-TA-ECDSA-SHA-256 (TR-03110-3 A.6.4),
 * this family's holder authorisation, 1.3.6.1.4.1.24991.3.1.1, and group of devices, 3.2.2. */
extern const struct span cvc_oid_rsa, cvc_oid_ecdsa, cvc_oid_authorisation, cvc_oid_group;
