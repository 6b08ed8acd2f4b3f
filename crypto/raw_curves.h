/* SPDX-License-Identifier: Apache-2.0 */
/* Private to crypto/: what OpenSSL does not tell of Edwards and Montgomery curves. */
#pragma once

#include "crypto/curves.h"

/* The domain parameters of a curve; NULL: the curve is neither Edwards nor Montgomery. */
const struct domain_parameters *raw_curve_parameters(const struct curve *curve);
/* Size in bytes of a private key, and also of a public one (RFC 7748 5, RFC 8032 5.1.5 and
 * 5.2.5). */
size_t raw_curve_key_size(const struct curve *curve);
