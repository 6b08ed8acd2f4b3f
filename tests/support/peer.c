/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/peer.h"

#include "base/tlv.h"
#include "tests/support/suite.h"

#define GROUP_KEY 5

static struct card_fixture peer;
static struct papers peer_papers;
static uint8_t paper_bytes[PAPERS][2048];
static struct writer paper[PAPERS];

static void write_command(enum paper which, uint32_t header, struct span data)
{
    write_u32(&paper[which], header);
    write_u8(&paper[which], 0);
    write_counted(&paper[which], data);
    ck_assert(!paper[which].full);
}

static void write_name(enum paper which, struct span name)
{
    uint8_t bytes[32];
    struct writer reference = WRITER_OF(bytes);
    tlv_write(&reference, 0x83, name);
    write_command(which, 0x002281B6, written(&reference));
}

void peer_begin(void)
{
    uint8_t bytes[2048];
    struct writer command = WRITER_OF(bytes);
    card_fixture_init(&peer);
    ck_assert_uint_eq(card_fixture_status(&peer, INITIALIZE_SLOTS), 0x9000);
    papers_of_device(&peer, &peer_papers);
    papers_write_generate(&command, GROUP_KEY, "P-256", NULL, PAPERS_NO_DOMAIN);
    ck_assert_uint_eq(answer_status(card_fixture_send(&peer, written(&command))), 0x9000);
    papers_take_request(&peer, &peer_papers);
}

void peer_make_papers(const struct cvc *device)
{
    uint8_t bytes[2048], own_bytes[2048], key_bytes[2048];
    struct writer membership = WRITER_OF(bytes), own = WRITER_OF(own_bytes);
    struct writer key = WRITER_OF(key_bytes);
    for (int i = 0; i < PAPERS; i++)
        paper[i] = WRITER_OF(paper_bytes[i]);
    const struct papers *p = &peer_papers;
    write_name(PAPER_CHOOSE_ROOT, p->issuer_read.car);
    write_command(PAPER_ISSUER, 0x002A00BE, p->issuer);
    write_name(PAPER_CHOOSE_ISSUER, p->device_read.car);
    write_command(PAPER_DEVICE, 0x002A00BE, p->device);
    write_command(PAPER_MEMBERSHIP, 0x80520201,
                  papers_membership(&peer, GROUP_KEY, p->request, device, &membership));
    papers_write_generate(&paper[PAPER_EXCHANGE_KEY], 6, "P-256", "84", 1);
    papers_membership(&peer, GROUP_KEY, p->request, &p->device_read, &own);
    ck_assert_uint_eq(card_fixture_command(&peer, 0x80520201, written(&own)), 0x9000);
    papers_write_generate(&key, 6, "P-256", "84", 1);
    ck_assert_uint_eq(answer_status(card_fixture_send(&peer, written(&key))), 0x9000);
    papers_take_request(&peer, &peer_papers);
    write_command(PAPER_EXCHANGE, 0x80620684, p->request);
}

void peer_end(void)
{
    card_fixture_deinit(&peer);
}

void peer_is_trusted_by(struct card_fixture *card)
{
    papers_trust(card, &peer_papers);
}

struct span peer_paper(enum paper which)
{
    return written(&paper[which]);
}
