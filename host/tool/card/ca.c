/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm ca: makes roots that certify tokens, and sets which foreign roots a token trusts. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/text.h"
#include "card-os/device.h"
#include "card-os/roots.h"
#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/whole_file.h"
#include "host/tool/store/store.h"
#include "host/tool/tool.h"
#include "storage/authority_files.h"

struct order {
    const struct command_line *command;
    struct tool_place place;
    struct admin_place running;
    const char *out;
    bool as_json;
    const char *operand; /* NULL: none */
};

static const struct order *order_of(struct command_line *command)
{
    struct order *order = command->options;
    order->command = command;
    order->operand = command->operand[0];
    return order;
}

/* --- create --- */

static int create(struct command_line *command)
{
    const struct order *order = order_of(command);
    SCOPED(authority_files_deinit) struct authority_files files = { 0 };
    const char *folder = order->operand;
    int status = tool_place_prepare();
    if (!status)
        status = tool_authority_make(folder);
    if (status)
        return status;
    int r = authority_files_read(folder, &files);
    struct span name = cvc_holder(files.root);
    if (r)
        status = tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    else if (order->as_json)
        status = value_print(json_pack("{s:o,s:o}", "root", text_value(name), "folder",
                                       text_value(span_of_text(folder))));
    else
        text_print(stdout,
                   "created %s, the root %.*s with an issuer\n"
                   "keep %s/root.key elsewhere: whoever has it can make more issuers\n"
                   "next: glasshsm store create --ca %s TOKEN\n",
                   folder, (int)name.size, (const char *)name.at, folder, folder);
    return status;
}

/* --- A token's roots, running or at rest --- */

/* {"own":Base64 or null, "trusted":[Base64]}; NULL after a complaint. */
static json_t *ask_daemon(const struct order *order, json_t *request)
{
    return admin_question(&order->running, request);
}

static json_t *base64_of(struct span bytes)
{
    uint8_t text[BASE64_SIZE(DEVICE_CHAIN_MAX)];
    struct writer out = WRITER_OF(text);
    write_base64(&out, bytes);
    return json_stringn((const char *)text, out.size);
}

static void add_root(void *context, struct span certificate)
{
    json_array_append_new(context, base64_of(certificate));
}

static int complain(int r)
{
    if (r == ROOTS_UNKNOWN)
        return tool_complain(TOOL_NOT_THERE, "%s", roots_text(r));
    return r > 0 ? tool_complain(TOOL_FAILED, "%s", roots_text(r)) : store_order_failed(r);
}

static json_t *roots_at_rest(const struct order *order)
{
    SCOPED(store_close) struct store *store = NULL;
    struct tool_place place = order->place;
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer own = WRITER_OF(bytes);
    place.look_only = true;
    if (tool_place_open(&place, &store))
        return NULL;
    json_t *trusted = json_array();
    int r = roots_own(store, &own);
    if (!r || r == STORE_ABSENT)
        r = roots_each(store, add_root, trusted);
    if (!r)
        return json_pack("{s:o,s:o}", "own", own.size ? base64_of(written(&own)) : json_null(),
                         "trusted", trusted);
    json_decref(trusted);
    complain(r);
    return NULL;
}

static json_t *roots_of(const struct order *order)
{
    return order->place.folder ? roots_at_rest(order)
                               : ask_daemon(order, json_pack("{s:s}", "request", "roots"));
}

static bool certificate_of(const json_t *value, struct writer *out)
{
    return json_is_string(value) && base64_decode(value_span(value), out);
}

/* --- export --- */

static int export_folder(const struct order *order)
{
    char path[512];
    uint8_t bytes[AUTHORITY_FILE_MAX];
    struct writer root = WRITER_OF(bytes);
    if (snprintf(path, sizeof path, "%s/root.cvc", order->operand) >= (int)sizeof path)
        return usage_wrong(order->command, "the folder's name is too long");
    int status = file_take(path, &root);
    return status ? status : file_deliver(order->out, written(&root), 0);
}

static int export_root(struct command_line *command)
{
    const struct order *order = order_of(command);
    if (order->operand)
        return export_folder(order);
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer root = WRITER_OF(bytes);
    json_t *roots = roots_of(order);
    int status = TOOL_FAILED;
    if (roots && certificate_of(json_object_get(roots, "own"), &root))
        status = file_deliver(order->out, written(&root), 0);
    else if (roots)
        status = tool_complain(TOOL_NOT_THERE, "the token was made without a root");
    json_decref(roots);
    return status;
}

/* --- trust, distrust --- */

static int say(const struct order *order, const char *key, struct span name)
{
    if (order->as_json)
        return value_print(json_pack("{s:o}", key, text_value(name)));
    text_print(stdout, "%s %.*s\n", key, (int)name.size, (const char *)name.at);
    return TOOL_DONE;
}

/* A change of the roots of a store at rest; what: a certificate to trust, or a name to distrust. */
typedef int change_roots(const struct env *env, struct span what, uint32_t uid);

static int change_at_rest(const struct order *order, change_roots *change, struct span what)
{
    SCOPED(store_close) struct store *store = NULL;
    int status = tool_place_open(&order->place, &store);
    if (status)
        return status;
    const struct env env = tool_place_env(store);
    int r = change(&env, what, (uint32_t)getuid());
    return r ? complain(r) : 0;
}

/* Has a daemon change the roots of its token; the daemon's error says what is wrong. */
static int change_running(const struct order *order, json_t *request)
{
    json_t *answer = ask_daemon(order, request);
    json_decref(answer);
    return answer ? 0 : TOOL_FAILED;
}

static int trust(struct command_line *command)
{
    const struct order *order = order_of(command);
    uint8_t bytes[AUTHORITY_CERTIFICATE_MAX];
    struct writer certificate = WRITER_OF(bytes);
    int status = file_take(order->operand, &certificate);
    if (status)
        return status;
    struct span root = written(&certificate);
    status = order->place.folder ? change_at_rest(order, roots_add, root)
                                 : change_running(order, json_pack("{s:s,s:o}", "request", "trust",
                                                                   "certificate", base64_of(root)));
    return status ? status : say(order, "trusted", cvc_holder(root));
}

static int distrust(struct command_line *command)
{
    const struct order *order = order_of(command);
    struct span name = span_of_text(order->operand);
    int status = order->place.folder
                     ? change_at_rest(order, roots_remove, name)
                     : change_running(order, json_pack("{s:s,s:s}", "request", "distrust", "name",
                                                       order->operand));
    return status ? status : say(order, "removed", name);
}

/* --- list --- */

static json_t *described(const json_t *value, const char *origin)
{
    uint8_t bytes[DEVICE_CHAIN_MAX];
    struct writer root = WRITER_OF(bytes);
    struct cvc cvc;
    if (!certificate_of(value, &root) || authority_read_root(written(&root), &cvc))
        return NULL;
    return json_pack("{s:o,s:s,s:I,s:I}", "name", text_value(cvc.chr), "origin", origin, "from",
                     (json_int_t)cvc.dates.effective, "to", (json_int_t)cvc.dates.expiration);
}

static void print_row(const json_t *row)
{
    text_print(stdout, "%-16s  %-7s  %06d to %06d\n", value_text(row, "name", "?"),
               value_text(row, "origin", "?"), (int)value_number(row, "from"),
               (int)value_number(row, "to"));
}

static int list(struct command_line *command)
{
    const struct order *order = order_of(command);
    json_t *roots = tool_place_prepare() ? NULL : roots_of(order);
    if (!roots)
        return TOOL_FAILED;
    json_t *rows = json_array();
    size_t index;
    json_t *value;
    json_array_append_new(rows, described(json_object_get(roots, "own"), "own"));
    json_array_foreach(json_object_get(roots, "trusted"), index, value)
        json_array_append_new(rows, described(value, "foreign"));
    json_decref(roots);
    if (order->as_json)
        return value_print(rows);
    json_array_foreach(rows, index, value) print_row(value);
    json_decref(rows);
    return TOOL_DONE;
}

/* --- The verbs --- */

static const struct option_row json_rows[] = {
    { "json", NULL, "print JSON", INTO_FLAG(struct order, as_json) },
    OPTIONS_END,
};

static const struct option_row out_rows[] = {
    { "out", "FILE", "write to this file instead of standard output",
      INTO_TEXT(struct order, out) },
    OPTIONS_END,
};

static const struct option_row token_rows[] = {
    { "socket", "PATH", "the running token with this admin socket; default $GLASSHSM_SOCKET",
      INTO_TEXT(struct order, running.socket) },
    { "token", "NAME", "... or the one of this name", INTO_TEXT(struct order, running.name) },
    { "store", "DIR", "the token that lies there, which is not running; and what opens it:",
      INTO_TEXT(struct order, place.folder) },
    OPTIONS_END,
};

#define JSON   OPTION_GROUP(json_rows, 0)
#define TOKEN  OPTION_GROUP(token_rows, 0)
#define UNLOCK OPTION_GROUP(unlock_rows, offsetof(struct order, place))

static const struct verb verbs[] = {
    { .name = "create",
      .operands = "DIR",
      .least = 1,
      .most = 1,
      .help = "makes a root, and an issuer under it that certifies new tokens (store create --ca "
              "DIR): tokens under one root trust each other as custodians. DIR gets root.cvc, "
              "issuer.cvc, issuer.key and root.key; keep root.key elsewhere, nothing here needs it "
              "again",
      .size = sizeof(struct order),
      .options = { JSON },
      .run = create },
    { .name = "export",
      .operands = "[DIR]",
      .most = 1,
      .help = "writes the certificate of a root: of the authority in DIR, or of the one that a "
              "token was made under",
      .size = sizeof(struct order),
      .options = { { out_rows, 0 }, TOKEN, UNLOCK },
      .run = export_root },
    { .name = "trust",
      .operands = "FILE",
      .least = 1,
      .most = 1,
      .help = "makes a token trust a foreign root too, whose certificate is in FILE",
      .size = sizeof(struct order),
      .options = { TOKEN, UNLOCK, JSON },
      .run = trust },
    { .name = "distrust",
      .operands = "NAME",
      .least = 1,
      .most = 1,
      .help = "ends the trust in a foreign root; list shows its NAME",
      .size = sizeof(struct order),
      .options = { TOKEN, UNLOCK, JSON },
      .run = distrust },
    { .name = "list",
      .help = "lists the root that a token was made under, and the others that it trusts",
      .size = sizeof(struct order),
      .options = { TOKEN, UNLOCK, JSON },
      .run = list },
};
const struct family ca_family = { "ca", "make roots for tokens, and have foreign ones trusted",
                                  NULL, verbs, COUNT_OF(verbs) };
