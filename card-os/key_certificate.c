/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/key_certificate.h"

#include "base/failure.h"
#include "base/tlv.h"
#include "formats/cvc.h"

static int sign_cvc(const struct key_in_use *key, struct span message, struct writer *signature)
{
    int r = key->kind->sign(key->live, key->kind->request_scheme, message, signature);
    return r > 0 ? failure(FAULT_LIBRARY, "the %s key cannot sign", key->kind->name) : r;
}

static int write_cvc_signature(const struct key_in_use *key, struct span signature,
                               struct writer *out)
{
    int r = 0;
    struct tlv_mark mark = tlv_open(out, CVC_SIGNATURE);
    if (key->spec->type == KEY_EC)
        r = ecdsa_plain(signature, curve_field_size(key->spec->curve), out);
    else
        write_span(out, signature);
    tlv_close(out, mark);
    return r > 0 ? failure(FAULT_LIBRARY, "the %s key gives no signature", key->kind->name) : r;
}

int key_sign_cvc(const struct key_in_use *key, struct span message, struct writer *out)
{
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer signature = WRITER_OF(bytes);
    int r = sign_cvc(key, message, &signature);
    return r ? r : write_cvc_signature(key, written(&signature), out);
}

int key_prove_cvc(const struct key_in_use *key, const struct public_part *public_part,
                  struct span message, struct writer *out)
{
    uint8_t bytes[KEY_RESULT_MAX];
    struct writer signature = WRITER_OF(bytes);
    int r = sign_cvc(key, message, &signature);
    if (!r)
        r = key->kind->verify(key->spec, public_part, key->kind->request_scheme, message,
                              written(&signature));
    if (r > 0)
        return failure(FAULT_BROKEN, "the halves of a %s key do not belong together",
                       key->kind->name);
    return r ? r : write_cvc_signature(key, written(&signature), out);
}
