/* Private to crypto/: the const structs of the kinds, for the list in kinds.c. */
#pragma once

#include "crypto/crypto.h"

extern const struct key_kind kind_rsa;
extern const struct key_kind kind_ec;
extern const struct key_kind kind_aes;
extern const struct key_kind kind_edwards;
extern const struct key_kind kind_montgomery;
