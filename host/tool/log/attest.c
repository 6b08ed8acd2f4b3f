/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm attest: whether a key was made in a device, from files alone: from a request that the
 * device has signed, or from its log (attest_log.h). */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/tlv.h"
#include "card-os/authority.h"
#include "formats/custodian_file.h"
#include "host/client/device_chain.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/usage.h"
#include "host/tool/cli/value.h"
#include "host/tool/cli/whole_file.h"
#include "host/tool/log/attest_log.h"
#include "host/tool/store/place.h"
#include "host/tool/store/store.h"
#include "host/tool/tool.h"

struct order {
    const struct command_line *command;
    const char *root, *device, *request;
    struct attest_log_order log;
    bool as_json;
};

#define FILE_SIZE 8192

/* What was read; the spans point into the buffers. */
struct evidence {
    uint8_t root_room[FILE_SIZE], device_room[FILE_SIZE], request_room[FILE_SIZE];
    struct span root; /* `at` NULL: not given */
    /* --device; issuer.at is NULL when the device's certificate is alone. */
    struct custodian_file wanted;
    struct custodian_file attested; /* the request, and its certificates if it has some */
    struct cvc_request request;
    struct cvc maker; /* the device that signed */
    struct cvc root_read;
    uint8_t chain_room[FILE_SIZE];
};

enum verdict {
    PROVED,        /* generated in the device */
    ELSEWHERE,     /* generated in another device than --device */
    UNKNOWN_MAKER, /* not generated in --device, and nothing tells where */
    NO_DEVICE,     /* no certificate of the device that signed */
    NO_CHAIN,      /* no issuer between device and root */
    BAD_CHAIN,     /* device or issuer are not certified by whom they name, or not now */
    BAD_SIGNATURE, /* of the device, or of the key itself */
};

static const char *const verdict_texts[] = {
    [PROVED] = "proved",
    [ELSEWHERE] = "the key was generated in another device: this one has a copy, or another key",
    [UNKNOWN_MAKER] = "the request is not of that device, and there is no certificate of its own",
    [NO_DEVICE] = "there is no certificate of the device that signed: name it with --device",
    [NO_CHAIN] = "there is no issuer's certificate between device and root: give file 2F02",
    [BAD_CHAIN] = "the device is not certified under this root, or not today",
    [BAD_SIGNATURE] = "a signature of the request does not verify",
};

/* --- Reading --- */

static int take(const char *path, uint8_t room[FILE_SIZE], struct span *out)
{
    struct writer bytes = writer_of(room, FILE_SIZE);
    int status = file_take(path, &bytes);
    *out = written(&bytes);
    return status;
}

static int complain(const char *path, const char *what)
{
    return tool_complain(TOOL_FAILED, "%s: %s", path, what);
}

/* The device's certificate, and the issuer's if it follows. */
static bool read_chain(struct span bytes, struct custodian_file *out)
{
    struct reader in = reader_of(bytes);
    if (custodian_chain_read(bytes, out))
        return true;
    out->device = tlv_read(&in).whole;
    out->issuer = (struct span){ 0 };
    in = reader_of(out->device);
    return tlv_is_next(&in, CVC_CERTIFICATE);
}

static bool read_request(struct span bytes, struct evidence *e)
{
    if (!custodian_file_read(bytes, &e->attested)) {
        struct reader in = reader_of(bytes);
        e->attested = (struct custodian_file){ .request = tlv_read(&in).whole };
    }
    struct reader in = reader_of(e->attested.request);
    struct reader value = tlv_enter(&in, CVC_AUTHENTICATED_REQUEST);
    return !read_failed(&in) && cvc_read_request(&value, &e->request) == 0;
}

static int read_evidence(const struct order *order, struct evidence *out)
{
    struct span bytes;
    int status = take(order->request, out->request_room, &bytes);
    if (!status && !read_request(bytes, out))
        status = complain(order->request, "not the request of a key");
    if (!status && order->root)
        status = take(order->root, out->root_room, &out->root);
    if (!status && order->root && authority_read_root(out->root, &out->root_read))
        status = complain(order->root, "not the certificate of a root");
    if (!status && order->device)
        status = take(order->device, out->device_room, &bytes);
    if (!status && order->device && !read_chain(bytes, &out->wanted))
        status = complain(order->device, "not the certificate of a device");
    return status;
}

/* --- Judging --- */

static int read_certificate(struct span whole, const struct curve *curve, struct cvc *out)
{
    struct reader in = reader_of(whole);
    struct reader value = tlv_enter(&in, CVC_CERTIFICATE);
    return cvc_read(&value, curve, out);
}

static enum verdict judge_chain(struct evidence *e, const struct custodian_file *maker)
{
    struct writer chain = WRITER_OF(e->chain_room);
    if (!maker->issuer.at)
        return NO_CHAIN;
    write_span(&chain, maker->device);
    write_span(&chain, maker->issuer);
    int r = device_chain_verify(written(&chain), e->root, cvc_day(wall_clock_ms()), &e->maker);
    return r ? BAD_CHAIN : PROVED;
}

static bool verifies(const struct cvc *by, struct span message, struct span signature)
{
    return cvc_verify(&by->spec, &by->key, message, signature) == 0;
}

/* Whether the key signed its own request. A key that only agrees (X25519, X448) cannot, so its
 * device alone vouches for it. */
static bool is_own(const struct cvc *inner)
{
    if (!key_kind_of(inner->spec.type)->sign)
        return inner->signature.size == 0;
    return verifies(inner, inner->body, inner->signature);
}

/* Verifies the signatures. The device's certificate does not name its curve, which the root does;
 * without a root, all curves that devices have are tried. */
static enum verdict judge_signatures(struct evidence *e, const struct custodian_file *maker)
{
    static const char *const curves[] = { "brainpoolP256r1", "secp256r1" };
    const struct cvc_request *request = &e->request;
    bool by_device = e->root.at && verifies(&e->maker, request->signed_part, request->signature);
    for (size_t i = 0; !e->root.at && !by_device && i < COUNT_OF(curves); i++)
        by_device = !read_certificate(maker->device, curve_by_name(curves[i]), &e->maker) &&
                    verifies(&e->maker, request->signed_part, request->signature);
    return by_device && is_own(&request->inner) ? PROVED : BAD_SIGNATURE;
}

/* The certificates of the device that made the key; NULL: there are none. */
static const struct custodian_file *maker_of(const struct evidence *e)
{
    const struct custodian_file *known[] = { &e->wanted, &e->attested };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (known[i]->device.at && span_equal(cvc_holder(known[i]->device), e->request.car))
            return known[i];
    return NULL;
}

static enum verdict judge(struct evidence *e)
{
    const struct custodian_file *maker = maker_of(e);
    bool other = e->wanted.device.at && maker != &e->wanted;
    if (!maker)
        return other ? UNKNOWN_MAKER : NO_DEVICE;
    enum verdict verdict = e->root.at ? judge_chain(e, maker) : PROVED;
    if (verdict == PROVED)
        verdict = judge_signatures(e, maker);
    return verdict == PROVED && other ? ELSEWHERE : verdict;
}

/* --- Telling --- */

static json_t *text_or_null(struct span text)
{
    return text.at ? text_value(text) : json_null();
}

static json_t *key_of(const struct cvc *key)
{
    const struct curve *curve = key->spec.curve;
    return json_pack("{s:o,s:s,s:i,s:s?}", "name", text_or_null(key->chr), "type",
                     key_kind_of(key->spec.type)->name, "bits", (int)key->spec.bits, "curve",
                     curve ? curve->name : NULL);
}

static json_t *describe(const struct evidence *e, enum verdict verdict)
{
    bool rooted = e->root.at && (verdict == PROVED || verdict == ELSEWHERE);
    return json_pack("{s:b,s:s,s:s?,s:o,s:o,s:o}", "proved", verdict == PROVED, "reason",
                     verdict_texts[verdict], "origin",
                     verdict == PROVED      ? "generated"
                     : verdict == ELSEWHERE ? "imported"
                                            : NULL,
                     "device", text_or_null(e->request.car), "root",
                     rooted ? text_or_null(e->root_read.chr) : json_null(), "key",
                     key_of(&e->request.inner));
}

static const char *string_of(const json_t *object, const char *key)
{
    return value_text(object, key, "-");
}

static void print(const json_t *told, bool rooted)
{
    const json_t *key = json_object_get(told, "key");
    text_print(stdout, "key     %s %d %s, named %s\n", string_of(key, "type"),
               (int)value_number(key, "bits"), string_of(key, "curve"), string_of(key, "name"));
    text_print(stdout, "origin  %s in the device %s\n", string_of(told, "origin"),
               string_of(told, "device"));
    if (rooted)
        text_print(stdout, "device  certified under the root %s\n", string_of(told, "root"));
    else
        text_own(stdout, "device  as its certificate says; no root vouches for it (--root)\n");
}

static int verify(const struct order *order)
{
    struct evidence evidence = { 0 };
    int status = tool_place_prepare();
    if (!status)
        status = read_evidence(order, &evidence);
    if (status)
        return status;
    enum verdict verdict = judge(&evidence);
    json_t *told = describe(&evidence, verdict);
    status = verdict == PROVED ? TOOL_DONE : TOOL_NOT_ATTESTED;
    if (order->as_json)
        return value_print(told) ? TOOL_FAILED : status;
    if (verdict == PROVED)
        print(told, evidence.root.at);
    else
        tool_complain(status, "%s: %s (the request names the device %s)", order->request,
                      verdict_texts[verdict], string_of(told, "device"));
    json_decref(told);
    return status;
}

static int verify_by_request(const struct order *order)
{
    if (!order->request)
        return usage_wrong(order->command, "REQUEST is missing");
    if (!order->root && !order->device)
        return usage_wrong(
            order->command,
            "name what the key is verified by: --root, --device or both; or --log with "
            "--receipt");
    return verify(order);
}

static int verify_by_log(struct order *order)
{
    struct attest_log_order *log = &order->log;
    log->command = order->command;
    log->file = order->request;
    log->as_json = order->as_json;
    bool one = (log->file != NULL) + (log->name != NULL) + (log->place != NULL) == 1;
    if (order->root || order->device)
        return usage_wrong(order->command, "--root and --device are for a request, not for --log");
    if (!one)
        return usage_wrong(order->command, "name one key: KEY, --key or --at");
    if (!log->log || !log->receipt)
        return usage_wrong(order->command,
                           "--log and --receipt are needed together: the log is verified from the "
                           "token's receipt");
    return attest_by_log(log);
}

static int run(struct command_line *command)
{
    struct order *order = command->options;
    const struct attest_log_order *log = &order->log;
    bool by_log = log->log || log->receipt || log->name || log->place;
    order->command = command;
    order->request = command->operand[0];
    return by_log ? verify_by_log(order) : verify_by_request(order);
}

static const struct option_row rows[] = {
    { "root", "FILE",
      "the root that the device must have been certified under: trusting it is up to you",
      INTO_TEXT(struct order, root) },
    { "device", "FILE",
      "the device that must have generated the key: its certificate, or file 2F02 of its token. "
      "Needed where REQUEST brings no certificates",
      INTO_TEXT(struct order, device) },
    { "log", "FILE",
      "a snapshot of the token's log (`log snapshot`), which is verified as `log verify` does",
      INTO_TEXT(struct order, log.log) },
    { "receipt", "FILE",
      "the token's receipt (`log receipt`, `store create`), from which its log is verified",
      INTO_TEXT(struct order, log.receipt) },
    { "key", "NAME", "the key that records name so (`log show`)",
      INTO_TEXT(struct order, log.name) },
    { "at", "CCNN", "the key that is there at the end of the log; also an AES key",
      INTO_TEXT(struct order, log.place) },
    { "json", NULL, "the result as one JSON object", INTO_FLAG(struct order, as_json) },
    OPTIONS_END,
};

static const struct verb verb = {
    .name = "verify",
    .operands = "[REQUEST|KEY]",
    .most = 1,
    .help =
        "tells from files, without a card, whether a device generated a key or got it from outside",
    .size = sizeof(struct order),
    .options = { { rows, 0 } },
    .run = run,
};
const struct family attest_family = {
    "attest", "verify from files that a key was generated in a device",
    "Either from a request, which is signed by the device that generated the key, and by the key "
    "itself if it is of a kind that signs (X25519 and X448 are not): --root or --device, and "
    "REQUEST. REQUEST is what `pka export` writes, with the certificates of the device, or file "
    "CEnn "
    "of the token (`object read`), or - . origin is `generated`, or `imported` where the key of a "
    "token (--device) was generated in another. Cards vouch for no keys that were derived from "
    "others or unwrapped, nor does a request tell where copies of the key are.\n\n"
    "Or from the log of a token, which tells these things: --log and --receipt, and the key. KEY "
    "is a public key "
    "or "
    "certificate (PEM or DER), or a request (file CEnn); --key or --at stand for it. origin is "
    "`generated`, `imported` or `derived`, and from which key; and how often it was exported is "
    "told. Status 0: the key was made in the token, or derived from one that was.",
    &verb, 1
};
