/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as TLV: the reader must end, stay inside, and writing what was read must give the same
 * elements. */
#include <stdlib.h>

#include "base/tlv.h"
#include "formats/cvc.h"
#include "tests/fuzz/fuzz.h"

#define DEPTH_MAX 16

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void walk(struct span bytes, int depth)
{
    struct reader in = reader_of(bytes);
    while (read_left(&in) && depth < DEPTH_MAX) {
        size_t before = read_left(&in);
        struct tlv element = tlv_read(&in);
        if (read_failed(&in))
            return;
        require(read_left(&in) < before);
        require(element.whole.at >= bytes.at &&
                element.whole.at + element.whole.size <= bytes.at + bytes.size);
        require(element.value.at + element.value.size == element.whole.at + element.whole.size);
        walk(element.value, depth + 1);
    }
}

/* Written again the header is minimal, so never longer; read again it is the same element. */
static void write_again(struct span bytes)
{
    static uint8_t room[1 << 17];
    struct reader in = reader_of(bytes);
    struct tlv element = tlv_read(&in);
    struct writer out = WRITER_OF(room);
    if (!element.tag || bytes.size > sizeof room / 2)
        return;
    tlv_write(&out, element.tag, element.value);
    require(!out.full && out.size <= element.whole.size + 1);
    struct reader again = reader_of(written(&out));
    struct tlv copy = tlv_read(&again);
    require(copy.tag == element.tag && span_equal(copy.value, element.value));
    require(read_finished(&again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size), a, b;
    walk(bytes, 0);
    write_again(bytes);

    struct reader in = reader_of(bytes);
    tlv_read_members(&in, { 0x80, 0, 8, true, &a }, { 0x5F29, 1, 1, false, &b });
    struct key_spec spec;
    struct reader parts = reader_of(bytes);
    if (cvc_read_key_template(&parts, &spec) == 0)
        require(spec.type == KEY_RSA || spec.curve != NULL);
    return 0;
}
