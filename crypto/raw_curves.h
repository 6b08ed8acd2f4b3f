/* Private to crypto/: the table of Edwards and Montgomery curves. */
#pragma once

#include "crypto/curves.h"

/* NULL: no raw curve. */
const struct domain_parameters *raw_curve_parameters(const struct curve *curve);
/* Bytes of a private key, and of a public one: they are as long (RFC 7748 5, RFC 8032 5.1.5 and
 * 5.2.5). */
size_t raw_curve_key_size(const struct curve *curve);
/* Whether these parameters, prime and base point at least, are the row's. */
bool raw_curve_has(const struct curve *curve, const struct domain_parameters *given);
