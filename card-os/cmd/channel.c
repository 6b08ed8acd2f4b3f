/* SPDX-License-Identifier: Apache-2.0 */
/* Chip authentication: the card proves its identity with the device key, and opens a secure channel
 * (protocol.md 11.2). */
#include "base/tlv.h"
#include "card-os/call.h"
#include "card-os/choices.h"
#include "card-os/cmd/cmd.h"
#include "card-os/keys.h"
#include "card-os/sm.h"
#include "card-os/staging.h"

/* After a refusal the host must choose again. */
static sw refuse(struct call *c)
{
    session_losing(c)->channel_chosen = false;
    return SW_WRONG_DATA;
}

/* MANAGE SECURITY ENVIRONMENT: there is one protocol; the key reference is ignored, since there is
 * one key. */
sw cmd_choose_channel(struct call *c)
{
    struct reader in = call_data(c);
    struct span protocol, key;
    tlv_read_members(&in, { 0x80, 1, 16, true, &protocol }, { 0x84, 1, 1, false, &key });
    bool known = read_finished(&in) && span_equal(protocol, channel_protocol);
    if (!known)
        return refuse(c);
    session_wanted(c)->channel_chosen = true;
    return SW_OK;
}

/* Derives the channel's keys from the host's point, the device key and a fresh nonce. */
static sw agree(struct call *c, struct span host_point, const uint8_t nonce[CHANNEL_NONCE_SIZE],
                struct channel *out)
{
    SCOPED_SECRET(bytes, CURVE_POINT_MAX);
    struct writer point = WRITER_OF(bytes);
    struct key_in_use device;
    sw s = key_use_device(c, &device);
    if (!sw_ok(s))
        return s;
    int r = device.kind->agree(device.live, host_point, &point);
    if (r == CRYPTO_BAD_INPUT)
        return refuse(c);
    struct span x = span_part(written(&point), 1, curve_field_size(device.spec->curve));
    if (!r)
        r = channel_derive(x, span_of(nonce, CHANNEL_NONCE_SIZE), out);
    return call_status(c, r);
}

static int answer(struct call *c, const struct channel *channel, struct span host_point,
                  struct span nonce)
{
    uint8_t token[CHANNEL_TOKEN_SIZE];
    int r = channel_token(channel, host_point, token);
    struct tlv_mark dynamic = tlv_open(&c->out, 0x7C);
    tlv_write(&c->out, 0x81, nonce);
    tlv_write(&c->out, 0x82, SPAN_OF(token));
    tlv_close(&c->out, dynamic);
    return r;
}

sw cmd_open_channel(struct call *c)
{
    struct reader in = call_data(c);
    struct reader dynamic = tlv_enter(&in, 0x7C);
    if (!read_failed(&in) && !read_left(&dynamic))
        return CHOICE_EMPTY_POINT;
    struct span host_point = tlv_expect(&dynamic, 0x80);
    if (!read_finished(&in) || !read_finished(&dynamic))
        return SW_WRONG_DATA;
    if (!session_seen(c)->channel_chosen)
        return SW_NOT_ALLOWED;
    session_wanted(c)->channel_chosen = false;

    const struct env *env = c->card->env;
    SCOPED(channel_wipe) struct channel channel = { 0 };
    uint8_t nonce[CHANNEL_NONCE_SIZE];
    int r = env->random(env->context, nonce, sizeof nonce);
    sw s = r ? call_status(c, r) : agree(c, host_point, nonce, &channel);
    if (!sw_ok(s))
        return s;
    r = answer(c, &channel, host_point, SPAN_OF(nonce));
    return call_status(c, r ? r : sm_begin(c, &channel));
}
