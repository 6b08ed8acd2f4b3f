/* SPDX-License-Identifier: Apache-2.0 */
/* Protects and verifies commands and answers of secure messaging. */
#include "formats/channel.h"

#include "base/secret.h"
#include "base/tlv.h"
#include "crypto/aes.h"

static const uint8_t protocol[] = { 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x02 };
const struct span channel_protocol = { protocol, sizeof protocol };

enum {
    CLASS_PROTECTED = 0x0C, /* the header is covered too */
    TAG_CIPHER = 0x87,      /* cipher text after a byte that tells the padding */
    TAG_CIPHER_ODD = 0x85,  /* the cipher text alone, in commands with an odd instruction */
    TAG_LE = 0x97,
    TAG_STATUS = 0x99,
    TAG_MAC = 0x8E,
    PADDING_INDICATOR = 0x01, /* ISO 7816-4: 80 00 .. */
    MAC_SIZE = 8,
};

void channel_wipe(struct channel *channel)
{
    secret_wipe(channel, sizeof *channel);
}

/* --- Keys --- */

static int derive_key(struct span shared, struct span nonce, uint8_t number,
                      uint8_t out[CHANNEL_BLOCK])
{
    const uint8_t counter[4] = { 0, 0, 0, number };
    SCOPED_SECRET(hash, DIGEST_MAX);
    int r = digest_of(DIGEST_SHA1, (struct span[]){ shared, nonce, SPAN_OF(counter) }, 3, hash);
    struct writer key = writer_of(out, CHANNEL_BLOCK);
    write_span(&key, span_of(hash, CHANNEL_BLOCK));
    return r;
}

int channel_derive(struct span shared, struct span nonce, struct channel *out)
{
    SCOPED(channel_wipe) struct channel channel = { 0 };
    int r = derive_key(shared, nonce, 1, channel.encryption);
    if (!r)
        r = derive_key(shared, nonce, 2, channel.mac);
    if (!r)
        *out = channel;
    return r;
}

/* TR-03110-3 A.4.5: the authentication token covers a public key object. */
int channel_token(const struct channel *channel, struct span host_point,
                  uint8_t out[CHANNEL_TOKEN_SIZE])
{
    uint8_t bytes[256], mac[CHANNEL_BLOCK];
    struct writer object = WRITER_OF(bytes), whole = WRITER_OF(mac);
    struct tlv_mark key = tlv_open(&object, 0x7F49);
    tlv_write(&object, 0x06, channel_protocol);
    tlv_write(&object, 0x86, host_point);
    tlv_close(&object, key);
    int r = aes_cmac(SPAN_OF(channel->mac), written(&object), &whole);
    struct writer token = writer_of(out, CHANNEL_TOKEN_SIZE);
    if (!r)
        write_span(&token, span_of(mac, CHANNEL_TOKEN_SIZE));
    return r;
}

/* --- What all messages share --- */

bool channel_protects(const struct apdu *apdu)
{
    return (apdu->cla & CLASS_PROTECTED) == CLASS_PROTECTED;
}

static void count_on(struct channel *channel)
{
    for (size_t i = sizeof channel->number; i-- > 0 && ++channel->number[i] == 0;)
        ;
}

static void write_padding(struct writer *out, size_t size)
{
    write_u8(out, 0x80);
    write_zeros(out, CHANNEL_BLOCK - 1 - size % CHANNEL_BLOCK);
}

/* The IV is the encrypted message number. */
static int cipher(const struct channel *channel, bool encrypt, struct span input,
                  struct writer *out)
{
    uint8_t bytes[CHANNEL_BLOCK];
    struct writer vector = WRITER_OF(bytes);
    int r = aes_cbc(SPAN_OF(channel->encryption), true, SPAN_OF(channel->number), &vector);
    return r ? r : aes_cbc_from(SPAN_OF(channel->encryption), bytes, encrypt, input, out);
}

/* The MAC over message number, header (empty for an answer) and members; header and members are
 * padded each. */
static int authenticate(const struct channel *channel, struct span header, struct span members,
                        uint8_t out[CHANNEL_BLOCK])
{
    uint8_t header_bytes[CHANNEL_BLOCK], padding_bytes[CHANNEL_BLOCK];
    struct writer block = WRITER_OF(header_bytes), padding = WRITER_OF(padding_bytes);
    struct writer mac = writer_of(out, CHANNEL_BLOCK);
    write_span(&block, header);
    if (header.size)
        write_padding(&block, header.size);
    if (members.size)
        write_padding(&padding, members.size);
    return aes_cmac_of(
        SPAN_OF(channel->mac),
        (struct span[]){ SPAN_OF(channel->number), written(&block), members, written(&padding) }, 4,
        &mac);
}

static int append_mac(const struct channel *channel, struct span header, struct span members,
                      size_t size, struct writer *out)
{
    uint8_t mac[CHANNEL_BLOCK];
    int r = authenticate(channel, header, members, mac);
    if (!r)
        tlv_write(out, TAG_MAC, span_part(SPAN_OF(mac), 0, size));
    return r;
}

static int check_mac(const struct channel *channel, struct span header, struct span members,
                     struct span mac)
{
    uint8_t right[CHANNEL_BLOCK];
    if (mac.size < MAC_SIZE || mac.size > sizeof right)
        return CHANNEL_BROKEN;
    int r = authenticate(channel, header, members, right);
    if (r)
        return r;
    return span_equal(mac, span_of(right, mac.size)) ? 0 : CHANNEL_BROKEN;
}

/* Pads the data, enciphers it into room and writes it as a member. */
static int write_cipher(const struct channel *channel, uint32_t tag, struct span data,
                        struct writer *room, struct writer *out)
{
    size_t start = room->size;
    write_span(room, data);
    write_padding(room, data.size);
    struct span padded = span_part(written(room), start, room->size);
    if (room->full)
        return 0; /* out is full, which its owner checks */
    struct tlv_mark member = tlv_open(out, tag);
    if (tag == TAG_CIPHER)
        write_u8(out, PADDING_INDICATOR);
    int r = cipher(channel, true, padded, out);
    tlv_close(out, member);
    return r;
}

/* Removes the padding 80 00 .. from the bytes written from start on. */
static bool strip_padding(struct writer *plain, size_t start)
{
    struct span data = span_part(written(plain), start, plain->size);
    size_t size = data.size;
    while (size && data.at[size - 1] == 0)
        size--;
    if (!size || data.at[size - 1] != 0x80)
        return false;
    write_trim(plain, start + size - 1);
    return true;
}

static int read_cipher(const struct channel *channel, uint32_t tag, struct span value,
                       struct writer *plain)
{
    struct reader in = reader_of(value);
    if (tag == TAG_CIPHER && read_u8(&in) != PADDING_INDICATOR)
        return CHANNEL_BROKEN;
    size_t start = plain->size;
    int r = cipher(channel, false, read_rest(&in), plain);
    if (r)
        return r < 0 ? r : CHANNEL_BROKEN;
    return !plain->full && strip_padding(plain, start) ? 0 : CHANNEL_BROKEN;
}

/* The members of a message, in this order; all except the MAC may be absent. */
struct members {
    struct span covered;            /* the bytes that the MAC covers */
    struct span cipher, other, mac; /* at is NULL when absent */
};

static struct span read_optional(struct reader *in, uint32_t tag)
{
    return tlv_is_next(in, tag) ? tlv_expect(in, tag) : (struct span){ 0 };
}

static bool read_members(struct span message, uint32_t cipher_tag, uint32_t other_tag,
                         struct members *out)
{
    struct reader in = reader_of(message);
    out->cipher = read_optional(&in, cipher_tag);
    out->other = read_optional(&in, other_tag);
    out->covered = span_part(message, 0, message.size - read_left(&in));
    out->mac = tlv_expect(&in, TAG_MAC);
    return read_finished(&in);
}

/* --- Commands --- */

static uint32_t cipher_tag_of(const struct apdu *command)
{
    return command->ins & 1 ? TAG_CIPHER_ODD : TAG_CIPHER;
}

static struct span header_of(const struct apdu *command, uint8_t out[4])
{
    out[0] = command->cla;
    out[1] = command->ins;
    out[2] = command->p1;
    out[3] = command->p2;
    return span_of(out, 4);
}

static void read_le(struct span value, struct apdu *out)
{
    struct reader in = reader_of(value);
    out->le_present = value.at != NULL;
    out->le = value.size == 1 ? read_u8(&in) : value.size ? read_u16(&in) : 0;
    if (out->le_present && !out->le)
        out->le = value.size == 1 ? 256 : APDU_LE_MAX;
}

int channel_open_command(struct channel *channel, const struct apdu *command, struct writer *plain,
                         struct apdu *out)
{
    struct members members;
    uint8_t header[4];
    count_on(channel);
    if (!read_members(command->data, cipher_tag_of(command), TAG_LE, &members) ||
        members.other.size > 2)
        return CHANNEL_UNPROTECTED;
    int r = check_mac(channel, header_of(command, header), members.covered, members.mac);
    size_t start = plain->size;
    if (!r && members.cipher.at)
        r = read_cipher(channel, cipher_tag_of(command), members.cipher, plain);
    if (r)
        return r;
    *out = *command;
    out->cla &= (uint8_t)~CLASS_PROTECTED;
    out->data = span_part(written(plain), start, plain->size);
    read_le(members.other, out);
    return 0;
}

static void write_le(struct writer *out, uint32_t le)
{
    struct tlv_mark member = tlv_open(out, TAG_LE);
    if (le > 256)
        write_u16(out, (uint16_t)le);
    else
        write_u8(out, (uint8_t)le);
    tlv_close(out, member);
}

/* Protection may make the answer to a short command longer than 256 bytes; the host then asks for
 * the maximum. */
static uint32_t outer_le(const struct apdu *command)
{
    return command->le + CHANNEL_OVERHEAD > 256 ? APDU_LE_MAX : 256;
}

int channel_seal_command(struct channel *channel, const struct apdu *command, struct writer *room,
                         struct writer *out)
{
    return channel_seal_command_with(channel, command, MAC_SIZE, room, out);
}

int channel_seal_command_with(struct channel *channel, const struct apdu *command, size_t mac_size,
                              struct writer *room, struct writer *out)
{
    struct apdu sealed = { .cla = command->cla | CLASS_PROTECTED,
                           .ins = command->ins,
                           .p1 = command->p1,
                           .p2 = command->p2,
                           .le_present = true,
                           .le = outer_le(command) };
    uint8_t header[4];
    int r = 0;
    count_on(channel);
    /* the message is built after the space of its cipher text, and then copied to its place */
    struct writer members = writer_of(room->at + room->size, (room->capacity - room->size) / 2);
    struct writer padded = writer_of(members.at + members.capacity, members.capacity);
    if (command->data.size)
        r = write_cipher(channel, cipher_tag_of(command), command->data, &padded, &members);
    if (!r && command->le)
        write_le(&members, command->le);
    if (!r)
        r = append_mac(channel, header_of(&sealed, header), written(&members), mac_size, &members);
    sealed.data = written(&members);
    apdu_write(&sealed, out);
    out->full |= members.full || padded.full;
    write_trim(&padded, 0);
    return r;
}

/* --- Answers --- */

size_t channel_answer_max(size_t room)
{
    /* Headers of cipher text, status word and MAC, the byte that tells the padding, and these. */
    enum { REST = 4 + 1 + 2 + 2 + 2 + MAC_SIZE };
    size_t blocks = room > REST ? (room - REST) / CHANNEL_BLOCK : 0;
    return blocks ? blocks * CHANNEL_BLOCK - 1 : 0; /* padding takes at least one byte */
}

int channel_seal_answer(struct channel *channel, struct span data, uint16_t status,
                        struct writer *room, struct writer *out)
{
    size_t start = out->size;
    int r = 0;
    count_on(channel);
    if (data.size)
        r = write_cipher(channel, TAG_CIPHER, data, room, out);
    struct tlv_mark member = tlv_open(out, TAG_STATUS);
    write_u16(out, status);
    tlv_close(out, member);
    out->full |= room->full;
    return r ? r
             : append_mac(channel, (struct span){ 0 }, span_part(written(out), start, out->size),
                          MAC_SIZE, out);
}

int channel_open_answer(struct channel *channel, struct span answer, struct writer *data,
                        uint16_t *out_status)
{
    struct members members;
    count_on(channel);
    if (!read_members(answer, TAG_CIPHER, TAG_STATUS, &members) || members.other.size != 2)
        return CHANNEL_UNPROTECTED;
    int r = check_mac(channel, (struct span){ 0 }, members.covered, members.mac);
    if (!r && members.cipher.at)
        r = read_cipher(channel, TAG_CIPHER, members.cipher, data);
    struct reader in = reader_of(members.other);
    if (!r)
        *out_status = read_u16(&in);
    return r;
}
