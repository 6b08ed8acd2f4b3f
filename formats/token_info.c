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
