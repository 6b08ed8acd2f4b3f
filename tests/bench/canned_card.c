/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/canned_card.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "crypto/crypto.h"
#include "formats/apdu.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_token.h"
#include "tests/bench/key_sort.h"
#include "tests/bench/plain_store.h"

#define FRAME_MAX 65535

enum { CLASS_ORDER = 0xD0, INS_SIGN = 0x68, INS_DECIPHER = 0x62, CONTROL_ATR = 4, REMEMBERED = 64 };

struct canned_result {
    uint8_t instruction, key; /* 0: none yet */
    uint8_t bytes[600];
    struct writer answer;
};

struct canned_card {
    struct bench_token token;
    struct canned_result results[REMEMBERED];
    bool bare;
    struct raw_key raw; /* what a bare card works with */
    struct plain_store plain;
    bool has_plain;
    uint32_t commands; /* since it last told them, */
    double worked_us;  /* and the work on them */
    uint8_t told[10];
    int fd;
    uint8_t in[FRAME_MAX], out[2 + FRAME_MAX];
};

/* --- Answers --- */

static struct canned_result *remembered(struct canned_card *card, uint8_t instruction, uint8_t key)
{
    for (size_t i = 0; i < REMEMBERED; i++)
        if (card->results[i].instruction == instruction && card->results[i].key == key)
            return &card->results[i];
    return NULL;
}

static void remember(struct canned_card *card, uint8_t instruction, uint8_t key, struct span answer)
{
    struct canned_result *place = remembered(card, 0, 0);
    bench_require(place, "room for a canned result");
    place->instruction = instruction;
    place->key = key;
    place->answer = WRITER_OF(place->bytes);
    write_span(&place->answer, answer);
}

static struct span ask_card(struct canned_card *card, struct span command)
{
    write_trim(&card->token.answer, 0);
    bench_require(card_transmit(&card->token.power->card, command, &card->token.answer) == 0,
                  "a command to the canned card");
    return written(&card->token.answer);
}

static bool is_done(struct span answer)
{
    struct span status = span_part(answer, answer.size - 2, 2);
    return span_equal(status, SPAN_OF(((const uint8_t[]){ 0x90, 0 })));
}

static void work_bare(struct canned_card *card, uint8_t instruction)
{
    if (instruction == INS_DECIPHER)
        raw_key_agree(&card->raw);
    else
        raw_key_sign(&card->raw);
    if (card->has_plain)
        plain_store_commit(&card->plain);
}

static struct span use_key(struct canned_card *card, const struct apdu *apdu, struct span command)
{
    struct canned_result *canned = remembered(card, apdu->ins, apdu->p1);
    if (canned && card->bare)
        work_bare(card, apdu->ins);
    if (canned)
        return written(&canned->answer);
    struct span fresh = ask_card(card, command);
    if (is_done(fresh))
        remember(card, apdu->ins, apdu->p1, fresh);
    return fresh;
}

static void turn_bare(struct canned_card *card, uint8_t index)
{
    struct key_sort sorts[KEY_SORTS_MAX];
    bench_require(index < key_sorts(sorts), "a sort of key");
    raw_key_free(&card->raw);
    card->raw = key_sort_raw(&sorts[index]);
    card->bare = true;
}

static struct span tell(struct canned_card *card)
{
    struct writer out = WRITER_OF(card->told);
    write_u32(&out, card->commands);
    write_u32(&out, (uint32_t)card->worked_us);
    write_u16(&out, 0x9000);
    card->commands = 0;
    card->worked_us = 0;
    return written(&out);
}

static struct span obey(struct canned_card *card, const struct apdu *apdu)
{
    if (apdu->p1 == CANNED_TELL)
        return tell(card);
    if (apdu->p1 == CANNED_BARE)
        turn_bare(card, apdu->p2);
    if (apdu->p1 == CANNED_REPEATS)
        card->bare = false;
    return span_of("\x90", 2);
}

static struct span work(struct canned_card *card, const struct apdu *apdu, struct span command)
{
    double start = bench_now_us();
    bool uses_key = apdu->ins == INS_SIGN || apdu->ins == INS_DECIPHER;
    struct span answer = uses_key ? use_key(card, apdu, command) : ask_card(card, command);
    card->worked_us += bench_now_us() - start;
    card->commands++;
    return answer;
}

static struct span answer(struct canned_card *card, struct span command)
{
    struct apdu apdu;
    if (!apdu_parse(command, &apdu))
        return ask_card(card, command);
    return apdu.cla == CLASS_ORDER ? obey(card, &apdu) : work(card, &apdu, command);
}

/* --- The loop --- */

static bool receive(int fd, uint8_t *to, size_t size)
{
    return recv(fd, to, size, MSG_WAITALL) == (ssize_t)size;
}

static bool reply(struct canned_card *card, struct span body)
{
    struct writer frame = WRITER_OF(card->out);
    write_u16(&frame, (uint16_t)body.size);
    write_span(&frame, body);
    return send(card->fd, card->out, frame.size, MSG_NOSIGNAL) == (ssize_t)frame.size;
}

static bool control(struct canned_card *card, uint8_t what)
{
    if (what == CONTROL_ATR)
        return reply(card, card_atr);
    card_reset(&card->token.power->card);
    return true;
}

static bool serve_frame(struct canned_card *card)
{
    uint8_t head[2];
    int yes = 1;
    if (!receive(card->fd, head, sizeof head))
        return false;
    setsockopt(card->fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
    struct reader in = reader_of(SPAN_OF(head));
    size_t size = read_u16(&in);
    if (!receive(card->fd, card->in, size))
        return false;
    if (size == 1)
        return control(card, card->in[0]);
    return reply(card, answer(card, span_of(card->in, size)));
}

static int connect_to_slot(void)
{
    const struct sockaddr_in slot = { .sin_family = AF_INET,
                                      .sin_port = htons(CANNED_PORT),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_require(fd >= 0 && connect(fd, (const struct sockaddr *)&slot, sizeof slot) == 0,
                  "the second slot");
    return fd;
}

static void prepare_plain(struct canned_card *card, const char *folder)
{
    card->has_plain = folder != NULL;
    if (folder)
        plain_store_open(&card->plain, folder);
}

_Noreturn static void run(pid_t world, const char *folder)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close_range(STDERR_FILENO + 1, ~0U, 0); /* above all the other end of the world's lifeline */
    int inside = pidfd_open(world, 0);
    bench_require(inside >= 0 && setns(inside, CLONE_NEWUSER | CLONE_NEWNET) == 0,
                  "entering the private world");
    close(inside);
    struct canned_card *card = calloc(1, sizeof *card);
    bench_require(card && crypto_use_secret_heap() == 0 && crypto_init() == 0, "crypto_init");
    bench_token_make(&card->token, NULL);
    prepare_plain(card, folder);
    card->fd = connect_to_slot();
    while (serve_frame(card))
        continue;
    _exit(EXIT_SUCCESS);
}

pid_t canned_card_start(const struct world *world, const char *folder)
{
    pid_t pid = fork();
    bench_require(pid >= 0, "fork");
    if (pid == 0)
        run(world->first, folder);
    return pid;
}

void canned_card_await_end(pid_t canned)
{
    waitpid(canned, NULL, 0);
}
