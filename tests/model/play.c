/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/model/play.h"

#include <stdlib.h>
#include <string.h>

#include "base/tlv.h"
#include "crypto/crypto.h"
#include "formats/apdu.h"
#include "tests/support/require.h"

/* --- Chance --- */

/* SplitMix64: short, and good enough to choose with. */
static uint64_t next_chance(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

unsigned draw(struct play *p, unsigned limit)
{
    return (unsigned)(next_chance(&p->chance) % limit);
}

bool percent(struct play *p, unsigned chance)
{
    return draw(p, 100) < chance;
}

void draw_bytes(struct play *p, struct writer *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        write_u8(out, (uint8_t)draw(p, 256));
}

/* --- A card and its model --- */

static struct span read_file(struct card_fixture *card, const char *command, struct writer *room)
{
    card_fixture_send_hex(card, command);
    write_span(room, card_fixture_data(card));
    require(!room->full, "room for a file");
    return written(room);
}

static void meet(struct play *p, const struct elsewhere *e)
{
    struct foreign *foreign = &p->foreign;
    const struct papers *device = &e->custodians[0];
    foreign->root = device->root_read.chr;
    foreign->issuer = device->issuer_read.chr;
    foreign->device = device->device_read.chr;
    foreign->issuer_certificate = device->issuer;
    foreign->device_certificate = device->device;
    for (unsigned i = 0; i < PAPERS; i++) {
        const struct papers *custodian = &e->custodians[i];
        const struct cvc *key = &custodian->request_read.inner;
        foreign->papers[i] = (struct paper){
            key->chr,
            custodian->request,
            truth_ec_public(&truth_groups[0], key->key.point),
        };
    }
}

/* NULL: a new one in memory. */
static void take_store(struct card_fixture *card, struct store *store)
{
    if (!store) {
        card_fixture_init(card);
        return;
    }
    card_fixture_attach(card, store);
    require(device_personalise(&card->env, NULL) == 0, "personalising");
    card_fixture_power_on(card);
}

static void init(struct play *p, struct elsewhere *e, struct store *store)
{
    uint8_t chain_bytes[1024], info_bytes[128];
    struct writer chain = WRITER_OF(chain_bytes), info = WRITER_OF(info_bytes);
    *p = (struct play){ .elsewhere = e, .model = calloc(1, sizeof *p->model) };
    require(p->model, "memory");
    meet(p, e);
    take_store(&p->card, store);
    papers_trust(&p->card, &e->custodians[0]);
    model_init(p->model, &p->foreign,
               read_file(&p->card, "00 B1 2F 02 00 00 04 54 02 00 00 00 00", &chain),
               read_file(&p->card, "00 B1 2F 03 00 00 04 54 02 00 00 00 00", &info));
}

void play_init(struct play *p, struct elsewhere *e)
{
    init(p, e, NULL);
}

void play_init_with(struct play *p, struct elsewhere *e, struct store *store)
{
    init(p, e, store);
}

void play_deinit(struct play *p)
{
    for (unsigned i = 0; i < PAPERS; i++)
        EVP_PKEY_free(p->foreign.papers[i].key);
    model_free(p->model);
    free(p->model);
    card_fixture_deinit(&p->card);
}

static void note(const struct play *p, const char *action)
{
    if (p->transcript)
        fprintf(p->transcript, "! %s\n", action);
}

void play_reset(struct play *p)
{
    if (p->failed)
        return;
    note(p, "reset");
    card_reset(p->card.card);
    model_reset(p->model);
}

void play_power(struct play *p)
{
    if (p->failed)
        return;
    note(p, "power");
    card_fixture_power_cycle(&p->card);
    model_power(p->model);
}

/* --- Sending --- */

static struct span transmit(struct play *p, struct span command)
{
    return p->adversity ? p->adversity->transmit(p, command) : card_fixture_send(&p->card, command);
}

static void write_line(const struct play *p, char mark, struct span bytes)
{
    if (!p->transcript)
        return;
    fprintf(p->transcript, "%c ", mark);
    for (size_t i = 0; i < bytes.size; i++)
        fprintf(p->transcript, "%02X", bytes.at[i]);
}

/* What the model expects: data only as "some", since much of it is drawn anew by the card. */
static void write_expectation(const struct play *p, struct span answer)
{
    uint16_t expected = p->verdict.expected;
    if (!p->transcript)
        return;
    fprintf(p->transcript, "\n< %s%02X %02X\n", answer.size > 2 && !p->failed ? "* " : "",
            expected >> 8, expected & 0xFF);
    if (p->failed)
        fprintf(p->transcript, "# but the card: %04X, %zu bytes before it: %s\n", p->answered,
                answer.size - 2, p->verdict.complaint);
}

static bool judge(struct play *p, struct span command, bool sealed, struct span answer)
{
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    p->answered = read_u16(&in);
    p->sent++;
    write_line(p, '>', command);
    if (p->transcript && sealed)
        fprintf(p->transcript, "\n# ... through the channel");
    p->verdict = model_judge(p->model, command, sealed, answer);
    if (p->adversity)
        p->adversity->judge(p);
    p->failed |= p->verdict.complaint != NULL;
    write_expectation(p, answer);
    return !p->failed;
}

bool play_send_raw(struct play *p, struct span command)
{
    if (p->failed)
        return false;
    return judge(p, command, false, transmit(p, command));
}

static bool open_answer(struct play *p, struct span answer, struct writer *plain)
{
    uint16_t status = 0;
    struct span sealed = span_part(answer, 0, answer.size - 2);
    if (channel_open_answer(&p->channel, sealed, plain, &status))
        return false;
    write_u16(plain, status);
    return span_equal(span_part(written(plain), plain->size - 2, 2),
                      span_part(answer, answer.size - 2, 2));
}

/* What comes back is put where a plain answer would be, so that all look there. */
static bool send_protected(struct play *p, struct span command)
{
    static uint8_t sealed_bytes[CARD_APDU_MAX], scratch_bytes[CARD_APDU_MAX],
        plain_bytes[CARD_APDU_MAX];
    struct writer sealed = WRITER_OF(sealed_bytes), scratch = WRITER_OF(scratch_bytes),
                  plain = WRITER_OF(plain_bytes);
    struct apdu apdu;
    require(apdu_parse(command, &apdu) &&
                channel_seal_command(&p->channel, &apdu, &scratch, &sealed) == 0 && !sealed.full,
            "protecting a command");
    struct span answer = transmit(p, written(&sealed));
    if (!open_answer(p, answer, &plain)) {
        if (p->adversity && p->adversity->met)
            return judge(p, command, true, answer);
        p->verdict = (struct verdict){ 0, "the answer comes not through the channel" };
        p->failed = true;
        write_line(p, '>', command);
        write_expectation(p, written(&p->card.answer));
        return false;
    }
    write_trim(&p->card.answer, 0);
    write_span(&p->card.answer, written(&plain));
    return judge(p, command, true, written(&p->card.answer));
}

bool play_send_le(struct play *p, uint32_t header, struct span data, uint32_t le)
{
    static uint8_t bytes[CARD_APDU_MAX];
    struct writer command = WRITER_OF(bytes);
    const struct apdu apdu = { (uint8_t)(header >> 24),
                               (uint8_t)(header >> 16),
                               (uint8_t)(header >> 8),
                               (uint8_t)header,
                               data,
                               le > 0,
                               le };
    if (p->failed)
        return false;
    apdu_write(&apdu, &command);
    bool through = p->model->channel && !percent(p, 5) && data.size < 8000;
    return through ? send_protected(p, written(&command)) : play_send_raw(p, written(&command));
}

/* Hosts use class and Le as they like (protocol.md 16, 8). */
bool play_send(struct play *p, uint8_t ins, uint8_t p1, uint8_t p2, struct span data)
{
    static const uint32_t les[] = { 65536, 65536, 65536, 256, 0, 0, 1, 30 };
    uint32_t le = les[draw(p, COUNT_OF(les))];
    uint32_t header =
        (percent(p, 50) ? 0u : 0x80000000u) | (uint32_t)ins << 16 | (uint32_t)p1 << 8 | p2;
    return play_send_le(p, header, data, le);
}

struct span play_data(const struct play *p)
{
    return span_part(written(&p->card.answer), 0, p->card.answer.size - 2);
}

void play_use_channel(struct play *p, struct span shared, struct span nonce)
{
    require(channel_derive(shared, nonce, &p->channel) == 0, "keys of a channel");
}

struct step step_draw(uint64_t *chance)
{
    unsigned kind = (unsigned)(next_chance(chance) >> 32);
    return (struct step){ kind, next_chance(chance) };
}
