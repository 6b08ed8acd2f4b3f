/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/cvc_parts.h"

static const uint8_t oid_rsa[] = { 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02, 0x01, 0x02 };
static const uint8_t oid_ecdsa[] = { 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03 };
static const uint8_t oid_authorisation[] = { 0x2B, 0x06, 0x01, 0x04, 0x01, 0x81,
                                             0xC3, 0x1F, 0x03, 0x01, 0x01 };
/* 1.3.6.1.4.1.24991.3.2.2 */
static const uint8_t oid_group[] = { 0x2B, 0x06, 0x01, 0x04, 0x01, 0x81,
                                     0xC3, 0x1F, 0x03, 0x02, 0x02 };
const struct span cvc_oid_rsa = { oid_rsa, sizeof oid_rsa };
const struct span cvc_oid_ecdsa = { oid_ecdsa, sizeof oid_ecdsa };
const struct span cvc_oid_authorisation = { oid_authorisation, sizeof oid_authorisation };
const struct span cvc_oid_group = { oid_group, sizeof oid_group };
