/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm dkek: shares of the DKEK, the secret that keys leave a token under (docs/protocol.md
 * 8.1, 8.2). The files are those of sc-hsm-tool. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "crypto/shamir.h"
#include "formats/dkek_share.h"
#include "formats/sw.h"
#include "host/tool/card/card_verb.h"
#include "host/tool/card/domain_show.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/whole_file.h"
#include "host/tool/tool.h"

struct share_options {
    struct card_options common;
    struct pin_source password;
    int threshold, total, domain; /* -1: not said */
    bool raw, without_pin;
};

static const struct share_options *options_of(const struct card_call *call)
{
    return (const void *)call->options;
}

enum { PASSWORD_MIN = 6 }; /* of a new password, as sc-hsm-tool wants it */

/* --- Passwords --- */

static int take_password(void *context, struct span line)
{
    struct writer *out = context;
    write_span(out, line);
    return line.size ? 0 : tool_complain(TOOL_USAGE, "the password is empty");
}

/* Reads one part of a password: prime, number and value. */
static bool read_part(struct span line, struct shamir_share *out)
{
    SCOPED_SECRET(text, SOURCE_LINE_MAX + 1);
    SCOPED_SECRET(fields, 2 * SOURCE_LINE_MAX);
    char *prime = (char *)fields, *value = prime + SOURCE_LINE_MAX;
    struct writer copy = writer_of(text, SOURCE_LINE_MAX);
    unsigned number;
    write_span(&copy, line);
    text[copy.size] = 0;
    struct writer to_prime = WRITER_OF(out->prime), to_value = WRITER_OF(out->value);
    if (sscanf((char *)text, "%255s %u %255s", prime, &number, value) != 3 || number > 255 ||
        !hex_decode(prime, &to_prime) || !hex_decode(value, &to_value))
        return false;
    out->id = (uint8_t)number;
    return to_prime.size == SHAMIR_SIZE && to_value.size == SHAMIR_SIZE;
}

struct parts {
    struct shamir_share shares[SHAMIR_SHARES_MAX];
    unsigned count;
};

static void parts_wipe(struct parts *parts)
{
    secret_wipe(parts, sizeof *parts);
}

static int take_part(void *context, struct span line)
{
    struct parts *parts = context;
    if (!read_part(line, &parts->shares[parts->count]))
        return tool_complain(TOOL_USAGE,
                             "a part of a password is PRIME NUMBER VALUE, as create "
                             "printed it");
    parts->count++;
    return 0;
}

static int join_parts(const struct card_call *call, struct writer *out)
{
    SCOPED(parts_wipe) struct parts parts = { 0 };
    struct pin_source source = options_of(call)->password;
    source.command = call->command;
    source.name = "Part (prime, number, value)";
    int status =
        source_read_lines(&source, (unsigned)options_of(call)->threshold, take_part, &parts);
    if (status)
        return status;
    return shamir_join(parts.shares, parts.count, out)
               ? tool_complain(TOOL_WRONG_PASSWORD,
                               "these are not parts of one password; look for a mistyped digit")
               : 0;
}

static int make_parts(const struct card_call *call, struct parts *parts, struct writer *out)
{
    SCOPED_SECRET(password, SHAMIR_SIZE);
    unsigned total = (unsigned)options_of(call)->total;
    if (shamir_make((unsigned)options_of(call)->threshold, total, password, parts->shares))
        return tool_complain(TOOL_FAILED, "the password cannot be made");
    parts->count = total;
    write_span(out, span_of(password, SHAMIR_SIZE));
    return 0;
}

static int new_password(const struct card_call *call, struct parts *parts, struct writer *out)
{
    if (options_of(call)->threshold > 0)
        return make_parts(call, parts, out);
    struct pin_source source = options_of(call)->password;
    source.command = call->command;
    source.name = "New password of the share";
    source.twice = true;
    int status = source_read_lines(&source, 1, take_password, out);
    if (!status && out->size < PASSWORD_MIN)
        return usage_wrong(call->command, "a password has at least %d characters", PASSWORD_MIN);
    return status;
}

static int known_password(const struct card_call *call, struct writer *out)
{
    if (options_of(call)->threshold > 0)
        return join_parts(call, out);
    struct pin_source source = options_of(call)->password;
    source.command = call->command;
    source.name = "Password of the share";
    return source_read_lines(&source, 1, take_password, out);
}

/* --- The key of a file --- */

static void print_progress(void *context, unsigned done)
{
    enum { WIDTH = 40 };
    char bar[WIDTH + 1];
    (void)context;
    for (unsigned i = 0; i < WIDTH; i++)
        bar[i] = i < done * WIDTH / 1000 ? '#' : '.';
    bar[WIDTH] = 0;
    text_print(stderr, "\r%s %3u %%", bar, done / 10);
    text_own(stderr, done == 1000 ? "\n" : "");
}

static int derive(struct span password, struct span salt, uint8_t key[PASSWORD_KEY_SIZE])
{
    const struct password_progress progress = { print_progress, NULL };
    bool seen = isatty(STDERR_FILENO);
    return password_key(password, salt, PASSWORD_KEY_ROUNDS, seen ? &progress : NULL, key)
               ? tool_complain(TOOL_FAILED, "the password is too long")
               : 0;
}

/* --- create --- */

/* In pairs of digits with colons between, as sc-hsm-tool takes them. */
static void print_number(const uint8_t number[SHAMIR_SIZE])
{
    for (size_t i = 0; i < SHAMIR_SIZE; i++)
        text_print(stdout, "%s%02x", i ? ":" : "", number[i]);
}

static void print_part(const struct shamir_share *part)
{
    print_number(part->prime);
    text_print(stdout, " %u ", part->id);
    print_number(part->value);
    text_own(stdout, "\n");
}

/* The number as a JSON string. */
static json_t *number_value(const uint8_t number[SHAMIR_SIZE])
{
    SCOPED_SECRET(text, 3 * SHAMIR_SIZE);
    struct writer out = writer_of(text, 3 * SHAMIR_SIZE);
    for (size_t i = 0; i < SHAMIR_SIZE; i++) {
        write_text(&out, i ? ":" : "");
        write_hex(&out, span_of(number + i, 1));
    }
    return json_stringn((const char *)text, out.size);
}

static int print_made_json(const struct card_call *call, const struct parts *parts)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < parts->count; i++)
        json_array_append_new(list, json_pack("{s:o,s:i,s:o}", "prime",
                                              number_value(parts->shares[i].prime), "number",
                                              (int)parts->shares[i].id, "value",
                                              number_value(parts->shares[i].value)));
    return value_print_secret(
        json_pack("{s:o,s:b,s:i,s:o}", "file", text_value(span_of_text(call->words[0])), "raw",
                  options_of(call)->raw, "threshold",
                  parts->count ? options_of(call)->threshold : 0, "parts", list));
}

static int print_made(const struct card_call *call, const struct parts *parts)
{
    if (call->options->as_json)
        return print_made_json(call, parts);
    for (unsigned i = 0; i < parts->count; i++)
        print_part(&parts->shares[i]);
    return TOOL_DONE;
}

static int encrypt(const struct card_call *call, struct span share, struct parts *parts,
                   struct writer *out_file)
{
    SCOPED_SECRET(bytes, PASSWORD_MAX);
    SCOPED_SECRET(key, PASSWORD_KEY_SIZE);
    struct writer password = WRITER_OF(bytes);
    uint8_t salt[DKEK_SHARE_SALT];
    int status = new_password(call, parts, &password);
    if (!status && random_bytes(salt, sizeof salt))
        status = tool_complain(TOOL_FAILED, "the system gives no random bytes");
    if (!status)
        status = derive(written(&password), SPAN_OF(salt), key);
    if (!status && dkek_share_seal(key, SPAN_OF(salt), share, out_file))
        status = tool_complain(TOOL_FAILED, "the share cannot be encrypted");
    return status;
}

static int needs_of_create(const struct card_call *call)
{
    const struct share_options *options = options_of(call);
    bool parts = options->threshold >= 1 && options->total >= options->threshold &&
                 options->total <= SHAMIR_SHARES_MAX;
    bool none = options->threshold < 0 && options->total < 0;
    if (none || (parts && !options->raw))
        return NEED_NO_CARD;
    usage_wrong(call->command,
                "--threshold is at least 1, --total at least that and at most %d; "
                "a raw share has no password",
                SHAMIR_SHARES_MAX);
    return -1;
}

static void warn_of_raw_share(void)
{
    text_own(stderr, "glasshsm: INSECURE: a share without a password; for tests alone\n");
}

static int create(struct card_call *call)
{
    SCOPED_SECRET(share, KEK_SIZE);
    SCOPED_SECRET(bytes, DKEK_SHARE_FILE);
    SCOPED(parts_wipe) struct parts parts = { 0 };
    struct writer file = WRITER_OF(bytes);
    if (access(call->words[0], F_OK) == 0)
        return tool_complain(TOOL_FAILED, "%s exists already; name a new file", call->words[0]);
    int status = crypto_init() || random_bytes(share, KEK_SIZE)
                     ? tool_complain(TOOL_FAILED, "the system gives no random bytes")
                     : 0;
    if (!status && options_of(call)->raw) {
        warn_of_raw_share();
        write_span(&file, span_of(share, KEK_SIZE));
    } else if (!status) {
        status = encrypt(call, span_of(share, KEK_SIZE), &parts, &file);
    }
    if (!status)
        status = file_deliver(call->words[0], written(&file), DRAFT_NEW | DRAFT_SECRET);
    return status ? status : print_made(call, &parts);
}

/* --- import --- */

static int decrypt(const struct card_call *call, struct span file, struct writer *out_share)
{
    SCOPED_SECRET(bytes, PASSWORD_MAX);
    SCOPED_SECRET(key, PASSWORD_KEY_SIZE);
    struct writer password = WRITER_OF(bytes);
    struct span salt;
    if (!dkek_share_salt(file, &salt))
        return tool_complain(TOOL_FAILED, "%s: no DKEK share", call->words[0]);
    int status = known_password(call, &password);
    if (!status)
        status = derive(written(&password), salt, key);
    if (!status && dkek_share_open(key, file, out_share))
        status = tool_complain(TOOL_WRONG_PASSWORD, "%s: wrong password", call->words[0]);
    return status;
}

static int take_raw(const struct card_call *call, struct span file, struct writer *out_share)
{
    if (file.size != KEK_SIZE)
        return tool_complain(TOOL_FAILED, "%s: a raw share has %d bytes", call->words[0], KEK_SIZE);
    warn_of_raw_share();
    write_span(out_share, file);
    return 0;
}

static int prepare_import(struct card_call *call)
{
    SCOPED_SECRET(bytes, DKEK_SHARE_FILE);
    struct writer file = WRITER_OF(bytes);
    int status = crypto_init() || secret_init(&call->secret, KEK_SIZE)
                     ? tool_complain(TOOL_FAILED, "no memory for secrets")
                     : file_take(call->words[0], &file);
    if (status)
        return status;
    struct writer share = writer_of(call->secret.at, call->secret.size);
    return options_of(call)->raw ? take_raw(call, written(&file), &share)
                                 : decrypt(call, written(&file), &share);
}

static int needs_of_import(const struct card_call *call)
{
    int threshold = options_of(call)->threshold;
    if (threshold <= SHAMIR_SHARES_MAX && threshold != 0)
        return options_of(call)->without_pin ? 0 : NEED_LOGIN;
    usage_wrong(call->command, "a password has 1 to %d parts", SHAMIR_SHARES_MAX);
    return -1;
}

/* The status word alone does not tell why the import failed; the domain's state does. */
static int complain_of_import(struct card_call *call, int result, uint8_t number)
{
    struct client_domain domain;
    uint16_t ignored;
    bool asked = result == CLIENT_REFUSED && !client_domain(&call->card, number, &domain, &ignored);
    if (asked && domain.has_group)
        return tool_complain(TOOL_NOT_ALLOWED,
                             "key domain %u is a group's and has no shares: its secret comes from "
                             "`glasshsm domain exchange`",
                             number);
    if (asked && !domain.outstanding)
        return tool_complain(TOOL_NOT_ALLOWED,
                             "key domain %u has all its shares; to begin again with other shares: "
                             "`glasshsm domain clear %u`",
                             number, number);
    return domain_complain(call, result, "importing the share");
}

static int import(struct card_call *call)
{
    struct client_domain domain;
    int wished = options_of(call)->domain;
    uint8_t number = (uint8_t)(wished < 0 ? 0 : wished);
    int result =
        client_import_share(&call->card, number, secret_span(&call->secret), &domain, &call->sw);
    return result ? complain_of_import(call, result, number)
                  : domain_print_one(call, number, &domain);
}

static const struct option_row password_rows[] = {
    { "password-file", "F",
      "the password is the first line of this file; with --threshold T its parts are the first T "
      "lines",
      INTO_TEXT(struct pin_source, file) },
    { "password-env", "V", "... or the value of this environment variable; default: a prompt",
      INTO_TEXT(struct pin_source, variable) },
    OPTIONS_END,
};

static const struct option_row raw_rows[] = {
    { "raw-share", NULL,
      "INSECURE: FILE holds the 32 bytes of the share as they are, without a password; for tests",
      INTO_FLAG(struct share_options, raw) },
    OPTIONS_END,
};

static const struct option_row create_rows[] = {
    { "threshold", "T",
      "with --total: make the password, too, and print it in N parts, one a line; any T of them "
      "give it back",
      INTO_NUMBER(struct share_options, threshold, 1, SHAMIR_SHARES_MAX, -1) },
    { "total", "N", "... at most 9",
      INTO_NUMBER(struct share_options, total, 1, SHAMIR_SHARES_MAX, -1) },
    OPTIONS_END,
};

static const struct option_row import_rows[] = {
    { "domain", "N", "the key domain, default 0",
      INTO_NUMBER(struct share_options, domain, 0, UINT8_MAX, -1) },
    { "threshold", "T", "ask for T parts of the password instead of all of it",
      INTO_NUMBER(struct share_options, threshold, 1, SHAMIR_SHARES_MAX, -1) },
    { "no-pin", NULL,
      "do not log in, for somebody who does not know the user PIN; only shares of the DKEK, and "
      "only if the token's setting card.share-login is no",
      INTO_FLAG(struct share_options, without_pin) },
    OPTIONS_END,
};

#define PASSWORD OPTION_GROUP(password_rows, offsetof(struct share_options, password))
#define RAW      OPTION_GROUP(raw_rows, 0)

static const struct verb verbs[] = {
    { .name = "create",
      .operands = "FILE",
      .least = 1,
      .most = 1,
      .help =
          "makes a share and encrypts it under a password into a new FILE (.pbe), without a token",
      .size = sizeof(struct share_options),
      .options = { { create_rows, 0 }, PASSWORD, RAW, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = create, .ask = needs_of_create } },
    { .name = "import",
      .operands = "FILE",
      .least = 1,
      .most = 1,
      .help = "imports the share into a token",
      .size = sizeof(struct share_options),
      .options = { { import_rows, 0 }, PASSWORD, RAW, CARD_PIN, CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = import,
                                         .ask = needs_of_import,
                                         .prepare = prepare_import } },
    { .name = "status",
      .help = "shows shares and check value of each key domain, without login",
      .size = sizeof(struct card_options),
      .options = { CARD_READER, CARD_JSON },
      .run = card_verb_run,
      .card = &(const struct card_verb){ .run = domain_status } },
};
const struct family dkek_family = { "dkek",
                                    "make and import shares of the secret that keys leave under",
                                    NULL, verbs, COUNT_OF(verbs) };
