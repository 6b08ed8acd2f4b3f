/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes from the driver, in pieces of any size: the bridge must hand over exactly the commands
 * that a plain reading of the same bytes finds, in order, and answer each, and each question for
 * the ATR, with one frame. The first byte of the input is the size of the pieces. */
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "vpcd-bridge/vpcd.h"

#define ANSWER_SIZE 2
#define ATR_SIZE    3

struct tally {
    unsigned commands, resets, atrs;
    uint32_t mix; /* of the commands' bytes */
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void count_command(struct tally *tally, struct span command)
{
    struct reader in = reader_of(command);
    tally->commands++;
    while (read_left(&in))
        tally->mix = tally->mix * 31 + read_u8(&in);
}

/* The plain reading. */
static struct tally expected(struct span bytes)
{
    struct tally tally = { 0 };
    struct reader in = reader_of(bytes);
    for (struct span frame = read_counted(&in); !read_failed(&in); frame = read_counted(&in)) {
        if (frame.size > 1)
            count_command(&tally, frame);
        else if (frame.size == 1 && frame.at[0] <= 2)
            tally.resets++;
        else if (frame.size == 1 && frame.at[0] == 4)
            tally.atrs++;
    }
    return tally;
}

static uint64_t no_time(void *context)
{
    (void)context;
    return 1;
}

static bool trusts(void *context, int fd)
{
    (void)context;
    return fd >= 0;
}

static void on_reset(void *context)
{
    ((struct tally *)context)->resets++;
}

static struct span on_command(void *context, struct span command)
{
    static const uint8_t answer[ANSWER_SIZE] = { 0x6D, 0x00 };
    count_command(context, command);
    return SPAN_OF(answer);
}

static void on_sent(void *context)
{
    (void)context;
}

static void on_news(void *context, enum vpcd_news news)
{
    (void)context, (void)news;
}

static size_t drain(int driver)
{
    uint8_t bytes[4096];
    size_t total = 0;
    for (ssize_t got; (got = recv(driver, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
        total += (size_t)got;
    return total;
}

static void run(struct vpcd *bridge)
{
    for (;;) {
        struct vpcd_watch watch = vpcd_watch(bridge);
        struct pollfd polled = { .fd = watch.fd, .events = watch.events };
        if (watch.fd < 0 || poll(&polled, 1, 0) <= 0)
            return;
        vpcd_ready(bridge, polled.revents);
    }
}

/* Gives the size of all that the bridge sent. */
static size_t talk(struct vpcd *bridge, int driver, struct span bytes, size_t piece)
{
    size_t heard = 0;
    for (size_t at = 0; at < bytes.size; at += piece) {
        struct span part = span_part(bytes, at, piece);
        require(send(driver, part.at, part.size, MSG_NOSIGNAL) == (ssize_t)part.size);
        run(bridge);
        heard += drain(driver);
    }
    return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t atr[ATR_SIZE] = { 0x3B, 0x80, 0x01 };
    struct tally tally = { 0 };
    const struct vpcd_owner owner = { &tally,     no_time, trusts, on_reset,
                                      on_command, on_sent, on_news };
    struct vpcd bridge;
    int ends[2];
    struct reader in = reader_of(span_of(data, size));
    size_t piece = (size_t)read_u8(&in) + 1;
    struct span bytes = read_rest(&in);

    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    require(vpcd_init(&bridge, 1, SPAN_OF(atr), &owner) == 0);
    vpcd_adopt(&bridge, ends[1]);
    size_t heard = talk(&bridge, ends[0], bytes, piece);

    struct tally wanted = expected(bytes);
    require(tally.commands == wanted.commands && tally.mix == wanted.mix);
    require(tally.resets == wanted.resets);
    require(heard == wanted.commands * (2 + ANSWER_SIZE) + wanted.atrs * (2 + ATR_SIZE));
    vpcd_deinit(&bridge);
    close(ends[0]);
    return 0;
}
