/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm pka login: custodians sign in other readers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "formats/sw.h"
#include "host/tool/card/card_session.h"
#include "host/tool/card/custodian_certificates.h"
#include "host/tool/card/pka.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"

enum {
    /* Bit of the options in the answer to SELECT: login needs PIN and custodians. */
    COMBINED = 0x0010,
    SIGN_EC = 0x73,  /* ECDSA with SHA-256 */
    SIGN_RSA = 0x33, /* PKCS#1 v1.5 with SHA-256 */
};

/* --- Options --- */

const char *custodian_read_reader(const char *value, void *to)
{
    struct custodian_sources *sources = to;
    if (sources->count == CUSTODIANS_AT_ONCE)
        return "at most 8 custodians at once";
    sources->at[sources->count++] =
        (struct custodian_source){ value, { .name = "PIN", .kind = CLIENT_USER_PIN } };
    return NULL;
}

/* The custodian named last; a text with what is wrong, if there is none. */
static const char *last_of(struct custodian_sources *sources, struct custodian_source **out)
{
    *out = sources->count ? &sources->at[sources->count - 1] : NULL;
    return *out ? NULL : "name a --custodian before";
}

/* Stores the value at an offset of the custodian named last. */
static const char *read_into(const char *value, void *to, size_t at)
{
    struct custodian_source *last;
    const char *wrong = last_of(to, &last);
    if (!wrong)
        *(const char **)((char *)last + at) = value;
    return wrong;
}

const char *custodian_read_pin_file(const char *value, void *to)
{
    return read_into(value, to, offsetof(struct custodian_source, pin.file));
}

const char *custodian_read_pin_env(const char *value, void *to)
{
    return read_into(value, to, offsetof(struct custodian_source, pin.variable));
}

const char *custodian_read_root(const char *value, void *to)
{
    return read_into(value, to, offsetof(struct custodian_source, root));
}

const char *custodian_read_serial(const char *value, void *to)
{
    return read_into(value, to, offsetof(struct custodian_source, serial));
}

const struct option_row pka_login_rows[] = {
    CUSTODIAN_ROWS(struct login_options),
    { "custodian-pin-file", "F",
      "the PIN of the custodian named last is the first line of this file",
      INTO(struct login_options, custodians, custodian_read_pin_file), .many = true },
    { "custodian-pin-env", "V", "... or the value of this environment variable; default: a prompt",
      INTO(struct login_options, custodians, custodian_read_pin_env), .many = true },
    OPTIONS_END,
};

static const struct custodian_sources *sources_of(const struct card_call *call)
{
    return &((const struct login_options *)call->options)->custodians;
}

int pka_prepare(void)
{
    return crypto_init() ? tool_complain(TOOL_FAILED, "the cryptographic library does not start")
                         : 0;
}

/* --- A custodian's token --- */

int pka_choose_custodian(const struct card_call *call, const struct custodian_source *from,
                         struct custodian *out)
{
    struct card_call *other = &out->call;
    if (!custodian_reader(from->reader, out->part, &out->key))
        return usage_wrong(call->command, "%s: too long for a reader's name", from->reader);
    other->service = call->service;
    other->command = call->command;
    other->options = &out->options;
    other->options->reader = out->part;
    other->options->secure = call->options->secure;
    other->options->serial = from->serial;
    other->options->root = from->root;
    /* Without a root of its own, the warning of the call itself is enough. */
    other->warned = !from->root;
    int status = card_take_root(other);
    if (!from->root)
        other->root = call->root;
    return status ? status : card_choose(other, call->reader);
}

void pka_drop_custodian(struct custodian *custodian)
{
    reader_disconnect(&custodian->call.card);
    channel_wipe(&custodian->call.channel);
}

/* --- Cards and PINs: chosen and read before any card is taken from others --- */

struct login_cards {
    struct custodian custodian[CUSTODIANS_AT_ONCE];
};

static struct login_cards *cards_of(const struct card_call *call)
{
    return call->own;
}

struct login_pins {
    struct known_pin {
        uint8_t at[CLIENT_PIN_MAX];
        size_t size; /* 0: it was not read */
    } own, custodian[CUSTODIANS_AT_ONCE];
};

static struct login_pins *pins_of(const struct card_call *call)
{
    return (void *)call->secret.at;
}

static struct span pin_span(const struct known_pin *pin)
{
    return span_of(pin->at, pin->size);
}

static int read_pin(const struct pin_source *source, struct known_pin *out)
{
    struct span pin;
    int status = pin_source_read(source, out->at, &pin);
    if (!status)
        out->size = pin.size;
    return status;
}

int pka_login_needs(const struct card_call *call)
{
    if (sources_of(call)->count)
        return 0;
    usage_wrong(call->command, "name each custodian who signs: --custodian READER");
    return -1;
}

static int read_custodian_pin(const struct card_call *call, const struct custodian_source *from,
                              struct known_pin *out)
{
    char name[READER_NAME_SIZE + 16];
    struct pin_source source = from->pin;
    snprintf(name, sizeof name, "PIN of %s", from->reader);
    source.name = name;
    source.command = call->command;
    return read_pin(&source, out);
}

/* Reads the token's own PIN if it was given, or if the token needs both. */
static int read_own_pin(struct card_call *call, struct known_pin *out)
{
    const struct pin_source *source = &call->options->pin;
    bool wanted = source->file || source->variable || call->version.options & COMBINED;
    return wanted ? read_pin(source, out) : 0;
}

static int meet_custodian(struct card_call *call, int number)
{
    struct custodian *custodian = &cards_of(call)->custodian[number];
    int status = pka_choose_custodian(call, &sources_of(call)->at[number], custodian);
    return status ? status : card_meet(&custodian->call);
}

static int get_memory(struct card_call *call)
{
    int status = pka_prepare();
    call->own = calloc(1, sizeof(struct login_cards));
    if (!status && (!call->own || secret_init(&call->secret, sizeof(struct login_pins))))
        status = tool_complain(TOOL_FAILED, "no memory for secrets");
    return status;
}

int pka_login_prepare(struct card_call *call)
{
    int status = get_memory(call);
    for (int i = 0; i < sources_of(call)->count && !status; i++)
        status = meet_custodian(call, i);
    if (status)
        return status;
    struct login_pins *pins = pins_of(call);
    status = read_own_pin(call, &pins->own);
    for (int i = 0; i < sources_of(call)->count && !status; i++)
        status = read_custodian_pin(call, &sources_of(call)->at[i], &pins->custodian[i]);
    return status;
}

void pka_login_finish(struct card_call *call)
{
    struct login_cards *cards = cards_of(call);
    for (int i = 0; cards && i < CUSTODIANS_AT_ONCE; i++)
        pka_drop_custodian(&cards->custodian[i]);
}

/* --- Signing --- */

/* Reads the names of the custodians who have not signed yet. */
static int read_names(struct card_call *call, struct custodian_names *out)
{
    struct client_custody custody;
    int status = pka_custody(call, &custody);
    for (unsigned place = 0; !status && place < custody.total; place++) {
        struct custodian_name *name = &out->name[out->count];
        struct writer bytes = WRITER_OF(name->at);
        int result = client_custodian(&call->card, (uint8_t)place, &bytes, &call->sw);
        name->size = bytes.size;
        if (!result && call->sw != STATUS_AUTHENTICATED)
            out->count++;
        if (result && !(result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND))
            status = card_complain(call, result, "asking for a custodian");
    }
    return status;
}

/* Writes the message that a custodian signs: the token's name, and a challenge from the token. */
static int write_message(struct card_call *call, struct span custodian, struct writer *out)
{
    uint8_t bytes[CLIENT_FILE_MAX + 1];
    struct span certificates;
    int result = card_read_or_empty(call, FILE_DEVICE_CERTIFICATES, bytes, &certificates);
    write_span(out, cvc_holder(certificates));
    if (!result)
        result = client_choose_custodian(&call->card, custodian, &call->sw);
    if (!result)
        result = client_challenge(&call->card, out, &call->sw);
    return result ? card_complain(call, result, "asking for a challenge") : 0;
}

static int sign(struct custodian *custodian, uint8_t key, const struct key_spec *spec,
                struct span message, struct writer *out)
{
    uint8_t bytes[CLIENT_SIGNATURE_MAX];
    struct writer signature = WRITER_OF(bytes);
    struct card_call *call = &custodian->call;
    bool rsa = spec->type == KEY_RSA;
    int result =
        client_sign(&call->card, key, rsa ? SIGN_RSA : SIGN_EC, message, &signature, &call->sw);
    if (result)
        return card_complain(call, result, "signing");
    if (rsa)
        write_span(out, written(&signature));
    else if (ecdsa_plain(written(&signature), curve_field_size(spec->curve), out))
        return tool_complain(TOOL_FAILED, "%s: that is no signature", call->reader);
    return 0;
}

static int let_sign(struct card_call *call, struct custodian *custodian, struct span pin)
{
    uint8_t message_bytes[CLIENT_NAME_MAX + CLIENT_CHALLENGE],
        signature_bytes[CLIENT_SIGNATURE_MAX];
    struct writer message = WRITER_OF(message_bytes), signature = WRITER_OF(signature_bytes);
    struct custodian_names names = { 0 };
    struct custodian_certificates papers = { 0 };
    uint8_t key = 0;
    int result = client_verify(&custodian->call.card, pin, &custodian->call.sw);
    if (result)
        return card_complain_of_pin(&custodian->call, CLIENT_USER_PIN, result,
                                    custodian->call.reader);
    int status = read_names(call, &names);
    if (!status)
        status = custodian_find_key(&custodian->call, custodian->key, &names, &papers, &key);
    const struct cvc *request = &papers.request.inner;
    if (!status)
        status = write_message(call, request->chr, &message);
    if (!status)
        status = sign(custodian, key, &request->spec, written(&message), &signature);
    if (status)
        return status;
    result = client_authenticate(&call->card, written(&signature), &call->sw);
    if (result)
        return card_complain(call, result, "a custodian's signature");
    text_print(stderr, "glasshsm: %.*s has signed\n", (int)request->chr.size,
               (const char *)request->chr.at);
    return 0;
}

static int call_custodian(struct card_call *call, int number)
{
    struct custodian *custodian = &cards_of(call)->custodian[number];
    int status = card_open(&custodian->call);
    if (!status)
        status = let_sign(call, custodian, pin_span(&pins_of(call)->custodian[number]));
    return card_close(&custodian->call, status);
}

/* Complains if fewer custodians have signed than the token needs. */
static int check_enough(struct card_call *call)
{
    struct client_custody custody;
    int status = pka_custody(call, &custody);
    if (!status && custody.authenticated < custody.required)
        status = tool_complain(TOOL_NOT_ALLOWED, "custodians who have signed: %u; needed: %u",
                               custody.authenticated, custody.required);
    return status;
}

int pka_login(struct card_call *call)
{
    const struct known_pin *own = &pins_of(call)->own;
    int status = 0;
    for (int i = 0; i < sources_of(call)->count && !status; i++)
        status = call_custodian(call, i);
    if (!status)
        status = check_enough(call);
    int result = !status && own->size ? client_verify(&call->card, pin_span(own), &call->sw) : 0;
    if (result)
        return card_complain_of_pin(call, CLIENT_USER_PIN, result, "login");
    return status ? status : card_run_actions(call);
}
