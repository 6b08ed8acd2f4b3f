#include "card-os/algs.h"

static const struct algorithm algorithms[] = {
    { "RSA, raw block", 0x20, PURPOSE_SIGN, KEY_RSA, { PADDING_NONE, DIGEST_NONE } },
    { "ECDSA, hash value", 0x70, PURPOSE_SIGN, KEY_EC, { PADDING_NONE, DIGEST_NONE } },
    { "RSA, raw block", 0x21, PURPOSE_DECIPHER, KEY_RSA, { PADDING_NONE, DIGEST_NONE } },
};

const struct algorithm *algorithm_of(enum key_purpose purpose, uint8_t id)
{
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (algorithms[i].purpose == purpose && algorithms[i].id == id)
            return &algorithms[i];
    return NULL;
}

size_t algorithm_count(void)
{
    return COUNT_OF(algorithms);
}

const struct algorithm *algorithm_at(size_t index)
{
    return &algorithms[index];
}
