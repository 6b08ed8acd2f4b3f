/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a wrapped key: first as they are, then as one whose components are not encrypted
 * yet, so that a fuzzer gets behind the MAC. What is taken for a key is one: its halves belong
 * together, and it leaves again as it came. */
#include <stdlib.h>

#include "crypto/crypto.h"
#include "formats/key_blob.h"
#include "tests/fuzz/fuzz.h"

#define PART_MAX 256 /* of a number: larger ones take the library long, and nothing new */

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool is_small(const struct key_parts *parts)
{
    const struct span all[] = { parts->n,  parts->e,  parts->d,      parts->p,    parts->q,
                                parts->dp, parts->dq, parts->scalar, parts->qinv, parts->point };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (all[i].size > PART_MAX)
            return false;
    return true;
}

/* The same blob, with its cipher text in the place of what is in it. */
static struct span encrypt(const struct kek *kek, const struct key_blob *blob, struct writer *out)
{
    size_t header = blob->authenticated.size - blob->cipher.size;
    write_span(out, span_part(blob->authenticated, 0, header));
    require(kek_encrypt(kek, blob->cipher, out) == 0);
    require(kek_authenticate(kek, written(out), out) == 0);
    return written(out);
}

/* Sealed and opened again it is the same material. */
static void travel(const struct kek *kek, const struct key_blob_key *content,
                   const struct key_spec *spec, struct span material)
{
    static uint8_t blob_bytes[2 * KEY_BLOB_MAX], plain_bytes[2 * KEY_BLOB_MAX];
    static uint8_t again_bytes[KEY_MATERIAL_MAX];
    struct writer out = WRITER_OF(blob_bytes), plain = WRITER_OF(plain_bytes);
    struct writer again = WRITER_OF(again_bytes);
    struct key_blob_key key = { .type = content->type, .spec = *spec }, back;
    struct key_blob blob;
    const struct key_kind *kind = key_kind_of(spec->type);
    require(kind->to_parts(spec, material, &key.parts) == 0);
    require(key_blob_seal(kek, &key, span_of("\0\1\2\3\4\5\6\7", 8), &out) == 0 && !out.full);
    require(key_blob_read(written(&out), &blob));
    require(key_blob_open(kek, &blob, &plain, &back) == 0);
    require(kind->import(&back.spec, &back.parts, NULL, &again) == 0);
    require(span_equal(written(&again), material));
}

static void import(const struct kek *kek, const struct key_blob_key *content)
{
    static uint8_t bytes[KEY_MATERIAL_MAX];
    struct writer material = WRITER_OF(bytes);
    struct key_spec spec = content->spec;
    const struct key_kind *kind = key_kind_of(spec.type);
    if (!is_small(&content->parts) || kind->import(&spec, &content->parts, NULL, &material))
        return;
    require(!material.full);
    require(!kind->verify || key_test_pair(&spec, written(&material)) == 0);
    travel(kek, content, &spec, written(&material));
}

static int open_blob(const struct kek *kek, struct span bytes)
{
    static uint8_t room[2 * KEY_BLOB_MAX];
    struct writer plain = WRITER_OF(room);
    struct key_blob_key content;
    struct key_blob blob;
    if (!key_blob_read(bytes, &blob))
        return KEY_BLOB_MALFORMED;
    int r = key_blob_open(kek, &blob, &plain, &content);
    require(r >= 0);
    if (!r)
        import(kek, &content);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[KEK_SIZE]; /* zeros, as in protocol.md 8.5 */
    static uint8_t room[4 * KEY_BLOB_MAX];
    struct writer sealed = WRITER_OF(room);
    struct key_blob blob;
    struct kek kek;
    if (crypto_init() || kek_derive(SPAN_OF(secret), &kek))
        abort();
    struct span bytes = span_of(data, size);
    (void)open_blob(&kek, bytes);
    if (size <= KEY_BLOB_MAX && key_blob_read(bytes, &blob))
        require(open_blob(&kek, encrypt(&kek, &blob, &sealed)) != KEY_BLOB_FOREIGN);
    return 0;
}
