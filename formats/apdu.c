/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes command APDUs. */
#include "formats/apdu.h"

/* Reads Le at the end of a command: absent, or `width` bytes, in which zero means the form's
 * maximum. */
static void read_le(struct reader *in, size_t width, struct apdu *out)
{
    out->le_present = read_left(in) > 0;
    if (!out->le_present)
        return;
    uint32_t le = width == 1 ? read_u8(in) : read_u16(in);
    out->le = le ? le : width == 1 ? 256 : APDU_LE_MAX;
}

static void read_short(struct reader *in, struct apdu *out)
{
    if (read_left(in) > 1)
        out->data = read_span(in, read_u8(in));
    read_le(in, 1, out);
}

static void read_extended(struct reader *in, struct apdu *out)
{
    read_u8(in); /* the zero byte that announces the extended form */
    if (read_left(in) > 2)
        out->data = read_span(in, read_u16(in));
    read_le(in, 2, out);
}

bool apdu_parse(struct span command, struct apdu *out)
{
    struct reader in = reader_of(command);
    struct apdu apdu = { .cla = read_u8(&in), .ins = read_u8(&in) };
    apdu.p1 = read_u8(&in);
    apdu.p2 = read_u8(&in);

    bool extended = read_left(&in) > 1 && in.rest.at[0] == 0;
    if (extended)
        read_extended(&in, &apdu);
    else
        read_short(&in, &apdu);
    if (!read_finished(&in))
        return false;
    *out = apdu;
    return true;
}

struct apdu apdu_of(uint32_t header, struct span data, uint32_t le)
{
    return (struct apdu){ .cla = (uint8_t)(header >> 24),
                          .ins = (uint8_t)(header >> 16),
                          .p1 = (uint8_t)(header >> 8),
                          .p2 = (uint8_t)header,
                          .data = data,
                          .le_present = le > 0,
                          .le = le };
}

void apdu_write(const struct apdu *apdu, struct writer *out)
{
    bool extended = apdu->data.size > 255 || apdu->le > 256;
    write_u8(out, apdu->cla);
    write_u8(out, apdu->ins);
    write_u8(out, apdu->p1);
    write_u8(out, apdu->p2);
    if (extended)
        write_u8(out, 0);
    if (apdu->data.size && extended)
        write_u16(out, (uint16_t)apdu->data.size);
    else if (apdu->data.size)
        write_u8(out, (uint8_t)apdu->data.size);
    write_span(out, apdu->data);
    if (apdu->le && extended)
        write_u16(out, (uint16_t)apdu->le);
    else if (apdu->le)
        write_u8(out, (uint8_t)apdu->le);
}
