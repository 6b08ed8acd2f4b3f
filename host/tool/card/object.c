/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm object: certificates and data on a card. */
#include <stdio.h>
#include <string.h>

#include "formats/p15.h"
#include "formats/sw.h"
#include "host/tool/card/key_delete.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/whole_file.h"
#include "host/tool/tool.h"

static const struct object_class {
    enum file_kind kind;
    const char *name;
    enum p15_class described_by;
    enum file_kind followers[2]; /* files of the same number that are deleted with it; 0: none */
    bool listed, writable, confidential;
} classes[] = {
    { FILE_KEY, "key", P15_KEY, { FILE_KEY_DESCRIPTION, FILE_CERTIFICATE }, .listed = false },
    { FILE_CA_CERTIFICATE,
      "CA certificate",
      P15_CERTIFICATE,
      { FILE_CERTIFICATE_DESCRIPTION },
      .listed = true,
      .writable = true },
    { FILE_CONFIDENTIAL_DATA,
      "confidential data",
      P15_DATA,
      { FILE_DATA_DESCRIPTION },
      .listed = true,
      .writable = true,
      .confidential = true },
    { FILE_CERTIFICATE, "cert or request", P15_KEY, { 0 }, .listed = true, .writable = true },
    { FILE_PUBLIC_DATA,
      "data",
      P15_DATA,
      { FILE_DATA_DESCRIPTION },
      .listed = true,
      .writable = true },
};

static const struct object_class *class_of(uint16_t file)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (file_is(file, classes[i].kind))
            return &classes[i];
    return NULL;
}

/* Reads the file identifier that the call names; false after a complaint. */
static bool named_file(const struct card_call *call, uint16_t *out)
{
    if (card_file_of(call->words[0], out))
        return true;
    usage_wrong(call->command, "%s is no file identifier (four hexadecimal digits)",
                call->words[0]);
    return false;
}

/* --- list --- */

static int add_object(struct card_call *call, uint16_t file, json_t *list)
{
    const struct object_class *group = class_of(file);
    if (!group || !group->listed)
        return 0;
    uint8_t bytes[CLIENT_FILE_MAX + 1];
    struct span description;
    struct p15_description said = { 0 };
    size_t size;
    char name[5];
    int result = client_size(&call->card, file, &size, &call->sw);
    if (!result)
        result = card_read_or_empty(call, file_beside(file, (enum file_kind)group->described_by),
                                    bytes, &description);
    if (result)
        return card_complain(call, result, "reading a description");
    if (!p15_read(group->described_by, description, &said))
        said = (struct p15_description){ 0 };
    snprintf(name, sizeof name, "%04x", file);
    json_t *object = json_pack("{s:s,s:s,s:I,s:o,s:o}", "file", name, "type", group->name, "size",
                               (json_int_t)size, "label", text_value(said.label), "application",
                               text_value(said.application));
    return json_array_append_new(list, object) ? TOOL_FAILED : 0;
}

static void print_objects(const json_t *list)
{
    size_t index;
    const json_t *object;
    text_print(stdout, "%-4s  %-17s  %5s  %s\n", "file", "type", "bytes", "label");
    json_array_foreach(list, index, object)
    {
        text_print(stdout, "%-4s  %-17s  %5d  ", value_text(object, "file", "?"),
                   value_text(object, "type", "?"), (int)value_number(object, "size"));
        terminal_text(stdout, value_span(json_object_get(object, "label")));
        text_own(stdout, "\n");
    }
}

static int list_objects(struct card_call *call)
{
    return card_list(call, add_object, print_objects);
}

/* --- read --- */

static int needs_of_read(const struct card_call *call)
{
    uint16_t file;
    if (!named_file(call, &file))
        return -1;
    const struct object_class *group = class_of(file);
    return group && group->confidential ? NEED_LOGIN : 0;
}

static int read_object(struct card_call *call)
{
    SCOPED_SECRET(bytes, CLIENT_LONG_MAX + 1);
    struct writer content = WRITER_OF(bytes);
    uint16_t file;
    if (!named_file(call, &file))
        return TOOL_USAGE;
    const struct object_class *group = class_of(file);
    int result = client_read(&call->card, file, &content, &call->sw);
    if (result)
        return card_complain(call, result, call->words[0]);
    int kind = group && group->confidential ? DRAFT_SECRET : 0;
    return file_deliver(card_out(call), written(&content), kind);
}

/* --- delete --- */

static int needs_of_delete(const struct card_call *call)
{
    uint16_t file;
    if (!named_file(call, &file))
        return -1;
    return file_is(file, FILE_KEY) ? key_delete_ask(call) : NEED_LOGIN;
}

/* The number of the key that the call names; false: it names another file, of which nothing is
 * asked. */
static bool names_key(const struct card_call *call, uint8_t *out)
{
    uint16_t file;
    if (!card_file_of(call->words[0], &file) || !file_is(file, FILE_KEY))
        return false;
    *out = (uint8_t)file;
    return true;
}

static int look_at_key(struct card_call *call)
{
    uint8_t number;
    return names_key(call, &number) ? key_delete_look(call, number) : 0;
}

static int prepare_delete(struct card_call *call)
{
    uint8_t number;
    return names_key(call, &number) ? key_delete_prepare(call, number) : 0;
}

static int delete_object(struct card_call *call)
{
    uint16_t file;
    uint8_t key;
    if (names_key(call, &key))
        return card_delete_key(call, key);
    if (!named_file(call, &file))
        return TOOL_USAGE;
    const struct object_class *group = class_of(file);
    int result = client_delete(&call->card, file, &call->sw);
    for (size_t i = 0; group && i < COUNT_OF(group->followers) && !result; i++)
        if (group->followers[i])
            result = card_delete_if_there(call, file_beside(file, group->followers[i]));
    return result ? card_complain(call, result, call->words[0]) : TOOL_DONE;
}

/* --- write --- */

struct write_options {
    struct card_options common;
    const char *label; /* NULL: none */
};

static const char *label_of(const struct card_call *call)
{
    return ((const struct write_options *)call->options)->label;
}

static int needs_of_write(const struct card_call *call)
{
    uint16_t file;
    if (!named_file(call, &file))
        return -1;
    const struct object_class *group = class_of(file);
    bool data = group && group->described_by == P15_DATA;
    if (group && group->writable && (data || !label_of(call)))
        return NEED_LOGIN;
    usage_wrong(call->command, group && group->writable ? "only data (cd, cf) gets a label here"
                                                        : "write takes files ca, cd, ce and cf");
    return -1;
}

static int describe(struct card_call *call, uint16_t file)
{
    uint8_t bytes[CARD_LABEL_MAX + 64];
    struct writer description = WRITER_OF(bytes);
    p15_write_data(span_of_text(label_of(call)), span_of_text("glasshsm"), file, &description);
    int result = client_write(&call->card, file_beside(file, FILE_DATA_DESCRIPTION),
                              written(&description), &call->sw);
    return result ? card_complain(call, result, "describing the object") : TOOL_DONE;
}

static int prepare_write(struct card_call *call)
{
    return card_take_file(call, call->words[1], CLIENT_LONG_MAX);
}

static int write_object(struct card_call *call)
{
    uint16_t file;
    if (!named_file(call, &file))
        return TOOL_USAGE;
    int result = card_replace(call, file, call->content);
    if (result)
        return card_complain(call, result, call->words[0]);
    return label_of(call) ? describe(call, file) : TOOL_DONE;
}

static const struct option_row write_rows[] = {
    { "label", "TEXT", "describe data (cdNN, cfNN), so that PKCS#11 programs show it",
      INTO(struct write_options, label, card_read_label) },
    OPTIONS_END,
};

static const struct verb verbs[] = {
    { .name = "list",
      .help = "lists the objects on a token, without login",
      .size = sizeof(struct card_options),
      .options = { CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = list_objects } },
    { .name = "read",
      .operands = "FILE",
      .least = 1,
      .most = 1,
      .help = "reads the content of FILE; cdNN needs a login",
      .size = sizeof(struct card_out_options),
      .options = { CARD_OUT, CARD_PIN, CARD_READER },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = read_object, .ask = needs_of_read } },
    { .name = "write",
      .operands = "FILE PATH",
      .least = 2,
      .most = 2,
      .help = "writes or replaces FILE with the content of PATH",
      .size = sizeof(struct write_options),
      .options = { { write_rows, 0 }, CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = write_object,
                                         .silent = true,
                                         .ask = needs_of_write,
                                         .prepare = prepare_write } },
    { .name = "delete",
      .operands = "FILE",
      .least = 1,
      .most = 1,
      .help = "deletes FILE and its description, and of a key ccNN also its certificate",
      .size = sizeof(struct key_delete_options),
      .options = { { key_delete_rows, 0 }, CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = delete_object,
                                         .silent = true,
                                         .ask = needs_of_delete,
                                         .look = look_at_key,
                                         .prepare = prepare_delete } },
};
const struct family object_family = {
    "object", "list, read, write and delete certificates and data on a token",
    "FILE is an identifier of four hexadecimal digits, as list shows it:\n"
    "  cdNN  confidential data, readable after login\n"
    "  ceNN  certificate or request of key ccNN\n"
    "  cfNN  public data\n"
    "  caNN  certificate of an authority\n"
    "The card takes up to 131055 bytes a file; through --secure up to 65535.",
    verbs, COUNT_OF(verbs)
};
