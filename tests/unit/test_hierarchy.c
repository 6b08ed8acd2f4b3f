/* SPDX-License-Identifier: Apache-2.0 */
/* storage/hierarchy: every purpose has its own key, and the keys are those of the written format.
 * Expected values: Python's hashlib.blake2b(label, key=root, digest_size=32), root 00 01 .. 1f. */
#include "storage/hierarchy.h"

#include <sodium.h>

#include "tests/support/suite.h"

static struct hierarchy counting_root(void)
{
    struct hierarchy keys = { 0 };
    uint8_t root[ROOT_SIZE];
    for (uint8_t i = 0; i < sizeof root; i++)
        root[i] = i;
    ck_assert_int_ge(sodium_init(), 0);
    ck_assert_int_eq(hierarchy_init(&keys, root), 0);
    return keys;
}

static void assert_hex(struct span bytes, const char *expected)
{
    uint8_t wanted[MAC_SIZE];
    struct writer out = WRITER_OF(wanted);
    ck_assert(hex_decode(expected, &out));
    ck_assert(span_equal(bytes, written(&out)));
}

START_TEST(keys_are_those_of_the_format)
{
    static const struct {
        enum subkey which;
        const char *expected;
    } rows[] = {
        { SUBKEY_SEAL, "26c70fa25c8134f81a1cc283050d4aa00eacfcbc403660fc0550724bf6f60b71" },
        { SUBKEY_ROW, "07a0cacd8074e600acf236a8000ee9e9e1ead4b5465a66537b63ad0db9faf6c7" },
        { SUBKEY_SET, "9fb4eb9ded02db7bfa735be881f76971bdedaa2cf83ee5512207a14af39d9549" },
        { SUBKEY_STATE, "8f1714000432bef03146ce792840f0f57a0b961f514ec88e0d6c988070b10a5d" },
        { SUBKEY_PEPPER, "660397ace90b99ce935788f093c9ba38fe3a7e44ec2540538c717911dd3aedfa" },
        { SUBKEY_ANCHOR, "29781883be059cb8615a849f24d4071e07bf9c3b117621d67a7e313596836a05" },
    };
    SCOPED(hierarchy_deinit) struct hierarchy keys = counting_root();
    ck_assert_uint_eq(COUNT_OF(rows), SUBKEY_COUNT);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_hex(span_of(hierarchy_key(&keys, rows[i].which), SUBKEY_SIZE), rows[i].expected);
}
END_TEST

START_TEST(mac_covers_all_parts_in_order)
{
    SCOPED(hierarchy_deinit) struct hierarchy keys = counting_root();
    const struct span parts[] = { span_of_text("abc"), span_of("\x81", 1) };
    uint8_t mac[MAC_SIZE];
    hierarchy_mac(&keys, SUBKEY_ROW, parts, COUNT_OF(parts), mac);
    assert_hex(SPAN_OF(mac), "bb45ce3e96f567212c1e3d033c3c3d287707a24f4a4579131350758e1d4dd68e");
}
END_TEST

int main(void)
{
    return RUN_TESTS("hierarchy", keys_are_those_of_the_format, mac_covers_all_parts_in_order);
}
