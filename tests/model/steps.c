/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent: mostly what a host would, with wrong values, lengths and orders among it, and
 * biased to where something ends: tries, uses, places, sessions. */
#include <string.h>

#include "base/tlv.h"
#include "tests/model/steps.h"

/* --- What commands are about --- */

uint8_t some_key(struct play *p)
{
    static const uint8_t ids[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    return percent(p, 2) ? 0xFF : percent(p, 2) ? 0 : ids[draw(p, COUNT_OF(ids))];
}

static uint16_t some_file(struct play *p)
{
    static const uint16_t files[] = { 0x2F02, 0x2F03, 0x2F10, 0xC401, 0xC402, 0xCE01, 0xCE02,
                                      0xCE03, 0xC801, 0xCA01, 0xC901, 0xCF01, 0xCD01, 0xCD02,
                                      0xCD03, 0xCB00, 0xCC01, 0xCC02, 0xCC00, 0xD000, 0xD001,
                                      0xD100, 0xDFFF, 0xD002, 0x0000, 0x0000, 0x1234, 0xC500 };
    return files[draw(p, COUNT_OF(files))];
}

bool on_file(struct play *p, uint8_t ins, uint16_t file, struct span data)
{
    return play_send(p, ins, (uint8_t)(file >> 8), (uint8_t)file, data);
}

/* --- Files --- */

static void select_applet(struct play *p)
{
    static const uint8_t names[3][11] = {
        { 0xE8, 0x2B, 6, 1, 4, 1, 0x81, 0xC3, 0x1F, 2, 1 },
        { 0xA0, 0x58, 0x3F, 0xC1, 0x9B, 0x7E, 0x4F, 0x21 },
        { 0xA0, 0, 0, 3, 8 },
    };
    static const size_t sizes[] = { 11, 8, 5 };
    unsigned i = percent(p, 70) ? 0 : draw(p, 3);
    play_send(p, 0xA4, 4, (uint8_t)(4 * draw(p, 4)), span_of(names[i], sizes[i]));
}

static void select_file(struct play *p)
{
    uint8_t bytes[2];
    struct writer id = WRITER_OF(bytes);
    write_u16(&id, percent(p, 30) ? 0xCC00 | some_key(p) : some_file(p));
    play_send(p, 0xA4, percent(p, 80) ? 0 : 8, (uint8_t)(4 * draw(p, 4)), SPAN_OF(bytes));
}

static void write_offset(struct play *p, uint16_t file, struct writer *out)
{
    const struct file_state *known = find_file(p->model, file);
    size_t size = known ? known->size : file == 0x2F10 ? p->model->session.work_size : 0;
    size_t offset = percent(p, 60) ? 0 : percent(p, 50) ? size : draw(p, (unsigned)size + 3);
    write_u16(out, percent(p, 3) ? 0x5401 : 0x5402);
    write_u16(out, (uint16_t)offset);
}

static void read_file(struct play *p)
{
    static const uint32_t les[] = { 65536, 65536, 256, 1, 5, 100, 0 };
    uint8_t bytes[4];
    struct writer data = WRITER_OF(bytes);
    uint16_t file = some_file(p);
    write_offset(p, file ? file : p->model->session.current, &data);
    play_send_le(p, 0x00B10000u | file, written(&data), les[draw(p, COUNT_OF(les))]);
}

/* What the card wrote itself is read before it is changed: then the model knows it. */
static void get_to_know(struct play *p, uint16_t file)
{
    static const uint8_t all[] = { 0x54, 2, 0, 0 };
    const struct file_state *known = find_file(p->model, file);
    if (known && known->request_of)
        play_send_le(p, 0x00B10000u | file, SPAN_OF(all), 65536);
}

static void update_file(struct play *p)
{
    uint8_t bytes[9000], content_bytes[9000];
    struct writer data = WRITER_OF(bytes), content = WRITER_OF(content_bytes);
    uint16_t file = some_file(p), meant = file ? file : p->model->session.current;
    get_to_know(p, meant);
    write_offset(p, meant, &data);
    draw_bytes(p, &content, percent(p, 2) ? draw(p, 8300) : percent(p, 10) ? 0 : draw(p, 60));
    tlv_write(&data, percent(p, 2) ? 0x54 : 0x53, written(&content));
    on_file(p, 0xD7, file, written(&data));
}

static void delete_file(struct play *p)
{
    uint8_t bytes[2];
    struct writer id = WRITER_OF(bytes);
    write_u16(&id, percent(p, 25) ? 0xCC00 | some_key(p) : some_file(p));
    if (percent(p, 20))
        play_send(p, 0xE4, 0, 0, SPAN_OF(bytes));
    else
        play_send(p, 0xE4, 2, percent(p, 80) ? 0 : 0x80, SPAN_OF(bytes));
}

static void enumerate(struct play *p)
{
    play_send(p, 0x58, 0, 0, NOTHING);
}

/* --- PINs --- */

static void some_bytes(struct play *p, struct writer *out, size_t min, size_t max)
{
    size_t size = min + draw(p, (unsigned)(max - min) + 1);
    for (size_t i = 0; i < size; i++)
        write_u8(out, (uint8_t)('0' + draw(p, 10)));
}

/* Right, or wrong by a digit, or by its length, or anything. */
static void write_pin(struct play *p, const struct pin_state *pin, unsigned right,
                      struct writer *out)
{
    if (pin->exists && percent(p, right)) {
        write_span(out, span_of(pin->value, pin->size));
        return;
    }
    some_bytes(p, out, pin == &p->model->officer ? 8 : 6, pin == &p->model->officer ? 8 : 16);
}

static void verify_user(struct play *p)
{
    uint8_t bytes[40];
    struct writer pin = WRITER_OF(bytes);
    if (p->model->session_pin && percent(p, 50))
        write_span(&pin, SPAN_OF(p->model->session_digits));
    else
        write_pin(p, &p->model->user, 85, &pin);
    play_send(p, 0x20, 0, 0x81, written(&pin));
}

static void verify_officer(struct play *p)
{
    uint8_t bytes[16];
    struct writer pin = WRITER_OF(bytes);
    write_pin(p, &p->model->officer, 90, &pin);
    play_send(p, 0x20, 0, 0x88, written(&pin));
}

static void query_pins(struct play *p)
{
    static const uint8_t references[] = { 0x81, 0x81, 0x88, 0x85, 0x86 };
    play_send(p, 0x20, 0, references[draw(p, COUNT_OF(references))], NOTHING);
}

static void change_user(struct play *p)
{
    uint8_t bytes[64];
    struct writer pins = WRITER_OF(bytes);
    write_pin(p, &p->model->user, 85, &pins);
    some_bytes(p, &pins, percent(p, 10) ? 1 : 6, percent(p, 10) ? 20 : 10);
    play_send(p, 0x24, 0, 0x81, written(&pins));
}

static void change_officer(struct play *p)
{
    uint8_t bytes[32];
    struct writer pins = WRITER_OF(bytes);
    write_pin(p, &p->model->officer, 85, &pins);
    some_bytes(p, &pins, 8, 8);
    play_send(p, 0x24, 0, 0x88, written(&pins));
}

static void reset_counter(struct play *p)
{
    uint8_t bytes[64], p1 = (uint8_t)draw(p, 4);
    struct writer pins = WRITER_OF(bytes);
    if (p1 < 2)
        write_pin(p, &p->model->officer, 90, &pins);
    if (p1 % 2 == 0)
        some_bytes(p, &pins, 6, 12);
    play_send(p, 0x2C, p1, 0x81, written(&pins));
}

static void make_session_pin(struct play *p)
{
    play_send(p, 0x5A, percent(p, 75), 0x81, NOTHING);
}

/* --- INITIALIZE --- */

static const uint16_t options_in_use[] = { 0x0001, 0x0001, 0x0001, 0x0001, 0x0000, 0x0003,
                                           0x0005, 0x000D, 0x0021, 0x0020, 0x0007, 0x0006 };
static const uint16_t options_of_custodians[] = { 0x0001, 0x0011, 0x0009, 0x0019,
                                                  0x0015, 0x001D, 0x0013 };

static uint16_t choose_options(struct play *p, bool custodians)
{
    if (percent(p, 4))
        return (uint16_t)draw(p, 0x100);
    if (custodians)
        return options_of_custodians[draw(p, COUNT_OF(options_of_custodians))];
    return options_in_use[draw(p, COUNT_OF(options_in_use))];
}

static void write_custody(struct play *p, struct writer *out)
{
    uint8_t numbers[] = { (uint8_t)(1 + draw(p, 4)), (uint8_t)(1 + draw(p, 2)) };
    if (percent(p, 4))
        numbers[draw(p, 2)] = (uint8_t)(percent(p, 50) ? 0 : 91);
    tlv_write(out, 0x93, SPAN_OF(numbers));
}

static void write_domains(struct play *p, struct writer *out)
{
    unsigned kind = draw(p, 10);
    if (kind < 4)
        tlv_write_u8(out, 0x92, (uint8_t)draw(p, 3));
    else if (kind < 7)
        tlv_write_u8(out, 0x97, (uint8_t)(percent(p, 5) ? 0 : 1 + draw(p, 3)));
    else if (percent(p, 3))
        tlv_write_u8(out, (uint8_t)(0x92 + draw(p, 6)), 1);
}

static void write_first_objects(struct play *p, bool custodians, struct writer *out)
{
    uint8_t bytes[40], option_bytes[2];
    struct writer options = WRITER_OF(option_bytes), pin = WRITER_OF(bytes);
    write_u16(&options, choose_options(p, custodians));
    tlv_write(out, 0x80, written(&options));
    some_bytes(p, &pin, percent(p, 2) ? 5 : 6, percent(p, 2) ? 17 : 9);
    if (!percent(p, custodians ? 15 : 2))
        tlv_write(out, 0x81, written(&pin));
    write_trim(&pin, 0);
    write_pin(p, &p->model->officer, 90, &pin);
    tlv_write(out, 0x82, written(&pin));
    tlv_write_u8(out, 0x91, (uint8_t)(percent(p, 3) ? 11 * draw(p, 2) : 1 + draw(p, 5)));
}

/* Login again, or there is nothing but 6982 to see. */
static void initialize(struct play *p)
{
    uint8_t bytes[200];
    struct writer objects = WRITER_OF(bytes);
    bool custodians = percent(p, 35);
    write_first_objects(p, custodians, &objects);
    write_domains(p, &objects);
    if (custodians)
        write_custody(p, &objects);
    play_send(p, 0x50, 0, 0, written(&objects));
}

static void ask_facts(struct play *p)
{
    play_send(p, 0x50, 0, 0, NOTHING);
}

/* --- Nonsense --- */

static const uint8_t instructions[] = { 0xA4, 0xB1, 0xD7, 0xE4, 0x58, 0x20, 0x24, 0x2C, 0x5A, 0x50,
                                        0x52, 0x54, 0x62, 0x22, 0x2A, 0x86, 0x82, 0x46, 0x68, 0x76,
                                        0x48, 0x78, 0x72, 0x74, 0x84, 0xB0, 0xC0, 0x99 };

static void nonsense(struct play *p)
{
    static const uint8_t places[] = { 0,    1,    2,    3,    4,    8,    0x41,
                                      0x81, 0x88, 0x84, 0x92, 0x93, 0xA4, 0xFF };
    static const uint8_t sizes[] = { 0, 0, 1, 2, 4, 5, 6, 7, 8, 9, 12, 14, 16, 17, 31, 32, 33 };
    uint8_t bytes[64];
    struct writer data = WRITER_OF(bytes);
    draw_bytes(p, &data, sizes[draw(p, COUNT_OF(sizes))]);
    play_send(p, instructions[draw(p, COUNT_OF(instructions))], places[draw(p, COUNT_OF(places))],
              places[draw(p, COUNT_OF(places))], written(&data));
}

/* Lengths that do not add up, classes that there are not. */
static void no_command(struct play *p)
{
    static const uint8_t classes[] = { 0x0C, 0x8C, 0x10, 0x40, 0x01, 0x00 };
    uint8_t bytes[12] = { classes[draw(p, COUNT_OF(classes))], 0x20, 0, 0x81, 6 };
    play_send_raw(p, span_of(bytes, 1 + draw(p, sizeof bytes)));
}

/* --- All --- */

static const struct {
    unsigned weight;
    void (*play)(struct play *p);
} kinds[] = {
    { 10, select_applet },      { 40, select_file },
    { 70, read_file },          { 60, update_file },
    { 30, delete_file },        { 10, enumerate },
    { 110, verify_user },       { 20, verify_officer },
    { 25, query_pins },         { 12, change_user },
    { 6, change_officer },      { 25, reset_counter },
    { 15, make_session_pin },   { 10, initialize },
    { 2, ask_facts },           { 15, step_domain_status },
    { 30, step_import_share },  { 10, step_create_domain },
    { 10, step_end_domain },    { 18, step_generate_ec },
    { 25, step_generate_aes },  { 70, step_sign_ec },
    { 20, step_agree },         { 10, step_derive_key },
    { 90, step_cipher },        { 20, step_wrap },
    { 25, step_unwrap },        { 3, step_unwrap_what_is_there },
    { 4, step_choose_issuer },  { 4, step_show_certificate },
    { 6, step_enroll },         { 4, step_replace },
    { 8, step_ask_custody },    { 6, step_challenge },
    { 10, step_sign_in },       { 3, step_choose_some_custodian },
    { 2, step_show_signature }, { 5, step_open_channel },
    { 1, step_choose_channel }, { 40, nonsense },
    { 4, no_command },          { 6, play_reset },
    { 2, play_power },          { 1, step_generate_rsa },
    { 6, step_sign_rsa },       { 3, step_decipher_rsa },
};

void step_play(struct play *p, struct step step)
{
    unsigned all = 0, at;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        all += kinds[i].weight;
    at = step.kind % all;
    p->chance = step.chance;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (at < kinds[i].weight) {
            kinds[i].play(p);
            return;
        }
        at -= kinds[i].weight;
    }
}
