/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/trust_orders.h"

#include "base/failure.h"
#include "base/text.h"
#include "card-os/authority.h"
#include "card-os/device.h"
#include "card-os/roots.h"
#include "card-os/session.h"
#include "daemon/log.h"

static json_t *refuse(struct errand *errand, int r)
{
    errand->error =
        r > 0 ? roots_text(r) : "a fault of the machine; the daemon's own log tells which";
    if (r < 0)
        log_fault("order_failed", failure_last());
    return NULL;
}

static json_t *base64_of(struct span bytes)
{
    uint8_t text[BASE64_SIZE(DEVICE_CHAIN_MAX)];
    struct writer out = WRITER_OF(text);
    write_base64(&out, bytes);
    return json_stringn((const char *)text, out.size);
}

static json_t *name_of(struct span name)
{
    return json_stringn((const char *)name.at, name.size);
}

static void add_root(void *context, struct span certificate)
{
    json_array_append_new(context, base64_of(certificate));
}

json_t *order_roots(struct power *power, struct errand *errand)
{
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer own = WRITER_OF(bytes);
    json_t *trusted = json_array();
    int r = roots_own(power->store, &own);
    if (!r || r == STORE_ABSENT)
        r = roots_each(power->store, add_root, trusted);
    if (!r)
        return json_pack("{s:o,s:o}", "own", own.size ? base64_of(written(&own)) : json_null(),
                         "trusted", trusted);
    json_decref(trusted);
    return refuse(errand, r);
}

json_t *order_trust(struct power *power, struct errand *errand)
{
    const json_t *value = json_object_get(errand->request, "certificate");
    uint8_t bytes[AUTHORITY_CERTIFICATE_MAX];
    struct writer certificate = WRITER_OF(bytes);
    bool good =
        json_is_string(value) &&
        base64_decode(span_of(json_string_value(value), json_string_length(value)), &certificate);
    int r = good ? roots_add(&power->env, written(&certificate), errand->uid) : ROOTS_NO_ROOT;
    if (r)
        return refuse(errand, r);
    return json_pack("{s:o}", "trusted", name_of(cvc_holder(written(&certificate))));
}

json_t *order_distrust(struct power *power, struct errand *errand)
{
    const json_t *value = json_object_get(errand->request, "name");
    struct span name = span_of(json_string_value(value), json_string_length(value));
    int r = roots_remove(&power->env, name, errand->uid);
    if (!r)
        session_forget_holders(&power->card);
    return r ? refuse(errand, r) : json_pack("{s:o}", "removed", name_of(name));
}
