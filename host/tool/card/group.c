/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of tokens whose key domains share a secret (docs/protocol.md 9.2): signing memberships,
 * joining with one, and the key exchange between two members. */
#include "host/tool/card/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/tlv.h"
#include "formats/sw.h"
#include "host/tool/card/custodian_certificates.h"
#include "host/tool/card/domain_show.h"
#include "host/tool/card/key_make.h"
#include "host/tool/card/pka.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/whole_file.h"

enum {
    SIGN_EC = 0x73, /* ECDSA with SHA-256 */
    SIGNATURE = 0x54,
    MEMBERSHIPS_MAX = GROUP_DEVICES_MAX * 2048,
};

/* --- What is signed --- */

/* Reads the device's certificate from the content of file 2F02, on the curve of its issuer. */
static bool read_device(struct span chain, struct cvc *out)
{
    struct custodian_file file;
    if (!custodian_chain_read(chain, &file))
        return false;
    struct reader in = reader_of(file.device);
    struct reader value = tlv_enter(&in, CVC_CERTIFICATE);
    return cvc_read(&value, curve_by_name("brainpoolP256r1"), out) == 0 && out->key.point.at;
}

/* Writes what a membership's signature covers: the tag 54, and the x-coordinate of the device's
 * key. */
static void write_signed(const struct cvc *device, struct writer *out)
{
    struct reader point = reader_of(device->key.point);
    read_u8(&point);
    write_u8(out, SIGNATURE);
    write_span(out, read_span(&point, read_left(&point) / 2));
}

/* --- Files, read before the card is held --- */

struct group_files {
    uint8_t memberships[MEMBERSHIPS_MAX];
    size_t size;
    struct custodian_certificates peer;
    struct chain {
        uint8_t bytes[CUSTODIAN_CERTIFICATES_MAX];
        size_t size;
    } chains[GROUP_DEVICES_MAX];
};

static struct group_files *files_of(const struct card_call *call)
{
    return call->own;
}

static int get_memory(struct card_call *call)
{
    call->own = calloc(1, sizeof(struct group_files));
    return call->own ? pka_prepare() : tool_complain(TOOL_FAILED, "there is no memory");
}

static int take_chain(const char *path, struct chain *out)
{
    struct writer bytes = WRITER_OF(out->bytes);
    int status = file_take(path, &bytes);
    out->size = bytes.size;
    return status;
}

int group_member_prepare(struct card_call *call)
{
    int status = get_memory(call);
    for (size_t i = 0; !status && call->words[i + 1]; i++)
        status = take_chain(call->words[i + 1], &files_of(call)->chains[i]);
    return status;
}

int group_join_prepare(struct card_call *call)
{
    int status = get_memory(call);
    if (status)
        return status;
    struct group_files *files = files_of(call);
    struct writer memberships = WRITER_OF(files->memberships);
    status = file_take(call->words[1], &memberships);
    files->size = memberships.size;
    return !status && call->words[2] ? custodian_take(call->words[2], &files->peer) : status;
}

int group_exchange_prepare(struct card_call *call)
{
    int status = get_memory(call);
    return status ? status : custodian_take(call->words[1], &files_of(call)->peer);
}

int group_needs(const struct card_call *call)
{
    int ignored;
    return card_number_of(call->words[0], &ignored) ? NEED_LOGIN
                                                    : card_no_number(call, call->words[0]);
}

/* --- member --- */

int group_member_needs(const struct card_call *call)
{
    return card_needs_with_key(call, call->words[0], NEED_LOGIN);
}

static int sign(struct card_call *call, uint8_t key, const struct cvc *device, struct writer *out)
{
    uint8_t message_bytes[1 + CURVE_FIELD_MAX], der_bytes[CLIENT_SIGNATURE_MAX];
    struct writer message = WRITER_OF(message_bytes), der = WRITER_OF(der_bytes);
    write_signed(device, &message);
    int result = client_sign(&call->card, key, SIGN_EC, written(&message), &der, &call->sw);
    if (result)
        return card_complain(call, result, "signing the membership");
    return ecdsa_plain(written(&der), CLIENT_GROUP / 2, out)
               ? tool_complain(TOOL_FAILED, "key %02x is not on a curve of 256 bits", key)
               : 0;
}

static int add_member(struct card_call *call, uint8_t key,
                      const struct custodian_certificates *signer, struct span chain,
                      struct writer *out)
{
    uint8_t bytes[CLIENT_GROUP];
    struct writer signature = WRITER_OF(bytes);
    struct cvc device;
    if (!read_device(chain, &device))
        return tool_complain(TOOL_FAILED, "these are not the certificates of a token (file 2f02)");
    int status = sign(call, key, &device, &signature);
    const struct membership_file file = { signer->file, written(&signature) };
    if (!status)
        membership_file_write(&file, out);
    return status;
}

/* Adds a membership for the signer's own token. */
static int add_self(struct card_call *call, uint8_t key,
                    const struct custodian_certificates *signer, struct writer *out)
{
    uint8_t bytes[2 * CUSTODIAN_CERTIFICATES_MAX];
    struct writer chain = WRITER_OF(bytes);
    write_span(&chain, signer->file.device);
    write_span(&chain, signer->file.issuer);
    return add_member(call, key, signer, written(&chain), out);
}

int group_member(struct card_call *call)
{
    struct custodian_certificates signer = { 0 };
    uint8_t bytes[MEMBERSHIPS_MAX];
    struct writer file = WRITER_OF(bytes);
    uint8_t key;
    if (!card_key_of(call->words[0], &key))
        return TOOL_USAGE;
    int status = custodian_of_card(call, key, &signer);
    if (!status)
        status = add_self(call, key, &signer, &file);
    for (size_t i = 0; call->words[i + 1] && !status; i++) {
        const struct chain *chain = &files_of(call)->chains[i];
        status = add_member(call, key, &signer, span_of(chain->bytes, chain->size), &file);
    }
    if (status)
        return status;
    return file.full ? tool_complain(TOOL_FAILED, "the memberships are too long")
                     : file_deliver(card_out(call), written(&file), 0);
}

/* --- join --- */

/* What join and exchange work with. */
struct group {
    struct card_call *call;
    uint8_t number;
    int key; /* the exchange key of the domain; -1: none yet */
    uint8_t certificates[CUSTODIAN_CERTIFICATES_MAX];
    struct cvc device; /* the token's own certificate */
};

static bool is_for(const struct membership_file *file, const struct custodian_certificates *signer,
                   const struct cvc *device)
{
    uint8_t bytes[1 + CURVE_FIELD_MAX];
    struct writer message = WRITER_OF(bytes);
    const struct cvc *by = &signer->request.inner;
    write_signed(device, &message);
    return cvc_verify(&by->spec, &by->key, written(&message), file->signature) == 0;
}

/* Finds the membership that is for this token; *signer is then who signed it. */
static int find_membership(const struct group *group, struct span memberships,
                           struct membership_file *out, struct custodian_certificates *signer)
{
    struct reader in = reader_of(memberships);
    while (read_left(&in)) {
        if (!membership_file_read(&in, out))
            return tool_complain(TOOL_FAILED, "this is no file of memberships");
        signer->file = out->signer;
        if (custodian_read(signer))
            return tool_complain(TOOL_FAILED, "a membership's certificates are not understood");
        if (is_for(out, signer, &group->device))
            return 0;
    }
    return tool_complain(TOOL_NOT_ALLOWED, "there is no membership for this token");
}

static int create(struct group *group, const struct membership_file *membership,
                  const struct custodian_certificates *signer)
{
    struct card_call *call = group->call;
    uint8_t bytes[CUSTODIAN_CERTIFICATES_MAX];
    struct writer data = WRITER_OF(bytes);
    write_span(&data, custodian_inside(membership->signer.request));
    tlv_write(&data, SIGNATURE, membership->signature);
    int status = custodian_introduce(call, signer);
    if (status)
        return status;
    int result = client_join_domain(&call->card, group->number, written(&data), &call->sw);
    return result ? domain_complain(call, result, "creating the key domain") : 0;
}

/* Creates the domain, unless an earlier call has done so already. */
static int join_once(struct group *group, struct span memberships)
{
    struct membership_file membership;
    struct custodian_certificates signer = { 0 };
    struct client_domain domain;
    struct card_call *call = group->call;
    int status = find_membership(group, memberships, &membership, &signer);
    if (status)
        return status;
    int result = client_domain(&call->card, group->number, &domain, &call->sw);
    if (result == CLIENT_REFUSED && call->sw == STATUS_NOT_FOUND)
        return create(group, &membership, &signer);
    if (result)
        return domain_complain(call, result, "asking for the key domain");
    struct span uid = span_part(signer.request.inner.key.point, 1, CLIENT_GROUP);
    bool joined = domain.has_group && span_equal(SPAN_OF(domain.group), uid);
    return joined
               ? 0
               : tool_complain(TOOL_NOT_ALLOWED, "there is another key domain %u", group->number);
}

/* --- The exchange key --- */

static int look_at(struct group *group, uint16_t file, bool used[256])
{
    int domain;
    struct card_call *call = group->call;
    if (!file_is(file, FILE_KEY))
        return 0;
    used[file & 0xFF] = true;
    int result = client_exchange_domain(&call->card, (uint8_t)file, &domain, &call->sw);
    if (!result && domain == group->number)
        group->key = file & 0xFF;
    return result;
}

static int find_exchange_key(struct group *group, bool used[256])
{
    uint16_t files[CLIENT_FILES_MAX];
    size_t count = 0;
    struct card_call *call = group->call;
    group->key = -1;
    int result = client_list(&call->card, files, &count, &call->sw);
    for (size_t i = 0; i < count && !result; i++)
        result = look_at(group, files[i], used);
    return result ? card_complain(call, result, "looking for the exchange key") : 0;
}

/* Makes the domain's exchange key under the highest free number, because hosts look for free
 * numbers from below. */
static int make_exchange_key(struct group *group)
{
    bool used[256] = { true };
    uint8_t bytes[CLIENT_NAME_MAX];
    struct writer name = WRITER_OF(bytes);
    struct card_call *call = group->call;
    int status = find_exchange_key(group, used);
    if (status || group->key >= 0)
        return status;
    for (int i = 255; i > 0 && group->key < 0; i--)
        group->key = used[i] ? -1 : i;
    if (group->key < 0)
        return tool_complain(TOOL_NO_SPACE, "every key number is taken");
    key_make_name(group->device.chr, (uint8_t)group->key, &name);
    static const uint8_t exchange_alone[] = { 0x84 };
    const struct client_new_key wished = {
        .spec = key_spec_on(curve_by_name("brainpoolP256r1")),
        .name = written(&name),
        .domain = group->number,
        .algorithms = SPAN_OF(exchange_alone),
    };
    int result = client_generate(&call->card, (uint8_t)group->key, &wished, &call->sw);
    return result ? card_complain(call, result, "making the exchange key") : 0;
}

static int deliver_papers(struct group *group)
{
    struct custodian_certificates papers = { 0 };
    uint8_t bytes[CUSTODIAN_CERTIFICATES_MAX];
    struct writer file = WRITER_OF(bytes);
    int status = custodian_of_card(group->call, group->key, &papers);
    if (status)
        return status;
    custodian_write(&papers, &file);
    return file.full ? tool_complain(TOOL_FAILED, "the request is too long")
                     : file_deliver(card_out(group->call), written(&file), 0);
}

/* --- The exchange --- */

static int exchange_with(struct group *group, const char *path, struct client_domain *out)
{
    struct card_call *call = group->call;
    const struct custodian_certificates *peer = &files_of(call)->peer;
    /* With its own request the token would agree on a secret that no other token has. */
    if (span_equal(peer->request.car, group->device.chr))
        return tool_complain(
            TOOL_NOT_ALLOWED,
            "%s: these are the PAPERS of this token; give those of the other token", path);
    int status = custodian_introduce(call, peer);
    if (status)
        return status;
    int result = client_exchange_key(&call->card, (uint8_t)group->key,
                                     custodian_inside(peer->file.request), out, &call->sw);
    if (result == CLIENT_REFUSED &&
        (call->sw == STATUS_NOT_FOUND || call->sw == STATUS_WRONG_LENGTH))
        return tool_complain(TOOL_NOT_ALLOWED, "%s: not of a member of this group", path);
    return result ? card_complain(call, result, "exchanging the secret") : 0;
}

/* --- The verbs --- */

static int open_group(struct card_call *call, struct group *out)
{
    struct span chain;
    int number;
    if (!card_number_of(call->words[0], &number))
        return TOOL_USAGE; /* group_needs() complained */
    *out = (struct group){ .call = call, .number = (uint8_t)number, .key = -1 };
    uint8_t bytes[CLIENT_FILE_MAX + 1];
    int result = card_read_or_empty(call, FILE_DEVICE_CERTIFICATES, bytes, &chain);
    if (result)
        return card_complain(call, result, "reading the token's certificates");
    struct writer copy = WRITER_OF(out->certificates);
    write_span(&copy, chain);
    return read_device(written(&copy), &out->device)
               ? 0
               : tool_complain(TOOL_FAILED, "the token has no certificate of its own");
}

int group_join(struct card_call *call)
{
    struct group group;
    struct client_domain ignored;
    const struct group_files *files = files_of(call);
    int status = open_group(call, &group);
    if (!status)
        status = join_once(&group, span_of(files->memberships, files->size));
    if (!status)
        status = make_exchange_key(&group);
    if (!status && call->words[2])
        status = exchange_with(&group, call->words[2], &ignored);
    return status ? status : deliver_papers(&group);
}

int group_exchange(struct card_call *call)
{
    struct group group;
    struct client_domain domain;
    bool used[256];
    int status = open_group(call, &group);
    if (!status)
        status = find_exchange_key(&group, used);
    if (!status && group.key < 0)
        status = tool_complain(TOOL_NOT_THERE, "key domain %u has no exchange key: domain join",
                               group.number);
    if (!status)
        status = exchange_with(&group, call->words[1], &domain);
    return status ? status : domain_print_one(call, group.number, &domain);
}
