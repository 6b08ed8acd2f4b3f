/* SPDX-License-Identifier: Apache-2.0 */
/* GENERATE ASYMMETRIC KEY PAIR (protocol.md 5.1): a key, and an authenticated request that proves
 * where it was made. */
#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/cmd/cmd.h"
#include "card-os/exchange.h"
#include "card-os/files.h"
#include "card-os/keys.h"
#include "card-os/request.h"
#include "card-os/strict.h"
#include "formats/cvc.h"

/* What the host asks for; the data of the command is the contents of a certificate body. */
struct wanted {
    struct key key;
    struct span car, chr;
    struct span domain; /* absent: at is NULL */
};

static sw read_wanted(struct call *c, struct wanted *out)
{
    struct reader in = call_data(c);
    struct span profile, parameters, uses, algorithms, wrapping;
    tlv_read_members(&in, { CVC_PROFILE, 1, 1, true, &profile },
                     { CVC_CAR, 1, CVC_NAME_MAX, false, &out->car },
                     { CVC_PUBLIC_KEY, 1, 1024, true, &parameters },
                     { CVC_CHR, 1, CVC_NAME_MAX, true, &out->chr }, { 0x90, 4, 4, false, &uses },
                     { 0x91, 1, ALGORITHM_LIST_MAX, false, &algorithms },
                     { 0x92, 1, 1, false, &out->domain }, KEY_WRAPPING_MEMBER(&wrapping));
    key_read_limits(&in, uses, algorithms, &out->key);
    struct reader key = reader_child(&in, parameters); /* an earlier failure makes it fail */
    int r = cvc_read_key_template(&key, &out->key.spec);
    return call_judge(c, r, SW_WRONG_DATA);
}

/* A positive result is a size or curve that the kind of key does not offer: the host's mistake. */
static sw generate(struct call *c, const struct key_spec *spec, struct writer *material)
{
    if (strict_forbids_key(c->card, spec))
        return SW_WRONG_DATA;
    const struct patience patience = call_patience(c);
    int r = key_kind_of(spec->type)->generate(spec, &patience, material);
    return call_judge(c, r, SW_WRONG_DATA);
}

sw cmd_generate_key_pair(struct call *c)
{
    struct wanted wanted = { .key = { .id = c->apdu.p1, .origin = KEY_GENERATED } };
    sw s = read_wanted(c, &wanted);
    if (!sw_ok(s))
        return s;
    call_about_file(c, FILE_KEY | wanted.key.id);
    s = domain_assign(c, wanted.domain, &wanted.key);
    SCOPED(domain_wipe) struct domain domain = { 0 };
    struct span group;
    if (sw_ok(s))
        s = exchange_check_key(c, &wanted.key, &domain, &group);
    if (!sw_ok(s))
        return s;

    SCOPED_SECRET(bytes, KEY_MATERIAL_MAX);
    struct writer material = WRITER_OF(bytes);
    s = generate(c, &wanted.key.spec, &material);
    if (!sw_ok(s))
        return s;
    int r = key_store(c, &wanted.key, written(&material));
    if (r)
        return call_status(c, r);
    key_name_subject(c, &wanted.key);

    struct request request = { &wanted.key.spec, written(&material), wanted.car, wanted.chr,
                               group };
    s = request_write(c, &request, &c->out);
    if (!sw_ok(s))
        return s;
    return call_status(c, file_save(c, FILE_CERTIFICATE | wanted.key.id, &c->out));
}
