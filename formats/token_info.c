/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes the file 2F03. */
#include "formats/token_info.h"

#include "base/tlv.h"

void token_info_write(const struct token_info *info, struct writer *out)
{
    /* TokenFlags: loginRequired and prnGeneration, four unused bits. */
    static const uint8_t flags[] = { 0x04, 0x30 };

    struct tlv_mark sequence = tlv_open(out, 0x30);
    tlv_write_u8(out, 0x02, 0);
    tlv_write(out, 0x04, info->serial);
    tlv_write(out, 0x0C, info->manufacturer);
    tlv_write(out, 0x80, info->label);
    tlv_write(out, 0x03, SPAN_OF(flags));
    tlv_close(out, sequence);
}

bool token_info_read(struct span file, struct token_info *out)
{
    struct token_info info = { 0 };
    struct reader in = reader_of(file);
    struct reader sequence = tlv_enter(&in, 0x30);
    (void)tlv_find(&sequence, 0x04, &info.serial);
    (void)tlv_find(&sequence, 0x0C, &info.manufacturer);
    (void)tlv_find(&sequence, 0x80, &info.label);
    if (read_failed(&in))
        return false;
    *out = info;
    return true;
}
