/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge, with the test as the driver at the other end of a socket and the test's own clock. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "vpcd-bridge/vpcd.h"

#define SECOND ((uint64_t)1000000)

/* The exchange of protocol.md 14: the ATR, and SELECT with its answer. */
static const uint8_t atr[] = { 0x3B, 0xDE, 0x96, 0xFF, 0x81, 0x91, 0xFE, 0x1F,
                               0xC3, 0x80, 0x31, 0x81, 0x54, 0x48, 0x53, 0x4D,
                               0x31, 0x73, 0x80, 0x21, 0x40, 0x81, 0x07, 0x92 };
static const uint8_t ask_atr[] = { 0, 1, 4 };
static const uint8_t power_on[] = { 0, 1, 1 };
static const uint8_t select_frame[] = { 0x00, 0x11, 0x00, 0xA4, 0x04, 0x00, 0x0B, 0xE8, 0x2B, 0x06,
                                        0x01, 0x04, 0x01, 0x81, 0xC3, 0x1F, 0x02, 0x01, 0x00 };
static const uint8_t select_answer[] = { 0x6F, 0x0A, 0x82, 0x01, 0x78, 0x85, 0x05,
                                         0x00, 0x01, 0x06, 0x04, 0x01, 0x90, 0x00 };

struct bench {
    struct vpcd bridge;
    int driver; /* our end */
    uint64_t now;
    struct span answer; /* what the card says to everything */
    unsigned resets, commands, answers_sent;
    unsigned news[VPCD_FOREIGN + 1];
    bool distrusts;
    size_t command_size;
    uint8_t command[64]; /* the start of the last one */
    uint64_t command_takes;
    bool hang_up; /* the driver leaves while the command runs */
    bool left_before, left_after;
};

static uint64_t bench_clock(void *context)
{
    return ((struct bench *)context)->now;
}

static bool trusts(void *context, int fd)
{
    struct bench *b = context;
    ck_assert_int_eq(fd, b->bridge.fd);
    return !b->distrusts;
}

static void on_reset(void *context)
{
    ((struct bench *)context)->resets++;
}

static struct span on_command(void *context, struct span command)
{
    struct bench *b = context;
    struct writer copy = WRITER_OF(b->command);
    write_span(&copy, span_part(command, 0, sizeof b->command));
    b->command_size = command.size;
    b->commands++;
    b->now += b->command_takes;
    b->left_before = vpcd_peer_left(&b->bridge);
    if (b->hang_up)
        close(b->driver);
    b->left_after = vpcd_peer_left(&b->bridge);
    return b->answer;
}

static void on_sent(void *context)
{
    ((struct bench *)context)->answers_sent++;
}

static void on_news(void *context, enum vpcd_news news)
{
    ((struct bench *)context)->news[news]++;
}

static void bench_init(struct bench *b, uint16_t port)
{
    *b = (struct bench){ .driver = -1, .now = SECOND, .answer = SPAN_OF(select_answer) };
    const struct vpcd_owner owner = {
        b, bench_clock, trusts, on_reset, on_command, on_sent, on_news
    };
    ck_assert_int_eq(vpcd_init(&b->bridge, port, SPAN_OF(atr), &owner), 0);
}

/* Already connected, over a local socket of this type. */
static void bench_connect(struct bench *b, int type)
{
    int ends[2];
    bench_init(b, 1);
    ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, ends), 0);
    b->driver = ends[0];
    vpcd_adopt(&b->bridge, ends[1]);
}

static void bench_end(struct bench *b)
{
    vpcd_deinit(&b->bridge);
    close(b->driver);
}

/* Lets the bridge do all it can without waiting. */
static void run(struct bench *b)
{
    for (int round = 0; round < 10000; round++) {
        struct vpcd_watch watch = vpcd_watch(&b->bridge);
        struct pollfd polled = { .fd = watch.fd, .events = watch.events };
        if (watch.fd < 0 || poll(&polled, 1, 0) <= 0)
            break;
        vpcd_ready(&b->bridge, polled.revents);
    }
    vpcd_tick(&b->bridge);
}

static void say(struct bench *b, struct span bytes)
{
    ck_assert_int_eq(send(b->driver, bytes.at, bytes.size, MSG_NOSIGNAL), (ssize_t)bytes.size);
    run(b);
}

/* Exactly this frame, and nothing behind it. */
static void expect_frame(struct bench *b, struct span body)
{
    uint8_t got[128];
    ssize_t size = recv(b->driver, got, sizeof got, 0);
    ck_assert_int_eq(size, (ssize_t)body.size + 2);
    struct reader in = reader_of(span_of(got, (size_t)size));
    ck_assert(span_equal(read_counted(&in), body));
}

static void expect_silence(struct bench *b)
{
    uint8_t byte;
    ck_assert_int_eq(recv(b->driver, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

START_TEST(the_question_for_the_atr_never_reaches_the_card)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    say(&b, SPAN_OF(ask_atr));
    expect_frame(&b, SPAN_OF(atr));
    ck_assert_uint_eq(b.commands + b.resets, 0);
    ck_assert_uint_eq(b.news[VPCD_ATTACHED], 1);
    bench_end(&b);
}
END_TEST

START_TEST(off_on_and_reset_end_the_session_without_a_reply)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    say(&b, SPAN_OF(((const uint8_t[]){ 0, 1, 0, 0, 1, 1, 0, 1, 2 })));
    ck_assert_uint_eq(b.resets, 3);
    expect_silence(&b);
    bench_end(&b);
}
END_TEST

START_TEST(other_controls_and_empty_frames_are_ignored)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    say(&b, SPAN_OF(((const uint8_t[]){ 0, 0, 0, 1, 3, 0, 1, 0xFF, 0, 0 })));
    expect_silence(&b);
    ck_assert_uint_eq(b.commands + b.resets, 0);
    say(&b, SPAN_OF(ask_atr));
    expect_frame(&b, SPAN_OF(atr));
    bench_end(&b);
}
END_TEST

START_TEST(a_frame_may_be_split_at_every_byte)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    for (size_t cut = 1; cut < sizeof select_frame; cut++) {
        say(&b, span_part(SPAN_OF(select_frame), 0, cut));
        expect_silence(&b);
        say(&b, span_part(SPAN_OF(select_frame), cut, sizeof select_frame));
        expect_frame(&b, SPAN_OF(select_answer));
        ck_assert_uint_eq(b.command_size, sizeof select_frame - 2);
        ck_assert(span_equal(span_of(b.command, b.command_size),
                             span_part(SPAN_OF(select_frame), 2, sizeof select_frame)));
    }
    ck_assert_uint_eq(b.answers_sent, sizeof select_frame - 1);
    bench_end(&b);
}
END_TEST

START_TEST(frames_may_share_a_segment)
{
    struct bench b;
    uint8_t bytes[128], got[128];
    struct writer frames = WRITER_OF(bytes);
    bench_connect(&b, SOCK_STREAM);
    write_span(&frames, SPAN_OF(power_on));
    write_span(&frames, SPAN_OF(ask_atr));
    write_span(&frames, SPAN_OF(select_frame));
    write_span(&frames, SPAN_OF(ask_atr));
    say(&b, written(&frames));

    ssize_t size = recv(b.driver, got, sizeof got, MSG_PEEK);
    ck_assert_int_eq(size, 2 * (2 + (int)sizeof atr) + 2 + (int)sizeof select_answer);
    bench_end(&b);
}
END_TEST

START_TEST(a_frame_behind_the_command_does_not_overtake_its_answer)
{
    struct bench b;
    uint8_t bytes[128], got[128];
    struct writer frames = WRITER_OF(bytes);
    bench_connect(&b, SOCK_STREAM);
    write_span(&frames, SPAN_OF(select_frame));
    write_span(&frames, SPAN_OF(ask_atr));
    say(&b, written(&frames));

    ssize_t size = recv(b.driver, got, sizeof got, 0);
    struct reader in = reader_of(span_of(got, (size_t)size));
    ck_assert(span_equal(read_counted(&in), SPAN_OF(select_answer)));
    ck_assert(span_equal(read_counted(&in), SPAN_OF(atr)));
    ck_assert(read_finished(&in));
    bench_end(&b);
}
END_TEST

/* A socket that keeps records apart shows what one call sent. */
START_TEST(length_and_answer_leave_in_one_call)
{
    struct bench b;
    bench_connect(&b, SOCK_SEQPACKET);
    say(&b, span_part(SPAN_OF(select_frame), 0, 2));
    say(&b, span_part(SPAN_OF(select_frame), 2, sizeof select_frame));
    expect_frame(&b, SPAN_OF(select_answer));
    bench_end(&b);
}
END_TEST

START_TEST(the_largest_frames_pass_both_ways)
{
    struct bench b;
    static uint8_t big[2 + VPCD_FRAME_MAX], back[2 + VPCD_FRAME_MAX];
    memset(big, 0xA5, sizeof big);
    big[0] = big[1] = 0xFF;
    bench_connect(&b, SOCK_STREAM);
    b.answer = span_of(big + 2, VPCD_FRAME_MAX);
    for (size_t sent = 0; sent < sizeof big; run(&b)) {
        ssize_t some = send(b.driver, big + sent, sizeof big - sent, MSG_NOSIGNAL);
        ck_assert_int_gt(some, 0);
        sent += (size_t)some;
    }
    for (size_t got = 0; got < sizeof back; run(&b)) {
        ssize_t some = recv(b.driver, back + got, sizeof back - got, 0);
        ck_assert_int_gt(some, 0);
        got += (size_t)some;
    }
    ck_assert_uint_eq(b.command_size, VPCD_FRAME_MAX);
    ck_assert_mem_eq(back, big, sizeof big);
    ck_assert_uint_eq(b.answers_sent, 1);
    bench_end(&b);
}
END_TEST

START_TEST(a_command_leaves_nothing_in_the_buffer)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    say(&b, SPAN_OF(select_frame));
    ck_assert(span_is_zero(span_of(b.bridge.payload, sizeof select_frame)));
    bench_end(&b);
}
END_TEST

START_TEST(closing_in_mid_frame_ends_the_session_and_wipes_the_part)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    say(&b, span_part(SPAN_OF(select_frame), 0, 9));
    close(b.driver);
    run(&b);
    ck_assert_int_eq(vpcd_watch(&b.bridge).fd, -1);
    ck_assert_uint_eq(b.resets, 1);
    ck_assert_uint_eq(b.commands, 0);
    ck_assert_uint_eq(b.news[VPCD_DETACHED], 1);
    ck_assert(span_is_zero(span_of(b.bridge.payload, sizeof select_frame)));
    b.driver = -1;
    bench_end(&b);
}
END_TEST

START_TEST(a_frame_begun_must_end_within_five_seconds)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    say(&b, span_part(SPAN_OF(select_frame), 0, 1));
    b.now += 5 * SECOND - 1;
    say(&b, span_part(SPAN_OF(select_frame), 1, 3));
    ck_assert_int_ne(vpcd_watch(&b.bridge).fd, -1);
    b.now += 1;
    run(&b);
    ck_assert_int_eq(vpcd_watch(&b.bridge).fd, -1);
    ck_assert_uint_eq(b.news[VPCD_STALLED], 1);
    bench_end(&b);
}
END_TEST

START_TEST(an_answer_must_be_taken_within_five_seconds)
{
    struct bench b;
    static const uint8_t big[VPCD_FRAME_MAX];
    bench_connect(&b, SOCK_STREAM);
    int small = 4096;
    setsockopt(b.bridge.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    b.answer = SPAN_OF(big);
    say(&b, SPAN_OF(select_frame));
    ck_assert_uint_eq(b.answers_sent, 0);
    b.now += 5 * SECOND;
    run(&b);
    ck_assert_int_eq(vpcd_watch(&b.bridge).fd, -1);
    ck_assert_uint_eq(b.answers_sent, 1);
    ck_assert_uint_eq(b.news[VPCD_STALLED], 1);
    bench_end(&b);
}
END_TEST

START_TEST(a_running_command_has_no_deadline)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    b.command_takes = 3600 * SECOND;
    say(&b, SPAN_OF(select_frame));
    expect_frame(&b, SPAN_OF(select_answer));
    ck_assert_uint_eq(vpcd_watch(&b.bridge).deadline, VPCD_NEVER);
    ck_assert_int_ne(vpcd_watch(&b.bridge).fd, -1);
    bench_end(&b);
}
END_TEST

START_TEST(a_command_can_see_that_nobody_waits)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    b.hang_up = true;
    say(&b, SPAN_OF(select_frame));
    ck_assert(!b.left_before);
    ck_assert(b.left_after);
    ck_assert_uint_eq(b.answers_sent, 1);
    ck_assert_int_eq(vpcd_watch(&b.bridge).fd, -1);
    b.driver = -1;
    bench_end(&b);
}
END_TEST

START_TEST(an_occupied_slot_is_told_once_and_waited_for)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    b.now += 3 * SECOND - 1;
    run(&b);
    ck_assert_uint_eq(b.news[VPCD_OCCUPIED], 0);
    b.now += 1;
    run(&b);
    b.now += 3600 * SECOND;
    run(&b);
    ck_assert_uint_eq(b.news[VPCD_OCCUPIED], 1);
    say(&b, SPAN_OF(ask_atr));
    expect_frame(&b, SPAN_OF(atr));
    bench_end(&b);
}
END_TEST

/* --- Over TCP --- */

/* A port that is ours, on which nobody listens yet. */
static int reserve_port(uint16_t *out_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *out_port = ntohs(address.sin_port);
    return fd;
}

/* Lets `span` pass on the test's clock, a millisecond at a time. */
static void pass(struct bench *b, uint64_t span)
{
    for (uint64_t end = b->now + span; b->now < end; b->now += 1000)
        run(b);
}

START_TEST(it_knocks_until_somebody_listens)
{
    struct bench b;
    uint16_t port;
    int listener = reserve_port(&port);
    bench_init(&b, port);

    pass(&b, SECOND);
    ck_assert_uint_eq(b.news[VPCD_ABSENT], 0);
    pass(&b, 10 * SECOND);
    ck_assert_uint_eq(b.news[VPCD_ABSENT], 1);

    ck_assert_int_eq(listen(listener, 0), 0);
    pass(&b, SECOND);
    ck_assert_int_ne(vpcd_watch(&b.bridge).fd, -1);
    b.driver = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    say(&b, SPAN_OF(ask_atr));
    pass(&b, SECOND / 10);
    expect_frame(&b, SPAN_OF(atr));

    /* and again when the driver went and came back */
    close(b.driver);
    pass(&b, SECOND);
    b.driver = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    ck_assert_int_ge(b.driver, 0);
    ck_assert_uint_eq(b.news[VPCD_DETACHED], 1);
    close(listener);
    bench_end(&b);
}
END_TEST

/* Waits for real events: for the sockets' sake, not for the clock's. */
static void run_until_answer(struct bench *b)
{
    struct pollfd answer = { .fd = b->driver, .events = POLLIN };
    while (poll(&answer, 1, 0) == 0) {
        struct vpcd_watch watch = vpcd_watch(&b->bridge);
        struct pollfd either[] = { { .fd = watch.fd, .events = watch.events }, answer };
        ck_assert_int_gt(poll(either, 2, 5000), 0);
        vpcd_ready(&b->bridge, either[0].revents);
    }
}

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The driver sends as Debian's vpcd does: two writes, and Nagle on. Without TCP_QUICKACK at the
 * right place every single command takes 40 ms and more. */
START_TEST(no_command_takes_20_ms)
{
    struct bench b;
    uint16_t port;
    int listener = reserve_port(&port);
    bench_init(&b, port);
    ck_assert_int_eq(listen(listener, 0), 0);
    run(&b);
    b.driver = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

    double best = 1e9;
    for (int i = 0; i < 10; i++) {
        double begin = milliseconds();
        ck_assert_int_eq(send(b.driver, select_frame, 2, 0), 2);
        ck_assert_int_eq(send(b.driver, select_frame + 2, sizeof select_frame - 2, 0),
                         (ssize_t)sizeof select_frame - 2);
        run_until_answer(&b);
        double took = milliseconds() - begin;
        expect_frame(&b, SPAN_OF(select_answer));
        /* the first ones profit from the kernel's own quick start */
        if (i > 2 && took < best)
            best = took;
    }
    ck_assert_double_lt(best, 20);
    close(listener);
    bench_end(&b);
}
END_TEST

/* Over TCP, where the kernel knows resets: with bytes of a command unread at its end, as pcscd that
 * is killed in the middle. */
START_TEST(a_connection_that_is_reset_ends_the_session)
{
    struct bench b;
    uint16_t port;
    const struct linger at_once = { .l_onoff = 1 };
    int listener = reserve_port(&port);
    bench_init(&b, port);
    ck_assert_int_eq(listen(listener, 0), 0);
    for (unsigned round = 1; round <= 3; round++) {
        pass(&b, SECOND);
        b.driver = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        ck_assert_int_ge(b.driver, 0);
        say(&b, SPAN_OF(ask_atr));
        pass(&b, SECOND / 10);
        expect_frame(&b, SPAN_OF(atr));
        ck_assert_int_eq(setsockopt(b.driver, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
        close(b.driver);
        pass(&b, SECOND / 10);
        ck_assert_uint_eq(b.news[VPCD_DETACHED], round);
        ck_assert_uint_eq(b.resets, round);
        ck_assert_uint_eq(b.news[VPCD_STALLED], 0);
    }
    b.driver = -1;
    close(listener);
    bench_end(&b);
}
END_TEST

static int lowest_free_descriptor(void)
{
    int fd = dup(STDIN_FILENO);
    close(fd);
    return fd;
}

START_TEST(reconnections_use_no_descriptors_up)
{
    struct bench b;
    uint16_t port;
    int listener = reserve_port(&port);
    bench_init(&b, port);
    int before = lowest_free_descriptor();
    pass(&b, 10 * SECOND); /* refused again and again */
    ck_assert_int_eq(lowest_free_descriptor(), before);
    ck_assert_int_eq(listen(listener, 0), 0);
    for (int round = 0; round < 20; round++) {
        b.distrusts = round % 2;
        pass(&b, SECOND);
        b.driver = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        ck_assert_int_ge(b.driver, 0);
        say(&b, SPAN_OF(ask_atr));
        pass(&b, SECOND / 10);
        close(b.driver);
        run(&b);
        ck_assert_int_eq(b.bridge.fd, -1);
        ck_assert_int_eq(lowest_free_descriptor(), before);
    }
    b.driver = -1;
    close(listener);
    bench_end(&b);
}
END_TEST

START_TEST(a_stranger_gets_nothing_and_is_told_once)
{
    struct bench b;
    bench_connect(&b, SOCK_STREAM);
    for (int round = 0; round < 3; round++) {
        int ends[2];
        uint8_t byte;
        b.distrusts = true;
        say(&b, SPAN_OF(ask_atr));
        ssize_t size = recv(b.driver, &byte, 1, 0);
        ck_assert(size == 0 || (size < 0 && errno == ECONNRESET)); /* with some of it unread */
        ck_assert_int_eq(b.bridge.phase, VPCD_RESTING);
        ck_assert_uint_eq(b.bridge.deadline, b.now + SECOND / 4); /* not at the eager pace */
        close(b.driver);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        b.driver = ends[0];
        vpcd_adopt(&b.bridge, ends[1]);
    }
    ck_assert_uint_eq(b.news[VPCD_FOREIGN], 1);
    ck_assert_uint_eq(b.news[VPCD_ATTACHED] + b.news[VPCD_DETACHED], 0);
    ck_assert_uint_eq(b.commands + b.resets, 0);
    b.distrusts = false;
    say(&b, SPAN_OF(ask_atr));
    expect_frame(&b, SPAN_OF(atr));
    bench_end(&b);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "vpcd", the_question_for_the_atr_never_reaches_the_card,
        off_on_and_reset_end_the_session_without_a_reply,
        other_controls_and_empty_frames_are_ignored, a_frame_may_be_split_at_every_byte,
        frames_may_share_a_segment, a_frame_behind_the_command_does_not_overtake_its_answer,
        length_and_answer_leave_in_one_call, the_largest_frames_pass_both_ways,
        a_command_leaves_nothing_in_the_buffer,
        closing_in_mid_frame_ends_the_session_and_wipes_the_part,
        a_frame_begun_must_end_within_five_seconds, an_answer_must_be_taken_within_five_seconds,
        a_running_command_has_no_deadline, a_command_can_see_that_nobody_waits,
        an_occupied_slot_is_told_once_and_waited_for, a_connection_that_is_reset_ends_the_session,
        reconnections_use_no_descriptors_up, a_stranger_gets_nothing_and_is_told_once,
        it_knocks_until_somebody_listens, no_command_takes_20_ms);
}
