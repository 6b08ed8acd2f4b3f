/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what custodians and a group's signer hand over, or as a certificate or request in
 * it: the readers must end and stay inside, and what was read is written the same way. */
#include <stdlib.h>

#include "base/tlv.h"
#include "crypto/crypto.h"
#include "formats/custodian_file.h"
#include "formats/cvc.h"
#include "tests/fuzz/fuzz.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_inside(struct span part, struct span whole)
{
    require(!part.at || (part.at >= whole.at && part.at + part.size <= whole.at + whole.size));
}

static void look_at_holder(const struct cvc *cvc, struct span whole)
{
    require(cvc->chr.size <= CVC_NAME_MAX && cvc->car.size <= CVC_NAME_MAX);
    require_inside(cvc->chr, whole);
    require_inside(cvc->group, whole);
    require_inside(cvc->key.point, whole);
    int r = cvc_verify(&cvc->spec, &cvc->key, cvc->body, cvc->signature);
    require(r >= 0);
}

/* The value of 67 or 7F21, whichever it is. */
static void look_at(struct span whole)
{
    struct reader in = reader_of(whole);
    struct tlv element = tlv_read(&in);
    struct reader value = reader_of(element.value);
    struct cvc_request request;
    struct cvc certificate;
    if (element.tag == CVC_AUTHENTICATED_REQUEST && cvc_read_request(&value, &request) == 0)
        look_at_holder(&request.inner, whole);
    const struct curve *curve = curve_by_name("brainpoolP256r1");
    if (element.tag == CVC_CERTIFICATE && cvc_read(&value, curve, &certificate) == 0)
        look_at_holder(&certificate, whole);
}

static void look_at_file(const struct custodian_file *file, struct span whole)
{
    require_inside(file->request, whole);
    look_at(file->request);
    look_at(file->device);
    look_at(file->issuer);
}

static void read_custodian(struct span bytes)
{
    static uint8_t room[1 << 17];
    struct writer out = WRITER_OF(room);
    struct custodian_file file, again;
    if (!custodian_file_read(bytes, &file))
        return;
    look_at_file(&file, bytes);
    custodian_file_write(&file, &out);
    require(!out.full && custodian_file_read(written(&out), &again));
    require(span_equal(file.request, again.request) && span_equal(file.issuer, again.issuer));
}

static void read_memberships(struct span bytes)
{
    static uint8_t room[1 << 17];
    struct reader in = reader_of(bytes);
    struct membership_file file, again;
    while (read_left(&in) && membership_file_read(&in, &file)) {
        struct writer out = WRITER_OF(room);
        look_at_file(&file.signer, bytes);
        membership_file_write(&file, &out);
        struct reader copy = reader_of(written(&out));
        require(!out.full && membership_file_read(&copy, &again) && read_finished(&copy));
        require(span_equal(file.signature, again.signature));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (crypto_init())
        abort();
    read_custodian(span_of(data, size));
    read_memberships(span_of(data, size));
    look_at(span_of(data, size));
    return 0;
}
