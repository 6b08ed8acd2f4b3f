/* Commands of a SmartCard-HSM, built and judged. */
#include "host/client.h"

#include "base/secret.h"

static const uint8_t application[] = { 0xE8, 0x2B, 0x06, 0x01, 0x04, 0x01,
                                       0x81, 0xC3, 0x1F, 0x02, 0x01 };

enum { SW_DONE = 0x9000, SHORT_COMMAND = 261, SHORT_ANSWER = 258 };

static int judge(struct span answer, uint16_t *out_sw)
{
    if (answer.size < 2)
        return CLIENT_MALFORMED;
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    *out_sw = read_u16(&in);
    return *out_sw == SW_DONE ? 0 : CLIENT_REFUSED;
}

/* Sends header, length and data; the command may hold a PIN, so it is wiped afterwards. */
static int send(const struct reader_card *card, uint32_t header, struct span data, uint16_t *out_sw)
{
    SCOPED_SECRET(command, SHORT_COMMAND);
    uint8_t answer[SHORT_ANSWER];
    struct writer to = WRITER_OF(command);
    struct writer from = WRITER_OF(answer);
    write_u32(&to, header);
    write_u8(&to, (uint8_t)data.size);
    write_span(&to, data);
    int result = reader_transmit(card, written(&to), &from);
    return result ? result : judge(written(&from), out_sw);
}

int client_select(const struct reader_card *card, uint16_t *out_sw)
{
    return send(card, 0x00A4040C, SPAN_OF(application), out_sw);
}

int client_verify(const struct reader_card *card, struct span pin, uint16_t *out_sw)
{
    return send(card, 0x00200081, pin, out_sw);
}
