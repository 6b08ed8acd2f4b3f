/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"

#include "crypto/fetch.h"

int crypto_init(void)
{
    return fetch_algorithms();
}

int crypto_use_secret_heap(void)
{
    return ossl_use_secret_heap();
}
