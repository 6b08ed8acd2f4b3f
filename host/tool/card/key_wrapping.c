/* SPDX-License-Identifier: Apache-2.0 */
/* A wrapped key in a file, as sc-hsm-tool writes it (docs/protocol.md 8.6): a SEQUENCE of the blob,
 * the key's description and its certificate or request, the last two as far as there are any. */
#include "host/tool/card/key_wrapping.h"

#include <string.h>

#include "base/tlv.h"
#include "formats/p15.h"
#include "formats/sw.h"
#include "host/tool/card/domain_show.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/whole_file.h"

enum {
    FILE_MAX = CLIENT_BLOB_MAX + 2 * CLIENT_FILE_MAX,
    SEQUENCE = 0x30,
    OCTETS = 0x04,
};

static const char *key_word(const struct card_call *call)
{
    return call->words[call->words[1] ? 1 : 0];
}

bool key_named(const struct card_call *call, uint8_t *out)
{
    return card_key_of(key_word(call), out);
}

int key_needs(const struct card_call *call)
{
    return card_needs_with_key(call, key_word(call), NEED_LOGIN);
}

/* --- wrap --- */

static int complain_of_wrap(struct card_call *call, int result)
{
    if (result == CLIENT_REFUSED && call->sw == STATUS_NOT_ALLOWED)
        return tool_complain(TOOL_NOT_EXPORTABLE,
                             "wrapping: this key cannot leave the token: it has no DKEK, or got "
                             "one only after the key was made, or the key has a use counter");
    if (result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND)
        return tool_complain(TOOL_NOT_THERE, "wrapping: there is no such key");
    return domain_complain(call, result, "wrapping");
}

/* Appends the first TLV element of a file: hosts may leave the tail of an older, longer element
 * behind it. */
static int append_file(struct card_call *call, uint16_t file, struct writer *out)
{
    uint8_t bytes[CLIENT_FILE_MAX + 1];
    struct span content;
    int result = card_read_or_empty(call, file, bytes, &content);
    if (result)
        return card_complain(call, result, "reading what describes the key");
    struct reader in = reader_of(content);
    if (content.size)
        write_span(out, tlv_read(&in).whole);
    return read_failed(&in) ? tool_complain(TOOL_FAILED, "file %04x is not understood", file) : 0;
}

enum { BACKUP = DRAFT_SECRET | DRAFT_KEEP };

/* Before the key leaves the token: the log has an export also when no file was written. */
int key_prepare_wrap(struct card_call *call)
{
    return file_foresee(card_out(call), BACKUP);
}

int key_wrap(struct card_call *call)
{
    uint8_t bytes[FILE_MAX], blob_bytes[CLIENT_BLOB_MAX], number;
    struct writer file = WRITER_OF(bytes), blob = WRITER_OF(blob_bytes);
    if (!key_named(call, &number))
        return TOOL_USAGE;
    int result = client_wrap(&call->card, number, &blob, &call->sw);
    if (result)
        return complain_of_wrap(call, result);
    struct tlv_mark sequence = tlv_open(&file, SEQUENCE);
    tlv_write(&file, OCTETS, written(&blob));
    int status = append_file(call, FILE_KEY_DESCRIPTION | number, &file);
    if (!status)
        status = append_file(call, FILE_CERTIFICATE | number, &file);
    tlv_close(&file, sequence);
    return status ? status : file_deliver(card_out(call), written(&file), BACKUP);
}

/* --- unwrap --- */

struct package {
    struct span blob, description, certificate;
};

static bool read_package(struct span file, struct package *out)
{
    struct reader in = reader_of(file);
    struct reader members = tlv_enter(&in, SEQUENCE);
    *out = (struct package){ .blob = tlv_expect(&members, OCTETS) };
    if (read_left(&members))
        out->description = tlv_read(&members).whole;
    if (read_left(&members))
        out->certificate = tlv_read(&members).whole;
    return read_finished(&members) && read_finished(&in);
}

/* Refuses a number that is in use, unless --yes was given. */
int key_check_free(struct card_call *call, uint8_t number, bool yes)
{
    size_t ignored;
    if (yes)
        return 0;
    int result = client_size(&call->card, FILE_KEY | number, &ignored, &call->sw);
    if (result == CLIENT_REFUSED && call->sw == STATUS_FILE_NOT_FOUND)
        return 0;
    if (result)
        return card_complain(call, result, "looking for the key");
    return tool_complain(TOOL_FAILED, "there is a key cc%02x already: --yes replaces it", number);
}

/* Writes a file if there is content for it, and else deletes it, because it described a key that
 * was replaced. */
static int put_if_any(struct card_call *call, uint16_t file, struct span content)
{
    int result =
        content.size ? card_replace(call, file, content) : card_delete_if_there(call, file);
    return result ? card_complain(call, result, "writing what describes the key") : 0;
}

static int unwrap(struct card_call *call, uint8_t number, const struct package *package)
{
    int result = client_unwrap(&call->card, number, package->blob, &call->sw);
    if (result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND)
        return tool_complain(TOOL_REFUSED,
                             "unwrapping: the key was wrapped under a secret that this token does "
                             "not have");
    if (result == CLIENT_REFUSED && call->sw == STATUS_WRONG_DATA)
        return tool_complain(TOOL_REFUSED,
                             "unwrapping: the key is damaged, or was wrapped under a secret that "
                             "this token does not have");
    if (result)
        return domain_complain(call, result, "unwrapping");
    int status = put_if_any(call, FILE_KEY_DESCRIPTION | number, package->description);
    return status ? status : put_if_any(call, FILE_CERTIFICATE | number, package->certificate);
}

int key_prepare_unwrap(struct card_call *call)
{
    struct package ignored;
    int status = card_take_file(call, call->words[0], FILE_MAX);
    if (status || read_package(call->content, &ignored))
        return status;
    return tool_complain(TOOL_FAILED, "%s: no wrapped key", call->words[0]);
}

int key_unwrap(struct card_call *call)
{
    uint8_t number;
    struct package package;
    if (!key_named(call, &number) || !read_package(call->content, &package))
        return TOOL_USAGE;
    const struct unwrap_options *options = (const void *)call->options;
    int status = key_check_free(call, number, options->yes);
    return status ? status : unwrap(call, number, &package);
}
