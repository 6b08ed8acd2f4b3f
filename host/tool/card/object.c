/* glasshsm object: certificates and data on a card. */
#include <stdio.h>
#include <string.h>

#include "formats/p15.h"
#include "formats/sw.h"
#include "host/tool/card/card_verb.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/whole_file.h"
#include "host/tool/tool.h"

static const char usage[] =
    "Usage: glasshsm object list [OPTIONS]\n"
    "       glasshsm object read FILE [--out PATH] [OPTIONS]\n"
    "       glasshsm object write FILE PATH [--label TEXT] [OPTIONS]\n"
    "       glasshsm object delete FILE [OPTIONS]\n"
    "\n"
    "FILE is an identifier of four hexadecimal digits, as list shows it:\n"
    "  cdNN  confidential data, readable after login    ceNN  certificate or request of key ccNN\n"
    "  cfNN  public data                                caNN  certificate of an authority\n"
    "list needs no login; read needs one for cdNN; write and delete need one. read writes to\n"
    "standard output unless --out names a file. write replaces, and --label describes data so "
    "that\n"
    "PKCS#11 shows it. delete takes the description along, and for a key ccNN also its "
    "certificate. The card takes up to 131055 bytes a file; through --secure up to 65535.\n"
    "\n" CARD_OPTIONS_USAGE;

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
    tool_complain(TOOL_USAGE, "%s is no file identifier (four hexadecimal digits)", call->words[0]);
    return false;
}

/* --- list --- */

static int add_object(struct card_call *call, uint16_t file, json_t *list)
{
    const struct object_class *class = class_of(file);
    if (!class || !class->listed)
        return 0;
    uint8_t bytes[CLIENT_FILE_MAX + 1];
    struct span description;
    struct p15_description said = { 0 };
    size_t size;
    char name[5];
    int result = client_size(&call->card, file, &size, &call->sw);
    if (!result)
        result = card_read_or_empty(call, file_beside(file, (enum file_kind) class->described_by),
                                    bytes, &description);
    if (result)
        return card_complain(call, result, "reading a description");
    if (!p15_read(class->described_by, description, &said))
        said = (struct p15_description){ 0 };
    snprintf(name, sizeof name, "%04x", file);
    json_t *object = json_pack("{s:s,s:s,s:I,s:o,s:o}", "file", name, "type", class->name, "size",
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
        text_print(stdout, "%-4s  %-17s  %5d  ", json_string_value(json_object_get(object, "file")),
                   json_string_value(json_object_get(object, "type")),
                   (int)json_integer_value(json_object_get(object, "size")));
        terminal_text(stdout, span_of_text(json_string_value(json_object_get(object, "label"))));
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
    const struct object_class *class = class_of(file);
    return class && class->confidential ? NEED_LOGIN : 0;
}

static int read_object(struct card_call *call)
{
    SCOPED_SECRET(bytes, CLIENT_LONG_MAX + 1);
    struct writer content = WRITER_OF(bytes);
    uint16_t file;
    if (!named_file(call, &file))
        return TOOL_USAGE;
    const struct object_class *class = class_of(file);
    int result = client_read(&call->card, file, &content, &call->sw);
    if (result)
        return card_complain(call, result, call->words[0]);
    int kind = class && class->confidential ? DRAFT_SECRET : 0;
    return file_deliver(call->options.file, written(&content), kind);
}

/* --- delete --- */

static int needs_of_delete(const struct card_call *call)
{
    uint16_t ignored;
    return named_file(call, &ignored) ? NEED_LOGIN : -1;
}

static int delete_object(struct card_call *call)
{
    uint16_t file;
    if (!named_file(call, &file))
        return TOOL_USAGE;
    const struct object_class *class = class_of(file);
    int result = client_delete(&call->card, file, &call->sw);
    for (size_t i = 0; class && i < COUNT_OF(class->followers) && !result; i++)
        if (class->followers[i])
            result = card_delete_if_there(call, file_beside(file, class->followers[i]));
    return result ? card_complain(call, result, call->words[0]) : TOOL_DONE;
}

/* --- write --- */

static int needs_of_write(const struct card_call *call)
{
    uint16_t file;
    if (!named_file(call, &file))
        return -1;
    const struct object_class *class = class_of(file);
    bool data = class && class->described_by == P15_DATA;
    if (class && class->writable && (data || !call->options.label))
        return NEED_LOGIN;
    tool_complain(TOOL_USAGE, class && class->writable ? "only data (cd, cf) gets a label here"
                                                       : "write takes files ca, cd, ce and cf");
    return -1;
}

static int describe(struct card_call *call, uint16_t file)
{
    uint8_t bytes[CARD_LABEL_MAX + 64];
    struct writer description = WRITER_OF(bytes);
    p15_write_data(span_of_text(call->options.label), span_of_text("glasshsm"), file, &description);
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
    return call->options.label ? describe(call, file) : TOOL_DONE;
}

static const struct card_verb verbs[] = {
    { .name = "list", .run = list_objects },
    { .name = "read", .run = read_object, .words_min = 1, .words_max = 1, .ask = needs_of_read },
    { .name = "write",
      .run = write_object,
      .silent = true,
      .words_min = 2,
      .words_max = 2,
      .ask = needs_of_write,
      .prepare = prepare_write },
    { .name = "delete",
      .run = delete_object,
      .silent = true,
      .words_min = 1,
      .words_max = 1,
      .ask = needs_of_delete },
};
const struct card_family object_family = { "object", usage, verbs, COUNT_OF(verbs) };

int tool_object(int count, char **arguments)
{
    return card_verb_run(count, arguments, &object_family);
}
