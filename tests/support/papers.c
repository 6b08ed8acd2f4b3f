/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/papers.h"

#include "base/tlv.h"
#include "card-os/roots.h"
#include "tests/support/require.h"

struct span papers_keep(struct span bytes, uint8_t *room, size_t size)
{
    struct writer out = writer_of(room, size);
    write_span(&out, bytes);
    require(!out.full, "room for a paper");
    return written(&out);
}

static struct cvc read_cvc(struct span value, const struct curve *curve)
{
    struct cvc cvc;
    struct reader in = reader_of(value);
    require(cvc_read(&in, curve, &cvc) == 0, "a certificate");
    return cvc;
}

void papers_of_device(struct card_fixture *card, struct papers *out)
{
    struct writer root = WRITER_OF(out->root_bytes);
    require(roots_own(card->store, &root) == 0, "a root");
    out->root = written(&root);
    struct reader in = reader_of(out->root);
    out->root_read = read_cvc(tlv_expect(&in, CVC_CERTIFICATE), NULL);

    card_fixture_send_hex(card, "00 B1 2F 02 00 00 04 54 02 00 00 00 00");
    in = reader_of(papers_keep(card_fixture_data(card), out->chain_bytes, sizeof out->chain_bytes));
    out->device = tlv_expect(&in, CVC_CERTIFICATE);
    out->issuer = tlv_expect(&in, CVC_CERTIFICATE);
    require(read_finished(&in), "two certificates");
    out->issuer_read = read_cvc(out->issuer, out->root_read.spec.curve);
    out->device_read = read_cvc(out->device, out->root_read.spec.curve);
}

void papers_take_request(struct card_fixture *card, struct papers *out)
{
    struct reader in = reader_of(
        papers_keep(card_fixture_data(card), out->request_bytes, sizeof out->request_bytes));
    out->request = tlv_expect(&in, CVC_AUTHENTICATED_REQUEST);
    struct reader request = reader_of(out->request);
    require(cvc_read_request(&request, &out->request_read) == 0, "a request");
}

void papers_trust(struct card_fixture *card, const struct papers *papers)
{
    require(roots_add(&card->env, papers->root, 0) == 0, "trust in a root");
}

uint16_t papers_choose_issuer(struct card_fixture *card, struct span name)
{
    uint8_t bytes[32];
    struct writer reference = WRITER_OF(bytes);
    tlv_write(&reference, 0x83, name);
    return card_fixture_command(card, 0x002281B6, written(&reference));
}

uint16_t papers_verify(struct card_fixture *card, struct span certificate)
{
    return card_fixture_command(card, 0x002A00BE, certificate);
}

static void expect(uint16_t status, uint16_t expected, const char *what)
{
    require(status == expected, what);
}

void papers_import(struct card_fixture *card, const struct papers *p)
{
    expect(papers_choose_issuer(card, p->device_read.car), 0x6A88, "an issuer not known yet");
    expect(papers_choose_issuer(card, p->issuer_read.car), 0x9000, "a trusted root");
    expect(papers_verify(card, p->issuer), 0x9000, "the issuer's certificate");
    expect(papers_choose_issuer(card, p->device_read.car), 0x9000, "the issuer");
    expect(papers_verify(card, p->device), 0x9000, "the device's certificate");
    expect(papers_choose_issuer(card, p->device_read.chr), 0x9000, "the device");
}

/* --- Keys and memberships --- */

static void write_wishes(struct writer *body, const char *curve, const char *list, int domain)
{
    const struct curve *wished = curve_by_name(curve);
    const struct key_spec spec = { .type = KEY_EC, .bits = wished->bits, .curve = wished };
    uint8_t bytes[16];
    struct writer algorithms = WRITER_OF(bytes);
    tlv_write_u8(body, CVC_PROFILE, 0);
    tlv_write_text(body, CVC_CAR, "UTCA00001");
    require(cvc_write_key_template(&spec, body) == 0, "a key template");
    tlv_write_text(body, CVC_CHR, "ESHSM0000000001");
    require(!list || hex_decode(list, &algorithms), "a list of algorithms");
    if (list)
        tlv_write(body, 0x91, written(&algorithms));
    if (domain != PAPERS_NO_DOMAIN)
        tlv_write_u8(body, 0x92, (uint8_t)domain);
}

void papers_write_generate(struct writer *out, uint8_t id, const char *curve, const char *list,
                           int domain)
{
    uint8_t bytes[1024];
    struct writer body = WRITER_OF(bytes);
    write_wishes(&body, curve, list, domain);
    write_u32(out, 0x00460000u | (uint32_t)id << 8);
    write_u8(out, 0);
    write_counted(out, written(&body));
    write_u16(out, 0);
    require(!body.full && !out->full, "room for GENERATE");
}

struct span papers_membership(struct card_fixture *signer, uint8_t key, struct span request,
                              const struct cvc *device, struct writer *out)
{
    uint8_t bytes[33], signature_bytes[64];
    struct writer message = WRITER_OF(bytes), signature = WRITER_OF(signature_bytes);
    write_u8(&message, 0x54);
    write_span(&message, span_part(device->key.point, 1, (device->key.point.size - 1) / 2));
    papers_sign(signer, key, written(&message), &signature);
    write_span(out, request);
    tlv_write(out, 0x54, written(&signature));
    require(!out->full, "room for a membership");
    return written(out);
}

void papers_sign(struct card_fixture *signer, uint8_t key, struct span message, struct writer *out)
{
    const uint32_t sign = 0x80680073u | (uint32_t)key << 8;
    require(card_fixture_command(signer, sign, message) == 0x9000 &&
                ecdsa_plain(card_fixture_data(signer), 32, out) == 0,
            "a signature");
}
