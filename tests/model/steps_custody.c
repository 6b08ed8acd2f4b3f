/* SPDX-License-Identifier: Apache-2.0 */
/* Custodians, and the channel. */
#include <string.h>

#include "base/tlv.h"
#include "tests/model/steps.h"

/* --- Custodians --- */

static void send_name(struct play *p, uint8_t p1, uint8_t p2, struct span name)
{
    uint8_t bytes[40];
    struct writer data = WRITER_OF(bytes);
    tlv_write(&data, percent(p, 2) ? 0x84 : 0x83, name);
    play_send(p, 0x22, p1, p2, written(&data));
}

static struct span some_holder(struct play *p)
{
    const struct foreign *foreign = &p->foreign;
    const struct span names[] = { foreign->root,           foreign->issuer,
                                  foreign->device,         span_of_text("NOBODY00001"),
                                  SPAN_OF(p->model->name), SPAN_OF(p->model->issuer) };
    return names[draw(p, COUNT_OF(names))];
}

void step_choose_issuer(struct play *p)
{
    send_name(p, 0x81, 0xB6, some_holder(p));
}

void step_show_certificate(struct play *p)
{
    const struct foreign *foreign = &p->foreign;
    struct span shown = percent(p, 50) ? foreign->issuer_certificate : foreign->device_certificate;
    uint8_t bytes[1024];
    struct writer whole = WRITER_OF(bytes);
    tlv_write(&whole, 0x7F21, shown);
    if (percent(p, 30))
        write_u8(&whole, 0);
    if (percent(p, 30))
        shown = written(&whole);
    play_send(p, 0x2A, 0, percent(p, 80) ? 0xBE : 0xAE,
              percent(p, 95) ? shown : span_part(shown, 0, shown.size - 1));
}

static void show_chain(struct play *p)
{
    const struct foreign *foreign = &p->foreign;
    send_name(p, 0x81, 0xB6, foreign->root);
    play_send(p, 0x2A, 0, 0xBE, foreign->issuer_certificate);
    send_name(p, 0x81, 0xB6, foreign->issuer);
    play_send(p, 0x2A, 0, 0xBE, foreign->device_certificate);
}

static struct span some_request(struct play *p)
{
    struct span request = p->foreign.papers[draw(p, PAPERS)].request;
    return percent(p, 97) ? request : span_part(request, 0, request.size - 1);
}

void step_enroll(struct play *p)
{
    if (!p->model->total && percent(p, 90))
        return;
    show_chain(p);
    for (unsigned i = 0; i < 3; i++)
        play_send(p, 0x54, 0, 0, some_request(p));
}

void step_replace(struct play *p)
{
    if (percent(p, 70))
        show_chain(p);
    play_send(p, 0x54, 1, (uint8_t)draw(p, 5), some_request(p));
}

void step_ask_custody(struct play *p)
{
    if (percent(p, 50))
        play_send(p, 0x54, 0, 0, NOTHING);
    else
        play_send(p, 0x54, 2, (uint8_t)draw(p, 5), NOTHING);
}

void step_challenge(struct play *p)
{
    static const uint32_t sizes[] = { 8, 8, 8, 8, 7, 16, 64, 65, 256, 0 };
    play_send_le(p, 0x00840000, NOTHING, sizes[draw(p, COUNT_OF(sizes))]);
}

static void choose_custodian(struct play *p, int paper)
{
    send_name(p, 0x81, 0xA4, p->foreign.papers[paper].name);
}

/* By the custodian that was chosen, or by another. */
void step_show_signature(struct play *p)
{
    const struct model *m = p->model;
    uint8_t bytes[HOLDER_MAX + 64], signature_bytes[64];
    struct writer message = WRITER_OF(bytes), signature = WRITER_OF(signature_bytes);
    int place = m->session.custodian;
    int paper = place >= 0 && m->places[place] >= 0 && percent(p, 92) ? m->places[place] : 0;
    write_span(&message, SPAN_OF(m->name));
    write_span(&message, span_of(m->session.challenge, m->session.challenge_size));
    elsewhere_sign(p->elsewhere, (unsigned)paper, written(&message), &signature);
    play_send(p, 0x82, 0, 0, percent(p, 95) ? written(&signature) : SPAN_OF(bytes));
}

void step_sign_in(struct play *p)
{
    if (!p->model->total && percent(p, 90))
        return;
    if (percent(p, 80))
        step_challenge(p);
    for (unsigned i = 0; i < 1u + p->model->required; i++) {
        choose_custodian(p, (int)draw(p, PAPERS));
        step_show_signature(p);
    }
}

void step_choose_some_custodian(struct play *p)
{
    choose_custodian(p, (int)draw(p, PAPERS));
}

/* --- The channel --- */

void step_choose_channel(struct play *p)
{
    static const uint8_t protocol[] = { 0x80, 10, 4, 0, 0x7F, 0, 7, 2, 2, 3, 2, 2 };
    play_send(p, 0x22, 0x41, 0xA4, percent(p, 95) ? SPAN_OF(protocol) : span_of(protocol, 11));
}

static void take_channel(struct play *p, uint8_t scalar)
{
    uint8_t bytes[POINT_MAX], device[POINT_MAX];
    size_t size = 0;
    struct writer shared = WRITER_OF(bytes);
    if (p->failed || p->answered != 0x9000)
        return;
    EVP_PKEY_get_octet_string_param(p->model->device, "pub", device, sizeof device, &size);
    truth_multiply(p->model->device_group, span_of(&scalar, 1), span_of(device, size), NOTHING,
                   &shared);
    struct reader in = reader_of(play_data(p));
    struct reader inside = tlv_enter(&in, 0x7C);
    play_use_channel(p, span_part(written(&shared), 1, 32), tlv_expect(&inside, 0x81));
}

void step_open_channel(struct play *p)
{
    uint8_t bytes[POINT_MAX], data_bytes[100], scalar = (uint8_t)(2 + draw(p, 50));
    struct writer point = WRITER_OF(bytes), data = WRITER_OF(data_bytes);
    if (percent(p, 95))
        step_choose_channel(p);
    truth_multiply(p->model->device_group, span_of(&scalar, 1), NOTHING, NOTHING, &point);
    if (percent(p, 5))
        bytes[10] ^= 1;
    struct tlv_mark inside = tlv_open(&data, 0x7C);
    tlv_write(&data, 0x80, written(&point));
    tlv_close(&data, inside);
    if (play_send(p, 0x86, 0, 0, written(&data)))
        take_channel(p, scalar);
}
