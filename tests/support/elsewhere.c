#include "tests/support/elsewhere.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tlv.h"
#include "card-os/roots.h"
#include "crypto/crypto.h"
#include "formats/apdu.h"

static void require(bool works, const char *what)
{
    if (works)
        return;
    fprintf(stderr, "the other device cannot work: %s\n", what);
    abort();
}

static struct span keep(struct span bytes, uint8_t *room, size_t size)
{
    struct writer out = writer_of(room, size);
    write_span(&out, bytes);
    require(!out.full, "room");
    return written(&out);
}

/* Number and last digits of the holder reference are its own. */
static void generate(struct elsewhere *e, unsigned i)
{
    char command[] = GENERATE_P256;
    char digit = (char)('1' + i);
    *strchr(command, '2') = digit;
    *(strrchr(command, '3') + 1) = digit;
    require(card_fixture_status(&e->card, command) == 0x9000, "a key");
}

static void read_request(struct elsewhere *e, unsigned i)
{
    struct custodian_elsewhere *custodian = &e->custodians[i];
    struct span key = { 0 };
    struct reader in = reader_of(
        keep(card_fixture_data(&e->card), e->request_bytes[i], sizeof e->request_bytes[i]));
    custodian->request = tlv_expect(&in, 0x67);
    struct reader request = reader_of(custodian->request);
    struct reader certificate = tlv_enter(&request, 0x7F21);
    struct reader body = tlv_enter(&certificate, 0x7F4E);
    bool good = tlv_find(&body, 0x7F49, &key) && tlv_find(&body, 0x5F20, &custodian->name);
    struct reader parts = reader_of(key);
    require(good && tlv_find(&parts, 0x86, &custodian->point), "a request");
}

/* A certificate's contents, and in them holder and authority. */
static struct span read_certificate(struct reader *in, struct span *chr, struct span *car)
{
    struct span contents = tlv_expect(in, 0x7F21);
    struct reader certificate = reader_of(contents);
    struct reader body = tlv_enter(&certificate, 0x7F4E);
    require(tlv_find(&body, 0x5F20, chr) && tlv_find(&body, 0x42, car), "a certificate");
    return contents;
}

static void read_chain(struct elsewhere *e)
{
    struct span issuer;
    struct writer root = WRITER_OF(e->root_bytes);
    card_fixture_send_hex(&e->card, "00 B1 2F 02 00 00 04 54 02 00 00 00 00");
    struct reader in = reader_of(keep(card_fixture_data(&e->card), e->chain, sizeof e->chain));
    e->device_certificate = read_certificate(&in, &e->device_name, &issuer);
    e->issuer_certificate = read_certificate(&in, &e->issuer_name, &e->root_name);
    require(roots_own(e->card.store, &root) == 0, "a root");
    e->root = written(&root);
}

void elsewhere_init(struct elsewhere *e)
{
    card_fixture_init(&e->card);
    card_fixture_initialise(&e->card);
    require(card_fixture_status(&e->card, VERIFY_USER) == 0x9000, "login");
    read_chain(e);
    for (unsigned i = 0; i < CUSTODIANS_ELSEWHERE; i++) {
        generate(e, i);
        read_request(e, i);
    }
}

void elsewhere_deinit(struct elsewhere *e)
{
    card_fixture_deinit(&e->card);
}

void elsewhere_sign(struct elsewhere *e, unsigned custodian, struct span message,
                    struct writer *out)
{
    uint8_t bytes[256];
    struct writer command = WRITER_OF(bytes);
    const struct apdu apdu = { 0x80, 0x68, (uint8_t)(custodian + 1), 0x73, message, true, 256 };
    apdu_write(&apdu, &command);
    card_fixture_send(&e->card, written(&command));
    require(ecdsa_plain(card_fixture_data(&e->card), 32, out) == 0, "a signature");
}
