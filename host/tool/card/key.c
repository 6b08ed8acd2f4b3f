/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm key: the keys on a card. Wrapping and unwrapping: key_wrapping.c; generating:
 * key_make.c. */
#include <stdio.h>

#include "base/failure.h"
#include "base/tlv.h"
#include "formats/cvc.h"
#include "formats/p15.h"
#include "host/tool/card/key_delete.h"
#include "host/tool/card/key_make.h"
#include "host/tool/card/key_wrapping.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/tool.h"

static const char *const type_names[] = {
    [P15_RSA] = "RSA", [P15_EC] = "EC", [P15_SECRET] = "secret"
};

/* The curve in the certificate request beside an EC key, because hosts leave the size out of
 * descriptions. NULL: no request, or a curve that we do not know. */
static const struct curve *curve_in_request(struct span file)
{
    struct reader in = reader_of(file);
    bool authenticated = tlv_is_next(&in, CVC_AUTHENTICATED_REQUEST);
    struct reader outer = authenticated ? tlv_enter(&in, CVC_AUTHENTICATED_REQUEST) : in;
    struct reader request = tlv_enter(&outer, CVC_CERTIFICATE);
    struct reader body = tlv_enter(&request, CVC_BODY);
    struct span key = { 0 };
    struct key_spec spec = { 0 };
    if (!tlv_find(&body, CVC_PUBLIC_KEY, &key))
        return NULL;
    struct reader parts = reader_of(key);
    return cvc_read_key_template(&parts, &spec) == 0 ? spec.curve : NULL;
}

static json_t *key_object(uint8_t number, const struct p15_description *said, bool described,
                          const struct curve *curve)
{
    uint32_t bits = said->bits ? said->bits : curve ? curve->bits : 0;
    char file[5], id[2 * 32 + 1] = "";
    struct writer hex = writer_of(id, sizeof id - 1);
    write_hex(&hex, said->id);
    snprintf(file, sizeof file, "%04x", FILE_KEY | number);
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o}", "file", file, "id", id, "type",
                     described ? type_names[said->type] : "undescribed", "bits",
                     bits ? json_integer((json_int_t)bits) : json_null(), "curve",
                     curve ? json_string(curve->name) : json_null(), "label",
                     text_value(said->label));
}

static int add_key(struct card_call *call, uint8_t id, json_t *list)
{
    uint8_t described[CLIENT_FILE_MAX + 1], requested[CLIENT_FILE_MAX + 1];
    struct span description, request;
    struct p15_description said = { 0 };
    int result = card_read_or_empty(call, FILE_KEY_DESCRIPTION | id, described, &description);
    if (!result)
        result = card_read_or_empty(call, FILE_CERTIFICATE | id, requested, &request);
    if (result)
        return card_complain(call, result, "reading a description");
    bool known = p15_read(P15_KEY, description, &said);
    const struct curve *curve = !known || said.type == P15_EC ? curve_in_request(request) : NULL;
    return json_array_append_new(list, key_object(id, &said, known, curve)) ? TOOL_FAILED : 0;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = value_text(object, key, "");
    return *text ? text : "-";
}

static void print_keys(const json_t *list)
{
    size_t index;
    const json_t *key;
    text_print(stdout, "%-4s  %-8s  %-11s  %5s  %-16s  %s\n", "file", "id", "type", "bits", "curve",
               "label");
    json_array_foreach(list, index, key)
    {
        char bits[12] = "-";
        if (json_is_integer(json_object_get(key, "bits")))
            snprintf(bits, sizeof bits, "%d", (int)value_number(key, "bits"));
        text_print(stdout, "%-4s  %-8s  %-11s  %5s  %-16s  ", text_of(key, "file"),
                   text_of(key, "id"), text_of(key, "type"), bits, text_of(key, "curve"));
        terminal_text(stdout, span_of_text(text_of(key, "label")));
        text_own(stdout, "\n");
    }
}

static int add_if_key(struct card_call *call, uint16_t file, json_t *list)
{
    bool is_key = file_is(file, FILE_KEY) && file != FILE_DEVICE_KEY;
    return is_key ? add_key(call, (uint8_t)file, list) : 0;
}

static int list_keys(struct card_call *call)
{
    if (crypto_init()) /* OpenSSL provides the curves */
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    return card_list(call, add_if_key, print_keys);
}

static const struct option_row unwrap_rows[] = {
    { "yes", NULL, "replace a key that is there", INTO_FLAG(struct unwrap_options, yes) },
    OPTIONS_END,
};

static const struct verb verbs[] = {
    { .name = "list",
      .help = "lists the keys on a token, without login. Type and label are what the program that "
              "made a key wrote about it; the card itself does not tell them",
      .size = sizeof(struct card_options),
      .options = { CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = list_keys } },
    { .name = "generate",
      .operands = "TYPE KEY",
      .least = 2,
      .most = 2,
      .help = "makes a key pair. TYPE is rsa:BITS or the name of a curve, such as P-256, "
              "brainpoolP256r1 or Ed25519",
      .size = sizeof(struct key_make_options),
      .options = { { key_make_rows, 0 }, CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = key_make, .silent = true, .ask = key_make_needs } },
    { .name = "wrap",
      .operands = "KEY",
      .least = 1,
      .most = 1,
      .help = "writes a copy of the key, encrypted under the secret of its key domain (DKEK), with "
              "description and certificate; sc-hsm-tool reads it, too. A file that is there is not "
              "overwritten",
      .size = sizeof(struct card_out_options),
      .options = { CARD_OUT, CARD_PIN, CARD_READER },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = key_wrap,
                                         .ask = key_needs,
                                         .prepare = key_prepare_wrap } },
    { .name = "unwrap",
      .operands = "FILE KEY",
      .least = 2,
      .most = 2,
      .help = "puts the key in such a FILE on the token, as KEY",
      .size = sizeof(struct unwrap_options),
      .options = { { unwrap_rows, 0 }, CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = key_unwrap,
                                         .silent = true,
                                         .ask = key_needs,
                                         .prepare = key_prepare_unwrap } },
    { .name = "delete",
      .operands = "KEY",
      .least = 1,
      .most = 1,
      .help = "deletes the key, its description and its certificate, for ever",
      .size = sizeof(struct key_delete_options),
      .options = { { key_delete_rows, 0 }, CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = key_delete_run,
                                         .silent = true,
                                         .ask = key_delete_verb_ask,
                                         .look = key_delete_verb_look,
                                         .prepare = key_delete_verb_prepare } },
};
const struct family key_family = {
    "key", "list the keys on a token; generate, wrap, unwrap and delete one",
    "KEY is ccNN, as list shows it, or NN.", verbs, COUNT_OF(verbs)
};
