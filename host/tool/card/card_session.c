/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/card/card_session.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/failure.h"
#include "crypto/crypto.h"
#include "formats/cvc.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/whole_file.h"

/* --- Files --- */

int card_take_root(struct card_call *call)
{
    struct writer root = WRITER_OF(call->root_bytes);
    if (!call->options->root)
        return 0;
    int status = file_take(call->options->root, &root);
    call->root = written(&root);
    return status;
}

/* --- Which reader --- */

enum { READERS_MAX = 16 }; /* pcscd's limit of readers */

struct candidates {
    const struct card_call *call;
    const char *part, *except; /* part NULL: any reader; except NULL: none is left out */
    bool excepted;             /* the reader that was left out would fit */
    unsigned count;
    char names[READERS_MAX][READER_NAME_SIZE];
    struct token_face faces[READERS_MAX]; /* filled in where it matters which token it is */
};

static void consider(void *context, const char *name)
{
    struct candidates *found = context;
    uint8_t bytes[64];
    struct writer atr = WRITER_OF(bytes);
    if ((found->part && !strstr(name, found->part)) ||
        reader_atr(&found->call->service, name, &atr) || !client_is_family(written(&atr)))
        return;
    if (found->except && strcmp(name, found->except) == 0)
        found->excepted = true;
    else if (found->count < READERS_MAX)
        snprintf(found->names[found->count++], READER_NAME_SIZE, "%s", name);
}

/* Reads the serial number from the certificates without verifying them, since there is no channel;
 * empty where there are none. */
static int ask_serial(const struct reader_card *card, struct card_device *out, uint16_t *out_sw)
{
    uint8_t bytes[CLIENT_FILE_MAX + 1];
    struct writer content = WRITER_OF(bytes), to = WRITER_OF(out->at);
    int result = client_read(card, FILE_DEVICE_CERTIFICATES, &content, out_sw);
    if (result && result != CLIENT_REFUSED)
        return result;
    write_span(&to, cvc_serial(cvc_holder(result ? (struct span){ 0 } : written(&content))));
    out->size = to.full ? 0 : to.size;
    return 0;
}

static struct span serial_span(const struct card_device *device)
{
    return span_of(device->at, device->size);
}

static bool is_wanted(const struct card_options *options, const struct token_face *face)
{
    return (!options->serial || strcmp(face->serial, options->serial) == 0) &&
           (!options->token || token_face_is(face, options->token));
}

/* Leaves those tokens that claim to be the one that is wanted. That is enough to choose the reader;
 * card_open() verifies the serial number. */
static void keep_wanted(struct candidates *found)
{
    struct card_options *options = found->call->options;
    unsigned kept = 0;
    for (unsigned i = 0; i < found->count; i++) {
        struct token_face *face = &found->faces[i];
        bool read = token_face_of(&found->call->service, found->names[i], face) == 0;
        if (!read && (options->serial || options->token))
            continue;
        if (!is_wanted(options, face))
            continue;
        memmove(found->names[kept], found->names[i], READER_NAME_SIZE);
        found->faces[kept++] = *face;
    }
    found->count = kept;
}

static int complain_of_none(const struct candidates *found)
{
    const struct card_options *options = found->call->options;
    const char *part = found->part, *named = options->serial ? options->serial : options->token;
    if (found->excepted)
        return usage_wrong(found->call->command, "%s: that is the token itself",
                           part ? part : "reader");
    if (named)
        return tool_complain(TOOL_NO_READER,
                             "no reader%s%s with the token %s in it; `glasshsm token list` shows "
                             "which there are",
                             part ? " called " : "", part ? part : "", named);
    return tool_complain(TOOL_NO_READER, "no reader%s%s with a SmartCard-HSM in it",
                         part ? " called " : "", part ? part : "");
}

static int complain_of_many(const struct candidates *found)
{
    int status = tool_complain(TOOL_AMBIGUOUS,
                               "%u readers have a token: name one with --token LABEL, --token "
                               "SERIAL or --reader PART",
                               found->count);
    for (unsigned i = 0; i < found->count; i++)
        text_print(stderr, "  %-24s %-16s %s\n", found->names[i], found->faces[i].serial,
                   found->faces[i].label);
    return status;
}

/* A token that was named by its serial number shall be that token, too. */
static void want_serial(struct card_options *options, const struct token_face *face)
{
    if (options->token && !options->serial && strcmp(face->serial, options->token) == 0)
        options->serial = options->token;
}

static int choose_reader(struct card_call *call, const char *except)
{
    struct candidates found = { .call = call, .part = call->options->reader, .except = except };
    int result = reader_each(&call->service, consider, &found);
    if (result && result != READER_NONE)
        return card_complain(call, result, "listing the readers");
    if (call->options->serial || call->options->token || found.count > 1)
        keep_wanted(&found);
    if (!found.count)
        return complain_of_none(&found);
    if (found.count > 1)
        return complain_of_many(&found);
    want_serial(call->options, &found.faces[0]);
    memcpy(call->reader, found.names[0], sizeof call->reader);
    return 0;
}

int card_choose(struct card_call *call, const char *except)
{
    int status = choose_reader(call, except);
    if (status)
        return status;
    int result = reader_connect(&call->service, call->reader, &call->card);
    call->card.channel_only = call->options->secure;
    return result ? card_complain(call, result, call->reader) : 0;
}

/* --- Sessions --- */

static int open_channel(struct card_call *call, struct card_device *out)
{
    uint8_t bytes[CLIENT_NAME_MAX];
    struct writer holder = WRITER_OF(bytes), to = WRITER_OF(out->at);
    const struct client_trust trust = { call->root, cvc_day((uint64_t)time(NULL) * 1000) };
    if (crypto_init())
        return tool_complain(TOOL_FAILED, "%s", failure_last()->cause);
    channel_wipe(&call->channel);
    int result = client_open_channel(&call->card, &trust, &call->channel, &holder, &call->sw);
    if (result)
        return card_complain(call, result, "opening the secure channel");
    write_span(&to, cvc_serial(written(&holder)));
    out->size = to.size;
    if (!call->options->root && !call->warned)
        text_print(stderr,
                   "glasshsm: the channel's other end is not verified: name its root with "
                   "--root FILE\n");
    call->warned = true;
    return 0;
}

static int check_device(struct card_call *call, const struct card_device *found)
{
    const char *wanted = call->options->serial;
    bool named = !wanted || span_equal(serial_span(found), span_of_text(wanted));
    bool same = !call->met || span_equal(serial_span(found), serial_span(&call->device));
    if (!named)
        return tool_complain(TOOL_UNTRUSTED, "%s: this is not the token %s", call->reader, wanted);
    if (!same)
        return tool_complain(TOOL_UNTRUSTED,
                             "%s: this is not the token that was there before; try again",
                             call->reader);
    call->device = *found;
    call->met = true;
    return 0;
}

/* Asks for the card's version, through the channel if there is one, so that nobody alters the
 * answer. */
static int describe(struct card_call *call)
{
    int result = call->wants_version ? client_describe(&call->card, &call->version, &call->sw) : 0;
    return result ? card_complain(call, result, "selecting the application") : 0;
}

int card_open(struct card_call *call)
{
    struct card_device device = { 0 };
    int result = reader_begin(&call->card);
    if (result)
        return card_complain(call, result, call->reader);
    call->opened = true;
    result = client_select(&call->card, &call->sw);
    if (!result && !call->options->secure)
        result = ask_serial(&call->card, &device, &call->sw);
    if (result)
        return card_complain(call, result, "selecting the application");
    int status = call->options->secure ? open_channel(call, &device) : 0;
    if (!status)
        status = check_device(call, &device);
    return status ? status : describe(call);
}

int card_close(struct card_call *call, int status)
{
    if (!call->opened)
        return status;
    call->opened = false;
    bool gone = client_select(&call->card, &call->sw);
    channel_wipe(&call->channel);
    reader_end(&call->card);
    return gone && !status
               ? tool_complain(TOOL_CARD_LOST, "the card went away before the login was ended")
               : status;
}

void card_read_title(struct card_call *call)
{
    struct token_face face;
    if (token_face_read(&call->card, &face) == 0)
        token_face_title(&face, call->title);
}

int card_meet(struct card_call *call)
{
    int status = card_open(call);
    if (!status)
        card_read_title(call);
    return card_close(call, status);
}
