/* SPDX-License-Identifier: Apache-2.0 */
/* Key domains and keys. */
#include <string.h>

#include "base/tlv.h"
#include "tests/model/steps.h"

/* A key of this type, if the model has one where we look. */
static uint8_t key_of_type(struct play *p, uint8_t type)
{
    uint8_t id = some_key(p);
    for (unsigned i = 0; i < 8 && p->model->keys[id].type != type && !percent(p, 10); i++)
        id = (uint8_t)(id % 8 + 1);
    return id;
}

/* --- Key domains --- */

static uint8_t some_domain(struct play *p)
{
    return (uint8_t)(percent(p, 5) ? 200 : draw(p, p->model->slots < 4 ? p->model->slots + 1 : 4));
}

void step_domain_status(struct play *p)
{
    play_send(p, 0x52, 0, some_domain(p), NOTHING);
}

/* Three shares there are, so that secrets come back, and domains have the same. */
void step_import_share(struct play *p)
{
    uint8_t share[32];
    memset(share, 1 << draw(p, 3), sizeof share);
    play_send(p, 0x52, 0, some_domain(p), SPAN_OF(share));
}

void step_create_domain(struct play *p)
{
    uint8_t shares = (uint8_t)draw(p, 3);
    play_send(p, 0x52, 1, some_domain(p), span_of(&shares, 1));
}

void step_end_domain(struct play *p)
{
    play_send(p, 0x52, percent(p, 50) ? 3 : 4, some_domain(p), NOTHING);
}

/* --- Making keys --- */

static void write_limits(struct play *p, bool aes, struct writer *out)
{
    static const uint8_t of_ec[] = { 0x70, 0x98, 0x80, 0x73 }, of_aes[] = { 0x10, 0x18, 0x99 };
    if (percent(p, 30)) {
        struct tlv_mark uses = tlv_open(out, 0x90);
        write_u32(out, percent(p, 3) ? UINT32_MAX : draw(p, 4));
        tlv_close(out, uses);
    }
    if (percent(p, aes ? 30 : 50)) /* without one, no EC key derives */
        tlv_write(out, 0x91, span_part(aes ? SPAN_OF(of_aes) : SPAN_OF(of_ec), 0, 1 + draw(p, 4)));
    if (percent(p, p->model->slots ? 60 : 3))
        tlv_write_u8(out, 0x92, some_domain(p));
    if (percent(p, 1))
        tlv_write_u8(out, 0x93, 1);
}

static void write_rsa_template(struct play *p, struct writer *out)
{
    static const uint8_t rsa[] = { 4, 0, 0x7F, 0, 7, 2, 2, 2, 1, 2 };
    static const uint8_t exponent[] = { 1, 0, 1 }, sizes[] = { 4, 0 };
    tlv_write(out, 0x06, SPAN_OF(rsa));
    tlv_write(out, 0x82, SPAN_OF(exponent));
    tlv_write(out, 0x02, percent(p, 90) ? SPAN_OF(sizes) : SPAN_OF(exponent));
}

static void generate(struct play *p, bool rsa)
{
    uint8_t bytes[1024], template_bytes[700], profile = 0;
    struct writer data = WRITER_OF(bytes), parts = WRITER_OF(template_bytes);
    const struct group *group =
        &truth_groups[percent(p, 85) ? 0 : draw(p, (unsigned)truth_group_count)];
    if (rsa)
        write_rsa_template(p, &parts);
    else
        truth_ec_template(group, &parts);
    if (percent(p, 5))
        write_trim(&parts, parts.size - 1 - draw(p, 2));
    tlv_write(&data, 0x5F29, span_of(&profile, 1));
    tlv_write_text(&data, 0x42, "UTCA00001");
    tlv_write(&data, 0x7F49, written(&parts));
    if (!percent(p, 2))
        tlv_write_text(&data, 0x5F20, "MODEL00001");
    write_limits(p, false, &data);
    play_send(p, 0x46, some_key(p), 0, written(&data));
}

void step_generate_ec(struct play *p)
{
    generate(p, false);
}

void step_generate_rsa(struct play *p)
{
    generate(p, true);
}

void step_generate_aes(struct play *p)
{
    uint8_t bytes[64];
    struct writer data = WRITER_OF(bytes);
    write_limits(p, true, &data);
    play_send(p, 0x48, some_key(p), (uint8_t)(0xB0 + draw(p, percent(p, 3) ? 4 : 3)),
              written(&data));
}

/* --- Using keys --- */

static void sign_with(struct play *p, uint8_t key, bool rsa)
{
    static const uint8_t of_rsa[] = { 0x20, 0x20, 0x30, 0x31, 0x33, 0x34, 0x35, 0x40, 0x43, 0x45 };
    uint8_t bytes[600], first = (uint8_t)(0x70 + draw(p, 6));
    struct writer data = WRITER_OF(bytes);
    uint8_t algorithm = percent(p, 3) ? (uint8_t)draw(p, 256)
                        : rsa         ? of_rsa[draw(p, COUNT_OF(of_rsa))]
                                      : first;
    static const uint16_t sizes[] = { 20, 32, 48, 64, 117, 118, 128, 127 };
    size_t size = algorithm == 0x20 && percent(p, 90) ? 128 : sizes[draw(p, COUNT_OF(sizes))];
    if (rsa)
        write_u8(&data, percent(p, 10) ? 0xFF : 0);
    draw_bytes(p, &data, size - data.size);
    play_send(p, 0x68, key, algorithm, written(&data));
}

void step_sign_ec(struct play *p)
{
    sign_with(p, key_of_type(p, 'E'), false);
}

void step_sign_rsa(struct play *p)
{
    sign_with(p, key_of_type(p, 'R'), true);
}

void step_decipher_rsa(struct play *p)
{
    uint8_t bytes[128];
    struct writer block = WRITER_OF(bytes);
    write_u8(&block, 0);
    draw_bytes(p, &block, 127);
    play_send(p, 0x62, key_of_type(p, 'R'), 0x21,
              percent(p, 90) ? SPAN_OF(bytes) : span_of(bytes, 100));
}

void step_agree(struct play *p)
{
    uint8_t key = key_of_type(p, 'E'), bytes[POINT_MAX], scalar = (uint8_t)(2 + draw(p, 3));
    const struct group *group = p->model->keys[key].group;
    struct writer point = WRITER_OF(bytes);
    truth_multiply(group && !percent(p, 5) ? group : &truth_groups[draw(p, 4)], span_of(&scalar, 1),
                   NOTHING, NOTHING, &point);
    if (percent(p, 8))
        bytes[draw(p, (unsigned)point.size)] ^= 1;
    if (percent(p, 3))
        write_trim(&point, point.size - 1);
    play_send(p, 0x62, key, percent(p, 95) ? 0x80 : 0x70, written(&point));
}

void step_derive_key(struct play *p)
{
    uint8_t key = key_of_type(p, 'E'), bytes[80];
    const struct group *group = p->model->keys[key].group;
    struct writer data = WRITER_OF(bytes);
    write_u8(&data, percent(p, 95) ? 0x98 : 0x80);
    draw_bytes(p, &data, (group ? group->size : 32) - percent(p, 5));
    play_send(p, 0x76, key, some_key(p), written(&data));
}

void step_cipher(struct play *p)
{
    static const uint8_t algorithms[] = { 0x10, 0x11, 0x18, 0x99 };
    uint8_t bytes[600];
    struct writer data = WRITER_OF(bytes);
    size_t size = percent(p, 50) ? 16 : percent(p, 80) ? 16 * (1 + draw(p, 30)) : 1 + draw(p, 500);
    for (size_t i = 0; i < size; i++)
        write_u8(&data, (uint8_t)(percent(p, 2) ? i : 0));
    play_send(p, 0x78, key_of_type(p, 'A'),
              percent(p, 3) ? (uint8_t)draw(p, 0x50) : algorithms[draw(p, COUNT_OF(algorithms))],
              written(&data));
}

/* --- Keys that come and go --- */

void step_wrap(struct play *p)
{
    uint8_t key = some_key(p);
    if (p->model->wrap_count + 1 < WRAPS)
        play_send_le(p, 0x80720092u | (uint32_t)key << 8, NOTHING, 65536);
}

/* One that the card gave earlier, under whatever secret. */
static bool old_blob(struct play *p, struct writer *out)
{
    if (!p->model->wrap_count)
        return false;
    const struct wrap_state *wrap = &p->model->wraps[draw(p, p->model->wrap_count)];
    write_span(out, span_of(wrap->blob, wrap->size));
    return true;
}

static void write_ec_key(struct play *p, uint8_t *room, struct wrapped *key)
{
    struct writer numbers = writer_of(room, 300);
    key->group = &truth_groups[draw(p, 2)];
    draw_bytes(p, &numbers, key->group->size);
    room[0] &= 0x7F;
    key->scalar = span_of(room, key->group->size);
    truth_multiply(key->group, key->scalar, NOTHING, NOTHING, &numbers);
    key->point = span_of(room + key->group->size, numbers.size - key->group->size);
    if (percent(p, 10))
        room[key->group->size + 1 + draw(p, 60)] ^= 1;
}

/* One that another device with the same secret could have given, good or not. */
static void new_blob(struct play *p, struct writer *out)
{
    static const uint8_t sizes[] = { 16, 24, 32, 20 }, list[] = { 0x10, 0x11, 0x18, 0x99, 0x70 };
    static struct wrapped key;
    const struct domain_state *domain = &p->model->domains[draw(p, 3)];
    uint8_t room[300];
    struct writer secret = WRITER_OF(room);
    key = (struct wrapped){ .type = percent(p, 70) ? WRAPPED_AES : WRAPPED_EC };
    key.algorithm_count = percent(p, 50) ? 0 : draw(p, sizeof list + 1);
    memcpy(key.algorithms, list, key.algorithm_count);
    if (key.type == WRAPPED_EC) {
        write_ec_key(p, room, &key);
    } else {
        draw_bytes(p, &secret, sizes[percent(p, 10) ? 3 : draw(p, 3)]);
        key.secret = written(&secret);
    }
    truth_wrap(domain->kek, &key, out);
}

void step_unwrap(struct play *p)
{
    uint8_t bytes[2 * BLOB_MAX], id = some_key(p), wide[2 * BLOB_MAX];
    struct writer blob = WRITER_OF(bytes), data = WRITER_OF(wide);
    if (percent(p, 50) || !old_blob(p, &blob))
        new_blob(p, &blob);
    if (percent(p, 10))
        bytes[draw(p, (unsigned)blob.size)] ^= (uint8_t)(1 << draw(p, 8));
    if (percent(p, 80)) {
        play_send(p, 0x74, id, 0x93, written(&blob));
        return;
    }
    write_u32(&data, 0x54020000);
    tlv_write(&data, 0x53, written(&blob));
    on_file(p, 0xD7, 0x2F10, written(&data));
    play_send(p, 0x74, id, 0x93, NOTHING);
}

void step_unwrap_what_is_there(struct play *p)
{
    play_send(p, 0x74, some_key(p), 0x93, NOTHING);
}
