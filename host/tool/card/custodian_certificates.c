/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/card/custodian_certificates.h"

#include <stdio.h>
#include <string.h>

#include "base/tlv.h"
#include "formats/sw.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/whole_file.h"

/* --- Reading --- */

static int read_request(struct span whole, struct cvc_request *out)
{
    struct reader in = reader_of(whole);
    struct reader value = tlv_enter(&in, CVC_AUTHENTICATED_REQUEST);
    return read_failed(&in) ? CVC_NO_KEY : cvc_read_request(&value, out);
}

/* Device and issuer are on the curve that a root names, which is not here, so the family's curve is
 * assumed: only their names matter. */
static int read_certificate(struct span whole, struct cvc *out)
{
    struct reader in = reader_of(whole);
    struct reader value = tlv_enter(&in, CVC_CERTIFICATE);
    return cvc_read(&value, curve_by_name("brainpoolP256r1"), out);
}

int custodian_read(struct custodian_certificates *papers)
{
    int r = read_request(papers->file.request, &papers->request);
    if (!r)
        r = read_certificate(papers->file.issuer, &papers->issuer);
    return r ? r : read_certificate(papers->file.device, &papers->device);
}

int custodian_take(const char *path, struct custodian_certificates *out)
{
    struct writer bytes = WRITER_OF(out->bytes);
    int status = file_take(path, &bytes);
    out->size = bytes.size;
    if (status)
        return status;
    if (!custodian_file_read(written(&bytes), &out->file) || custodian_read(out))
        return tool_complain(
            TOOL_FAILED,
            "%s: not a key with its certificates, as `pka export` and `domain join` write them",
            path);
    return 0;
}

void custodian_write(const struct custodian_certificates *papers, struct writer *out)
{
    custodian_file_write(&papers->file, out);
}

/* --- From a card --- */

static int add_file(struct card_call *call, uint16_t file, struct custodian_certificates *papers,
                    struct span *out)
{
    uint8_t bytes[CLIENT_FILE_MAX + 1];
    struct writer room = writer_of(papers->bytes, sizeof papers->bytes);
    room.size = papers->size;
    int result = card_read_or_empty(call, file, bytes, out);
    if (result)
        return card_complain(call, result, "reading a certificate");
    write_span(&room, *out);
    *out = span_of(papers->bytes + papers->size, out->size);
    papers->size = room.size;
    return room.full ? tool_complain(TOOL_FAILED, "%s: a certificate is too long", call->reader)
                     : 0;
}

/* Finds the request in the content of its file, without what may follow it. False: there is none
 * that we can read. */
static bool has_request(struct custodian_certificates *papers, struct span file)
{
    struct reader in = reader_of(file);
    struct tlv request = tlv_read(&in);
    papers->file.request = request.whole;
    return request.tag == CVC_AUTHENTICATED_REQUEST &&
           read_request(request.whole, &papers->request) == 0;
}

static bool is_named(const struct custodian_certificates *papers,
                     const struct custodian_names *names)
{
    for (size_t i = 0; names && i < names->count; i++)
        if (span_equal(span_of(names->name[i].at, names->name[i].size), papers->request.inner.chr))
            return true;
    return !names;
}

struct search {
    int key; /* the number of the only key to look at, or -1 */
    const struct custodian_names *names;
    unsigned found;
    uint8_t number;
};

static int look_at(struct card_call *call, uint16_t file, struct search *search)
{
    struct custodian_certificates papers = { 0 };
    struct span request;
    if (!file_is(file, FILE_KEY) || file == FILE_DEVICE_KEY ||
        (search->key >= 0 && (file & 0xFF) != search->key))
        return 0;
    int status = add_file(call, file_beside(file, FILE_CERTIFICATE), &papers, &request);
    if (!status && has_request(&papers, request) && is_named(&papers, search->names)) {
        search->found++;
        search->number = (uint8_t)file;
    }
    return status;
}

static int search_card(struct card_call *call, struct search *search)
{
    uint16_t files[CLIENT_FILES_MAX];
    size_t count = 0;
    int result = client_list(&call->card, files, &count, &call->sw);
    if (result)
        return card_complain(call, result, "listing the objects");
    int status = 0;
    for (size_t i = 0; i < count && !status; i++)
        status = look_at(call, files[i], search);
    if (status)
        return status;
    if (!search->found)
        return tool_complain(TOOL_NOT_THERE, "%s: no key %s", call->reader,
                             search->names ? "of a custodian of this token who has not signed"
                                           : "with a certificate request");
    if (search->found > 1)
        return tool_complain(TOOL_AMBIGUOUS, "%s: %u keys could be meant: name one as PART:NN",
                             call->reader, search->found);
    return 0;
}

int custodian_find_key(struct card_call *call, int key, const struct custodian_names *names,
                       struct custodian_certificates *out, uint8_t *out_key)
{
    struct search search = { .key = key, .names = names };
    struct span request;
    int status = search_card(call, &search);
    if (!status)
        status = add_file(call, FILE_CERTIFICATE | search.number, out, &request);
    if (!status && !has_request(out, request))
        status = tool_complain(TOOL_FAILED, "%s: the request has changed", call->reader);
    if (!status)
        *out_key = search.number;
    return status;
}

int custodian_of_card(struct card_call *call, int key, struct custodian_certificates *out)
{
    uint8_t number;
    struct span chain;
    int status = custodian_find_key(call, key, NULL, out, &number);
    if (!status)
        status = add_file(call, FILE_DEVICE_CERTIFICATES, out, &chain);
    if (!status && (!custodian_chain_read(chain, &out->file) || custodian_read(out)))
        status =
            tool_complain(TOOL_FAILED, "%s: the token has no certificate of its own", call->reader);
    return status;
}

/* --- To a card --- */

struct span custodian_inside(struct span whole)
{
    struct reader in = reader_of(whole);
    return tlv_read(&in).value;
}

/* Whether the card knows the holder of this name. False with *result 0: no; else the call
 * failed. */
static bool knows(struct card_call *call, struct span name, int *result)
{
    *result = client_choose_issuer(&call->card, name, &call->sw);
    bool unknown = *result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND;
    if (unknown)
        *result = 0;
    return !unknown && !*result;
}

/* Makes the card trust `holder`, whose certificate is `whole`: verifies it with its issuer, whom
 * the card has to know. */
static int introduce(struct card_call *call, const struct cvc *holder, struct span whole)
{
    int result;
    if (knows(call, holder->chr, &result) || result)
        return result ? card_complain(call, result, "certificates") : 0;
    if (!knows(call, holder->car, &result))
        return result ? card_complain(call, result, "certificates")
                      : tool_complain(TOOL_NOT_ALLOWED,
                                      "the token does not trust the root %.*s of the "
                                      "other token: glasshsm ca trust",
                                      (int)holder->car.size, (const char *)holder->car.at);
    result = client_verify_certificate(&call->card, custodian_inside(whole), &call->sw);
    return result ? card_complain(call, result, "verifying a certificate") : 0;
}

int custodian_introduce(struct card_call *call, const struct custodian_certificates *papers)
{
    int status = introduce(call, &papers->issuer, papers->file.issuer);
    return status ? status : introduce(call, &papers->device, papers->file.device);
}

/* --- Names of readers --- */

bool custodian_reader(const char *text, char out_part[READER_NAME_SIZE], int *out_key)
{
    uint8_t number;
    const char *colon = strrchr(text, ':');
    bool numbered = colon && card_key_of(colon + 1, &number);
    int size = numbered ? (int)(colon - text) : (int)strlen(text);
    *out_key = numbered ? number : -1;
    return snprintf(out_part, READER_NAME_SIZE, "%.*s", size, text) < READER_NAME_SIZE;
}
