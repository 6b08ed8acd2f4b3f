#include "tests/bench/raw_key.h"

#include <openssl/rsa.h>
#include <string.h>

#include "crypto/digest.h"
#include "tests/bench/bench.h"

struct raw_key raw_key_make(const char *curve, size_t bits)
{
    struct raw_key key = { .input_size = curve ? SHA256_SIZE : bits / 8 };
    EVP_PKEY *pkey = curve ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve)
                           : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
    key.context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bench_require(key.context && EVP_PKEY_sign_init(key.context) == 1, "bare context");
    bench_require(curve || EVP_PKEY_CTX_set_rsa_padding(key.context, RSA_NO_PADDING) == 1,
                  "bare padding");
    EVP_PKEY_free(pkey);
    memset(key.input, 0x5A, sizeof key.input);
    return key;
}

void raw_key_free(struct raw_key *key)
{
    EVP_PKEY_CTX_free(key->context);
    *key = (struct raw_key){ 0 };
}

void raw_key_sign(void *context)
{
    struct raw_key *key = context;
    uint8_t bytes[1024];
    size_t size = sizeof bytes;
    bench_require(EVP_PKEY_sign(key->context, bytes, &size, key->input, key->input_size) == 1,
                  "bare signature");
}
