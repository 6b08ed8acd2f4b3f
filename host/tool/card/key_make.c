/* SPDX-License-Identifier: Apache-2.0 */
/* Generates keys with options that stock hosts cannot ask for, such as a key domain. */
#include "host/tool/card/key_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "formats/cvc.h"
#include "formats/p15.h"
#include "formats/sw.h"
#include "host/tool/card/domain_show.h"
#include "host/tool/card/key_wrapping.h"
#include "host/tool/cli/complain.h"

enum { KEY_SEQUENCE = 90000 };

const struct option_row key_make_rows[] = {
    { "domain", "N", "put the key into this key domain, under whose secret it can leave the token",
      INTO_NUMBER(struct key_make_options, domain, 0, UINT8_MAX, -1) },
    { "derive", NULL, "make an EC key from which others can be derived",
      INTO_FLAG(struct key_make_options, derive) },
    { "label", "TEXT", "its name for people",
      INTO(struct key_make_options, label, card_read_label) },
    { "yes", NULL, "replace a key that is there", INTO_FLAG(struct key_make_options, yes) },
    OPTIONS_END,
};

static const struct key_make_options *options_of(const struct card_call *call)
{
    return (const void *)call->options;
}

void key_make_name(struct span device, uint8_t number, struct writer *out)
{
    char digits[12];
    snprintf(digits, sizeof digits, "%05d", KEY_SEQUENCE + number);
    write_span(out, cvc_serial(device));
    write_text(out, digits);
}

static bool rsa_of(const char *word, struct key_spec *out)
{
    char *end;
    if (strncmp(word, "rsa:", 4) != 0)
        return false;
    unsigned long bits = strtoul(word + 4, &end, 10);
    *out = (struct key_spec){ .type = KEY_RSA, .bits = (uint16_t)bits, .exponent = 65537 };
    return !*end && bits >= 1024 && bits <= RSA_BITS_MAX;
}

static bool curve_of(const char *word, struct key_spec *out)
{
    const struct curve *curve = curve_by_name(word);
    if (curve)
        *out = key_spec_on(curve);
    return curve;
}

static bool type_of(const char *word, struct key_spec *out)
{
    return rsa_of(word, out) || curve_of(word, out);
}

int key_make_needs(const struct card_call *call)
{
    struct key_spec spec;
    bool known = type_of(call->words[0], &spec);
    if (known && options_of(call)->derive && spec.type != KEY_EC) {
        usage_wrong(call->command, "%s: no others are derived from keys of this type",
                    call->words[0]);
        return -1;
    }
    if (known)
        return key_needs(call);
    usage_wrong(call->command, "%s: no type: rsa:BITS, or a curve as in docs/COMMANDS.md",
                call->words[0]);
    return -1;
}

static int describe(struct card_call *call, uint8_t number, const struct key_spec *spec)
{
    uint8_t bytes[CARD_LABEL_MAX + 64];
    struct writer description = WRITER_OF(bytes);
    const char *label = options_of(call)->label ? options_of(call)->label : "";
    /* PKCS#15 knows no Edwards and Montgomery curves; OpenSC lists such a key as EC. */
    const struct p15_description said = {
        .type = spec->type == KEY_RSA ? P15_RSA : P15_EC,
        .label = span_of_text(label),
        .id = span_of(&number, 1),
        .bits = spec->bits,
    };
    p15_write_key(&said, &description);
    int result = card_replace(call, FILE_KEY_DESCRIPTION | number, written(&description));
    return result ? card_complain(call, result, "describing the key") : 0;
}

static int generate(struct card_call *call, uint8_t number, const struct key_spec *spec)
{
    uint8_t certificates[CLIENT_FILE_MAX + 1], bytes[CLIENT_NAME_MAX];
    struct writer name = WRITER_OF(bytes);
    struct span chain;
    int result = card_read_or_empty(call, FILE_DEVICE_CERTIFICATES, certificates, &chain);
    key_make_name(cvc_holder(chain), number, &name);
    /* What an EC key does without a list, and EC key derivation (98), which wants to be listed. */
    static const uint8_t deriving[] = { 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x80, 0x98 };
    const struct client_new_key wished = {
        .spec = *spec,
        .name = written(&name),
        .domain = options_of(call)->domain,
        .algorithms = span_of(deriving, options_of(call)->derive ? sizeof deriving : 0)
    };
    if (!result)
        result = client_generate(&call->card, number, &wished, &call->sw);
    if (result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND && wished.domain >= 0)
        return tool_complain(TOOL_NOT_THERE, "generating the key: there is no key domain %d",
                             wished.domain);
    if (result == CLIENT_REFUSED && call->sw == STATUS_NOT_ALLOWED)
        return tool_complain(TOOL_NOT_ALLOWED,
                             "generating the key: shares of its domain are missing, and it could "
                             "never leave: `glasshsm dkek import` first");
    return result ? domain_complain(call, result, "generating the key") : 0;
}

/* Whoever makes a key learns now, and not on the day of the backup, that there will be none. */
static void warn_if_kept(struct card_call *call)
{
    struct client_domain ignored;
    uint16_t refusal = 0;
    if (client_domain(&call->card, 0, &ignored, &refusal) == CLIENT_REFUSED &&
        refusal == STATUS_UNKNOWN_INS)
        tool_complain(0,
                      "this key never leaves the token, which was initialised without "
                      "--dkek-shares and --key-domains");
}

int key_make(struct card_call *call)
{
    struct key_spec spec;
    uint8_t number;
    if (crypto_init() || !type_of(call->words[0], &spec) || !key_named(call, &number))
        return TOOL_USAGE;
    int status = key_check_free(call, number, options_of(call)->yes);
    if (!status)
        status = generate(call, number, &spec);
    if (!status)
        status = describe(call, number, &spec);
    if (!status)
        warn_if_kept(call);
    return status;
}
