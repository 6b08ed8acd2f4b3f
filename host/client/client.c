/* Builds the commands of a SmartCard-HSM and checks its answers. */
#include "host/client/client_parts.h"

#include "base/failure.h"
#include "base/secret.h"
#include "base/tlv.h"
#include "formats/apdu.h"
#include "formats/cvc.h"
#include "formats/file_ids.h"
#include "formats/key_blob.h"
#include "formats/sw.h"

static const uint8_t application[] = { 0xE8, 0x2B, 0x06, 0x01, 0x04, 0x01,
                                       0x81, 0xC3, 0x1F, 0x02, 0x01 };
static const uint8_t historical_bytes[] = { 0x80, 0x31, 0x81, 0x54, 0x48, 0x53, 0x4D,
                                            0x31, 0x73, 0x80, 0x21, 0x40, 0x81, 0x07 };

enum {
    SHORT_ANSWER = 258,
    SHORT_LE = 256,   /* a whole short answer */
    EXCHANGE = 0x84,  /* the algorithm of exchange keys */
    WRITE_PART = 240, /* bytes that fit beside 54 02 xxxx 53 81 xx in a short command */
    WRITE_LAST = CLIENT_LONG_MAX - CLIENT_FILE_MAX /* bytes of the last, extended command */
};

bool client_is_family(struct span atr)
{
    for (size_t at = 0; at + sizeof historical_bytes <= atr.size; at++)
        if (span_equal(span_part(atr, at, sizeof historical_bytes), SPAN_OF(historical_bytes)))
            return true;
    return false;
}

/* --- One command --- */

/* Takes the status word off the answer's bytes that begin at `from`. CLIENT_REFUSED,
 * CLIENT_MALFORMED. */
static int judge(struct writer *answer, size_t from, uint16_t *out_sw)
{
    struct span got = span_part(written(answer), from, answer->size - from);
    if (got.size < 2)
        return CLIENT_MALFORMED;
    struct reader in = reader_of(span_part(got, got.size - 2, 2));
    *out_sw = read_u16(&in);
    write_trim(answer, answer->size - 2);
    return sw_delivers((sw){ *out_sw }) ? 0 : CLIENT_REFUSED;
}

int client_exchange_plain(const struct reader_card *card, const struct apdu *apdu,
                          struct writer *answer, uint16_t *out_sw)
{
    SCOPED_SECRET(command, CLIENT_COMMAND_MAX);
    struct writer to = WRITER_OF(command);
    size_t before = answer->size;
    apdu_write(apdu, &to);
    if (to.full)
        return CLIENT_MALFORMED;
    int result = reader_transmit(card, written(&to), answer);
    return result ? result : judge(answer, before, out_sw);
}

static int exchange(const struct reader_card *card, const struct apdu *apdu, struct writer *answer,
                    uint16_t *out_sw)
{
    if (card->channel_only && !card->channel)
        return failure(FAULT_BROKEN, "a command was not sent: there is no secure channel");
    return (card->channel ? client_exchange_protected : client_exchange_plain)(card, apdu, answer,
                                                                               out_sw);
}

/* Sends a command that is answered by a status word alone; data beside 9000 is CLIENT_MALFORMED. */
static int send(const struct reader_card *card, uint32_t header, struct span data, uint16_t *out_sw)
{
    uint8_t answer[SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(header, data, 0);
    int result = exchange(card, &apdu, &from, out_sw);
    return !result && from.size ? CLIENT_MALFORMED : result;
}

/* --- The application --- */

int client_select(struct reader_card *card, uint16_t *out_sw)
{
    uint8_t answer[SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x00A4040C, SPAN_OF(application), 0);
    card->channel = NULL;
    int result = client_exchange_plain(card, &apdu, &from, out_sw);
    return !result && from.size ? CLIENT_MALFORMED : result;
}

/* Enters the template that SELECT answers with; nothing may follow it. */
static struct reader file_template(struct reader *in)
{
    enum { FCI = 0x6F, FCP = 0x62 };
    struct tlv template = tlv_read(in);
    if (read_left(in) || (template.tag != FCI && template.tag != FCP))
        read_fail(in);
    return reader_child(in, template.value);
}

/* The proprietary bytes: options, platform, version; before 2.0 the version alone. */
static bool read_version(struct span answer, struct client_version *out)
{
    struct client_version version = { 0 };
    struct reader in = reader_of(answer);
    struct reader members = file_template(&in);
    struct span bytes = { 0 };
    if (!tlv_find(&members, 0x85, &bytes) || read_failed(&in))
        return false;
    struct reader from = reader_of(bytes);
    if (bytes.size == 5) {
        version.options = read_u16(&from);
        version.platform = read_u8(&from);
    }
    version.major = read_u8(&from);
    version.minor = read_u8(&from);
    if (!read_finished(&from))
        return false;
    *out = version;
    return true;
}

int client_describe(const struct reader_card *card, struct client_version *out, uint16_t *out_sw)
{
    uint8_t answer[SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x00A40400, SPAN_OF(application), SHORT_LE);
    int result = exchange(card, &apdu, &from, out_sw);
    if (result)
        return result;
    return read_version(written(&from), out) ? 0 : CLIENT_MALFORMED;
}

/* --- PINs --- */

int client_verify(const struct reader_card *card, struct span pin, uint16_t *out_sw)
{
    return send(card, 0x00200081, pin, out_sw);
}

int client_pin_state(const struct reader_card *card, enum client_pin which, uint16_t *out_sw)
{
    return send(card, 0x00200000u | which, (struct span){ 0 }, out_sw);
}

static int send_two(const struct reader_card *card, uint32_t header, struct span first,
                    struct span second, uint16_t *out_sw)
{
    SCOPED_SECRET(data, 2 * CLIENT_PIN_MAX);
    struct writer both = WRITER_OF(data);
    write_span(&both, first);
    write_span(&both, second);
    return both.full ? CLIENT_MALFORMED : send(card, header, written(&both), out_sw);
}

int client_change_pin(const struct reader_card *card, enum client_pin which, struct span old,
                      struct span new, uint16_t *out_sw)
{
    return send_two(card, 0x00240000u | which, old, new, out_sw);
}

int client_unblock(const struct reader_card *card, struct span so_pin, struct span new,
                   uint16_t *out_sw)
{
    return send_two(card, new.size ? 0x002C0081 : 0x002C0181, so_pin, new, out_sw);
}

int client_initialize(const struct reader_card *card, const struct client_wishes *wishes,
                      uint16_t *out_sw)
{
    const uint8_t options[] = { 0x00, (uint8_t)(0x01 | (wishes->replaceable ? 0x08 : 0) |
                                                (wishes->together ? 0x10 : 0)) };
    const uint8_t custody[] = { wishes->custodians, wishes->required };
    SCOPED_SECRET(data, 64);
    struct writer out = WRITER_OF(data);
    tlv_write(&out, 0x80, SPAN_OF(options));
    if (wishes->user_pin.size)
        tlv_write(&out, 0x81, wishes->user_pin);
    tlv_write(&out, 0x82, wishes->so_pin);
    tlv_write_u8(&out, 0x91, wishes->tries);
    if (wishes->custodians)
        tlv_write(&out, 0x93, SPAN_OF(custody));
    if (wishes->export != CLIENT_NO_EXPORT)
        tlv_write_u8(&out, wishes->export == CLIENT_DKEK ? 0x92 : 0x97, wishes->count);
    return out.full ? CLIENT_MALFORMED : send(card, 0x80500000, written(&out), out_sw);
}

/* --- Files --- */

int client_memory(const struct reader_card *card, struct client_memory *out, uint16_t *out_sw)
{
    uint8_t answer[SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x80500000, (struct span){ 0 }, SHORT_LE);
    int result = exchange(card, &apdu, &from, out_sw);
    if (result)
        return result;
    struct reader in = reader_of(written(&from));
    struct client_memory memory = { .free = read_u32(&in) };
    if (read_failed(&in))
        return CLIENT_MALFORMED;

    apdu = apdu_of(0x80640500, (struct span){ 0 }, SHORT_LE);
    from = WRITER_OF(answer);
    result = exchange(card, &apdu, &from, out_sw);
    if (result && result != CLIENT_REFUSED)
        return result;
    in = reader_of(written(&from)); /* free, used, all, files, size (protocol.md 12.1) */
    read_u32(&in);
    memory.used = read_u32(&in);
    read_span(&in, 3 * sizeof memory.used);
    memory.tells_used = !result && read_finished(&in);
    *out = memory;
    return 0;
}

int client_list(const struct reader_card *card, uint16_t out[CLIENT_FILES_MAX], size_t *out_count,
                uint16_t *out_sw)
{
    uint8_t answer[2 * CLIENT_FILES_MAX + READER_ANSWER_SIZE];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x80580000, (struct span){ 0 }, APDU_LE_MAX);
    int result = exchange(card, &apdu, &from, out_sw);
    if (result)
        return result;
    struct reader in = reader_of(written(&from));
    size_t count = 0;
    while (read_left(&in) && count < CLIENT_FILES_MAX)
        out[count++] = read_u16(&in);
    if (!read_finished(&in))
        return CLIENT_MALFORMED;
    *out_count = count;
    return 0;
}

static int select_file(const struct reader_card *card, uint16_t file, struct writer *answer,
                       uint16_t *out_sw)
{
    uint8_t data[2];
    struct writer name = WRITER_OF(data);
    write_u16(&name, file);
    struct apdu apdu = apdu_of(0x00A40000, written(&name), SHORT_LE);
    return exchange(card, &apdu, answer, out_sw);
}

int client_size(const struct reader_card *card, uint16_t file, size_t *out, uint16_t *out_sw)
{
    uint8_t answer[SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    int result = select_file(card, file, &from, out_sw);
    if (result)
        return result;
    struct reader in = reader_of(written(&from));
    struct reader members = file_template(&in);
    struct span size = { 0 };
    if (!tlv_find(&members, 0x80, &size) || !size.size)
        return CLIENT_MALFORMED;
    *out = tlv_number(&members, size);
    return read_failed(&in) ? CLIENT_MALFORMED : 0;
}

/* Reads the part of a file at offset; an empty answer is the end of the file. */
static int read_part(const struct reader_card *card, uint16_t file, size_t offset, uint32_t le,
                     struct writer *part, uint16_t *out_sw)
{
    uint8_t data[4];
    struct writer where = WRITER_OF(data);
    write_u16(&where, 0x5402);
    write_u16(&where, (uint16_t)offset);
    struct apdu apdu = apdu_of(0x00B10000u | file, written(&where), le);
    int result = exchange(card, &apdu, part, out_sw);
    return !result && part->size > le ? CLIENT_MALFORMED : result;
}

/* Reads the bytes behind the last two-byte offset in one extended answer. */
static int read_end(const struct reader_card *card, uint16_t file, struct writer *out,
                    uint16_t *out_sw)
{
    SCOPED_SECRET(bytes, READER_ANSWER_SIZE);
    struct writer part = WRITER_OF(bytes);
    uint32_t le = card->channel ? SHORT_LE : APDU_LE_MAX;
    int result = read_part(card, file, CLIENT_FILE_MAX, le, &part, out_sw);
    write_span(out, written(&part));
    bool whole = !out->full && (!card->channel || part.size < le);
    return result || whole ? result : CLIENT_MALFORMED;
}

int client_read(const struct reader_card *card, uint16_t file, struct writer *out, uint16_t *out_sw)
{
    SCOPED_SECRET(bytes, SHORT_ANSWER);
    for (size_t offset = 0; offset < CLIENT_FILE_MAX;) {
        struct writer part = WRITER_OF(bytes);
        size_t left = CLIENT_FILE_MAX - offset;
        uint32_t le = left < SHORT_LE ? (uint32_t)left : SHORT_LE;
        int result = read_part(card, file, offset, le, &part, out_sw);
        if (result)
            return result;
        write_span(out, written(&part));
        if (out->full)
            return CLIENT_MALFORMED;
        if (part.size < le)
            return 0;
        offset += part.size;
    }
    return read_end(card, file, out, out_sw);
}

static int write_part(const struct reader_card *card, uint16_t file, size_t offset,
                      struct span part, uint16_t *out_sw)
{
    SCOPED_SECRET(data, WRITE_LAST + 16);
    struct writer out = WRITER_OF(data);
    write_u16(&out, 0x5402);
    write_u16(&out, (uint16_t)offset);
    tlv_write(&out, 0x53, part);
    return send(card, 0x00D70000u | file, written(&out), out_sw);
}

int client_write(const struct reader_card *card, uint16_t file, struct span content,
                 uint16_t *out_sw)
{
    size_t offset = 0;
    if (content.size > CLIENT_LONG_MAX)
        return CLIENT_MALFORMED;
    do {
        size_t left = CLIENT_FILE_MAX - offset, most = left < WRITE_PART ? left : WRITE_PART;
        struct span part = span_part(content, offset, left ? most : WRITE_LAST);
        int result = write_part(card, file, offset, part, out_sw);
        if (result)
            return result;
        offset += part.size;
    } while (offset < content.size);
    return 0;
}

int client_delete(const struct reader_card *card, uint16_t file, uint16_t *out_sw)
{
    uint8_t data[2];
    struct writer out = WRITER_OF(data);
    write_u16(&out, file);
    return send(card, 0x00E40200, written(&out), out_sw);
}

/* --- Key domains, and wrapped keys --- */

static int read_domain(const struct reader_card *card, uint32_t header, struct span data,
                       struct client_domain *out, uint16_t *out_sw)
{
    uint8_t answer[SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(header, data, SHORT_LE);
    int result = exchange(card, &apdu, &from, out_sw);
    if (result)
        return result;
    struct client_domain domain;
    struct reader in = reader_of(written(&from));
    domain.shares = read_u8(&in);
    domain.outstanding = read_u8(&in);
    bool whole = span_copy(read_span(&in, sizeof domain.check), domain.check, sizeof domain.check);
    if (!whole)
        return CLIENT_MALFORMED;
    domain.has_group = read_left(&in);
    if (domain.has_group && !span_copy(read_rest(&in), domain.group, sizeof domain.group))
        return CLIENT_MALFORMED;
    *out = domain;
    return 0;
}

int client_domain(const struct reader_card *card, uint8_t domain, struct client_domain *out,
                  uint16_t *out_sw)
{
    return read_domain(card, 0x80520000u | domain, (struct span){ 0 }, out, out_sw);
}

int client_import_share(const struct reader_card *card, uint8_t domain, struct span share,
                        struct client_domain *out, uint16_t *out_sw)
{
    return read_domain(card, 0x80520000u | domain, share, out, out_sw);
}

int client_create_domain(const struct reader_card *card, uint8_t domain, uint8_t shares,
                         uint16_t *out_sw)
{
    struct client_domain ignored;
    return read_domain(card, 0x80520100u | domain, span_of(&shares, 1), &ignored, out_sw);
}

int client_delete_domain(const struct reader_card *card, uint8_t domain, uint16_t *out_sw)
{
    return send(card, 0x80520300u | domain, (struct span){ 0 }, out_sw);
}

int client_clear_domain(const struct reader_card *card, uint8_t domain, uint16_t *out_sw)
{
    struct client_domain ignored;
    return read_domain(card, 0x80520400u | domain, (struct span){ 0 }, &ignored, out_sw);
}

/* --- Domains of a group --- */

int client_join_domain(const struct reader_card *card, uint8_t domain, struct span membership,
                       uint16_t *out_sw)
{
    struct client_domain ignored;
    return read_domain(card, 0x80520200u | domain, membership, &ignored, out_sw);
}

int client_generate(const struct reader_card *card, uint8_t key,
                    const struct client_new_key *wished, uint16_t *out_sw)
{
    uint8_t bytes[1024];
    struct writer data = WRITER_OF(bytes);
    tlv_write_u8(&data, CVC_PROFILE, 0);
    int r = cvc_write_key_template(&wished->spec, &data);
    tlv_write(&data, CVC_CHR, wished->name);
    if (wished->algorithms.size)
        tlv_write(&data, 0x91, wished->algorithms);
    if (wished->domain >= 0)
        tlv_write_u8(&data, 0x92, (uint8_t)wished->domain);
    if (r || data.full)
        return r ? r : CLIENT_MALFORMED;
    /* Some cards answer with the request. It is ignored here: hosts read it from its file. */
    uint8_t answer[READER_ANSWER_SIZE];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x00460000u | (uint32_t)key << 8, written(&data), 0);
    return exchange(card, &apdu, &from, out_sw);
}

int client_exchange_key(const struct reader_card *card, uint8_t key, struct span request,
                        struct client_domain *out, uint16_t *out_sw)
{
    return read_domain(card, 0x80620000u | (uint32_t)key << 8 | EXCHANGE, request, out, out_sw);
}

int client_exchange_domain(const struct reader_card *card, uint8_t key, int *out_domain,
                           uint16_t *out_sw)
{
    uint8_t answer[SHORT_ANSWER];
    static const uint8_t exchange_alone[] = { EXCHANGE };
    struct writer from = WRITER_OF(answer);
    struct span attributes = { 0 }, list = { 0 }, domain = { 0 };
    int result = select_file(card, FILE_KEY | key, &from, out_sw);
    if (result)
        return result;
    struct reader in = reader_of(written(&from));
    struct reader members = file_template(&in);
    if (read_failed(&in))
        return CLIENT_MALFORMED;
    *out_domain = -1;
    if (!tlv_find(&members, 0xA5, &attributes))
        return 0;
    struct reader limits = reader_of(attributes);
    bool found = tlv_find(&limits, 0x91, &list) && tlv_find(&limits, 0x92, &domain);
    if (found && span_equal(list, SPAN_OF(exchange_alone)))
        *out_domain = (int)tlv_number(&limits, domain);
    return 0;
}

/* --- Custodians --- */

/* Reads the four numbers of custody; a card that registers a custodian may answer with them,
 * too. */
static bool read_custody(struct span answer, struct client_custody *out)
{
    struct reader in = reader_of(answer);
    struct client_custody custody;
    custody.total = read_u8(&in);
    custody.missing = read_u8(&in);
    custody.required = read_u8(&in);
    custody.authenticated = read_u8(&in);
    if (read_finished(&in))
        *out = custody;
    return !read_failed(&in) && !read_left(&in);
}

int client_custody(const struct reader_card *card, struct client_custody *out, uint16_t *out_sw)
{
    uint8_t answer[SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x80540000, (struct span){ 0 }, 4);
    int result = exchange(card, &apdu, &from, out_sw);
    if (result)
        return result;
    return read_custody(written(&from), out) ? 0 : CLIENT_MALFORMED;
}

static int put_custodian(const struct reader_card *card, uint32_t header, struct span request,
                         uint16_t *out_sw)
{
    uint8_t answer[SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(header, request, 0);
    struct client_custody ignored;
    int result = exchange(card, &apdu, &from, out_sw);
    bool good = result || !from.size || read_custody(written(&from), &ignored);
    return good ? result : CLIENT_MALFORMED;
}

static int append(struct writer *out, struct span answer)
{
    write_span(out, answer);
    return answer.size && !out->full ? 0 : CLIENT_MALFORMED;
}

/* Sends a command and appends its answer, which must not be empty and must fit into out. */
static int ask(const struct reader_card *card, uint32_t header, struct span data,
               struct writer *out, uint16_t *out_sw)
{
    uint8_t answer[READER_ANSWER_SIZE];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(header, data, data.size > 255 ? APDU_LE_MAX : SHORT_LE);
    int result = exchange(card, &apdu, &from, out_sw);
    return result ? result : append(out, written(&from));
}

int client_custodian(const struct reader_card *card, uint8_t place, struct writer *out,
                     uint16_t *out_sw)
{
    return ask(card, 0x80540200u | place, (struct span){ 0 }, out, out_sw);
}

/* Sends MANAGE SECURITY ENVIRONMENT with a name. */
static int choose(const struct reader_card *card, uint32_t header, struct span name,
                  uint16_t *out_sw)
{
    uint8_t data[2 + 255];
    struct writer out = WRITER_OF(data);
    tlv_write(&out, 0x83, name);
    return out.full ? CLIENT_MALFORMED : send(card, header, written(&out), out_sw);
}

int client_choose_issuer(const struct reader_card *card, struct span name, uint16_t *out_sw)
{
    return choose(card, 0x002281B6, name, out_sw);
}

int client_verify_certificate(const struct reader_card *card, struct span certificate,
                              uint16_t *out_sw)
{
    return send(card, 0x002A00BE, certificate, out_sw);
}

int client_register_custodian(const struct reader_card *card, struct span request, uint16_t *out_sw)
{
    return put_custodian(card, 0x80540000, request, out_sw);
}

int client_replace_custodian(const struct reader_card *card, uint8_t place, struct span request,
                             uint16_t *out_sw)
{
    return put_custodian(card, 0x80540100u | place, request, out_sw);
}

int client_choose_custodian(const struct reader_card *card, struct span name, uint16_t *out_sw)
{
    return choose(card, 0x002281A4, name, out_sw);
}

int client_challenge(const struct reader_card *card, struct writer *out, uint16_t *out_sw)
{
    uint8_t answer[SHORT_ANSWER];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x00840000, (struct span){ 0 }, CLIENT_CHALLENGE);
    int result = exchange(card, &apdu, &from, out_sw);
    if (!result && from.size != CLIENT_CHALLENGE)
        return CLIENT_MALFORMED;
    write_span(out, written(&from));
    return result;
}

int client_authenticate(const struct reader_card *card, struct span signature, uint16_t *out_sw)
{
    return send(card, 0x00820000, signature, out_sw);
}

int client_sign(const struct reader_card *card, uint8_t key, uint8_t algorithm, struct span input,
                struct writer *out, uint16_t *out_sw)
{
    return ask(card, 0x80680000u | (uint32_t)key << 8 | algorithm, input, out, out_sw);
}

int client_wrap(const struct reader_card *card, uint8_t key, struct writer *out, uint16_t *out_sw)
{
    uint8_t answer[CLIENT_BLOB_MAX + READER_ANSWER_SIZE];
    struct writer from = WRITER_OF(answer);
    struct apdu apdu = apdu_of(0x80720092u | (uint32_t)key << 8, (struct span){ 0 }, APDU_LE_MAX);
    struct key_blob ignored;
    int result = exchange(card, &apdu, &from, out_sw);
    if (!result && !key_blob_read(written(&from), &ignored))
        return CLIENT_MALFORMED;
    return result ? result : append(out, written(&from));
}

int client_unwrap(const struct reader_card *card, uint8_t key, struct span blob, uint16_t *out_sw)
{
    return send(card, 0x80740093u | (uint32_t)key << 8, blob, out_sw);
}
