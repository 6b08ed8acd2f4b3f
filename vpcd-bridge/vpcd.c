/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine: one table row for each phase says what to poll for and which functions handle
 * the event and the deadline. */
#include "vpcd-bridge/vpcd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/secret.h"

#define MS ((uint64_t)1000)

/* pcscd looks for a card when it starts, and then every 400 ms. A card that is connected at the
 * first look is seen 400 ms earlier. So a new bridge tries to connect at a quick pace for a second,
 * and then four times a second. */
#define EAGER_FOR      (1000 * MS)
#define EAGER_PACE     (2 * MS)
#define PACE           (250 * MS)
#define CONNECT_LIMIT  (1000 * MS)
#define SILENCE_LIMIT  (3000 * MS) /* the driver asks for the ATR 2.5 times a second */
#define TRANSFER_LIMIT (5000 * MS) /* to receive the rest of a frame, or to send an answer */

enum control { CONTROL_OFF = 0, CONTROL_ON = 1, CONTROL_RESET = 2, CONTROL_ATR = 4 };

static void attempt(struct vpcd *v);
static void connected(struct vpcd *v);
static void give_up_attempt(struct vpcd *v);
static void receive(struct vpcd *v);
static void call_occupied(struct vpcd *v);
static void transmit(struct vpcd *v);
static void give_up_transfer(struct vpcd *v);

typedef void step(struct vpcd *v);

static const struct {
    short events;
    step *ready;
    step *late; /* NULL: the phase has no deadline */
} phases[] = {
    [VPCD_RESTING] = { 0, NULL, attempt },
    [VPCD_CONNECTING] = { POLLOUT, connected, give_up_attempt },
    [VPCD_SILENT] = { POLLIN, receive, call_occupied },
    [VPCD_WAITING] = { POLLIN, receive, NULL },
    [VPCD_READING] = { POLLIN, receive, give_up_transfer },
    [VPCD_SENDING] = { POLLOUT, transmit, give_up_transfer },
};

static uint64_t clock_of(const struct vpcd *v)
{
    return v->owner.clock(v->owner.context);
}

int vpcd_init(struct vpcd *v, uint16_t port, struct span atr, const struct vpcd_owner *owner)
{
    uint8_t *payload = secret_alloc(VPCD_FRAME_MAX);
    if (!payload)
        return failure(FAULT_MEMORY, "no memory for frames");
    *v = (struct vpcd){
        .owner = *owner,
        .atr = atr,
        .port = port,
        .phase = VPCD_RESTING,
        .fd = -1,
        .payload = payload,
    };
    v->deadline = v->silent_since = clock_of(v);
    v->eager_until = v->deadline + EAGER_FOR;
    return 0;
}

static void enter(struct vpcd *v, enum vpcd_phase phase, uint64_t deadline)
{
    v->phase = phase;
    v->deadline = deadline;
}

static void release_answer(struct vpcd *v)
{
    v->answer = (struct span){ 0 };
    if (v->borrowed)
        v->owner.sent(v->owner.context);
    v->borrowed = false;
}

static void drop_connection(struct vpcd *v)
{
    if (v->fd >= 0)
        close(v->fd);
    v->fd = -1;
    if (v->got > sizeof v->head)
        secret_wipe(v->payload, v->got - sizeof v->head);
    v->got = 0;
    release_answer(v);
}

void vpcd_deinit(struct vpcd *v)
{
    if (!v->payload)
        return;
    v->borrowed = false;
    drop_connection(v);
    secret_free(v->payload);
    *v = (struct vpcd){ .fd = -1 };
}

struct vpcd_watch vpcd_watch(const struct vpcd *v)
{
    return (struct vpcd_watch){ v->fd, phases[v->phase].events, v->deadline };
}

void vpcd_ready(struct vpcd *v, short events)
{
    if (events && phases[v->phase].ready)
        phases[v->phase].ready(v);
}

void vpcd_tick(struct vpcd *v)
{
    if (v->deadline != VPCD_NEVER && clock_of(v) >= v->deadline && phases[v->phase].late)
        phases[v->phase].late(v);
}

/* --- Connecting and losing --- */

static void tell(struct vpcd *v, enum vpcd_news news)
{
    v->owner.news(v->owner.context, news);
}

static void tell_once(struct vpcd *v, bool *told, enum vpcd_news news)
{
    if (!*told)
        tell(v, news);
    *told = true;
}

static void rest(struct vpcd *v)
{
    uint64_t now = clock_of(v);
    drop_connection(v);
    enter(v, VPCD_RESTING, now + (now < v->eager_until ? EAGER_PACE : PACE));
}

static void refused(struct vpcd *v, int error)
{
    errno = error;
    if (error == ECONNREFUSED && clock_of(v) >= v->eager_until)
        tell_once(v, &v->told_absent, VPCD_ABSENT);
    else if (error != ECONNREFUSED)
        tell_once(v, &v->told_failed, VPCD_FAILED);
    v->silent_since = clock_of(v);
    rest(v);
}

void vpcd_adopt(struct vpcd *v, int fd)
{
    v->fd = fd;
    enter(v, VPCD_SILENT, v->told_occupied ? VPCD_NEVER : v->silent_since + SILENCE_LIMIT);
}

static void attempt(struct vpcd *v)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(v->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    v->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (v->fd < 0)
        refused(v, errno);
    else if (connect(v->fd, (struct sockaddr *)&address, sizeof address) == 0)
        vpcd_adopt(v, v->fd);
    else if (errno == EINPROGRESS)
        enter(v, VPCD_CONNECTING, clock_of(v) + CONNECT_LIMIT);
    else
        refused(v, errno);
}

static void connected(struct vpcd *v)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(v->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    if (error)
        refused(v, error);
    else
        vpcd_adopt(v, v->fd);
}

/* While the slot is occupied, vpcd leaves one connection in its backlog and the kernel drops the
 * others. A new attempt each second finds a free slot sooner than the kernel's own repetitions,
 * whose intervals grow. */
static void give_up_attempt(struct vpcd *v)
{
    if (clock_of(v) >= v->silent_since + SILENCE_LIMIT)
        tell_once(v, &v->told_occupied, VPCD_OCCUPIED);
    rest(v);
}

static void call_occupied(struct vpcd *v)
{
    tell_once(v, &v->told_occupied, VPCD_OCCUPIED);
    v->deadline = VPCD_NEVER;
}

static void lose(struct vpcd *v)
{
    bool was_attached = v->attached;
    v->attached = false;
    v->silent_since = clock_of(v);
    rest(v);
    if (!was_attached)
        return;
    v->owner.reset(v->owner.context);
    tell(v, VPCD_DETACHED);
}

static void give_up_transfer(struct vpcd *v)
{
    tell(v, VPCD_STALLED);
    lose(v);
}

static void attach(struct vpcd *v)
{
    v->attached = true;
    v->told_absent = v->told_occupied = v->told_failed = v->told_foreign = false;
    tell(v, VPCD_ATTACHED);
}

/* The process that listens on the port need not be the driver: any user may listen where pcscd does
 * not. The owner is asked at this moment because the kernel knows the user of the other end only
 * after the connection was accepted. */
static bool admit(struct vpcd *v)
{
    if (v->attached)
        return true;
    if (v->owner.trusts(v->owner.context, v->fd)) {
        attach(v);
        return true;
    }
    tell_once(v, &v->told_foreign, VPCD_FOREIGN);
    v->silent_since = clock_of(v);
    drop_connection(v);
    enter(v, VPCD_RESTING, clock_of(v) + PACE);
    return false;
}

/* Waits for the rest of a frame. The deadline is counted from the first wait for this frame. */
static void begin(struct vpcd *v, enum vpcd_phase phase)
{
    if (v->phase != phase)
        enter(v, phase, clock_of(v) + TRANSFER_LIMIT);
}

/* --- Frames out --- */

/* Sends length and payload in one call, so that they share a TCP segment: in two segments, the
 * second would wait for the other side's delayed acknowledgement. */
static void transmit(struct vpcd *v)
{
    struct span head = span_part(SPAN_OF(v->answer_head), v->sent, sizeof v->answer_head);
    struct span body =
        span_part(v->answer, v->sent - (sizeof v->answer_head - head.size), v->answer.size);
    struct iovec parts[] = { { (void *)head.at, head.size }, { (void *)body.at, body.size } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = COUNT_OF(parts) };

    ssize_t sent = sendmsg(v->fd, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        lose(v);
        return;
    }
    v->sent += sent > 0 ? (size_t)sent : 0;
    if (v->sent < sizeof v->answer_head + v->answer.size) {
        begin(v, VPCD_SENDING);
        return;
    }
    enter(v, VPCD_WAITING, VPCD_NEVER);
    release_answer(v);
}

static void send_frame(struct vpcd *v, struct span body)
{
    struct writer head = WRITER_OF(v->answer_head);
    write_u16(&head, (uint16_t)body.size);
    v->answer = body;
    v->sent = 0;
    transmit(v);
}

/* --- Frames in --- */

static size_t payload_size(const struct vpcd *v)
{
    struct reader in = reader_of(SPAN_OF(v->head));
    return read_u16(&in);
}

static void control(struct vpcd *v, uint8_t what)
{
    switch (what) {
    case CONTROL_OFF:
    case CONTROL_ON:
    case CONTROL_RESET:
        v->owner.reset(v->owner.context);
        break;
    case CONTROL_ATR: /* the driver asks several times a second, to see whether the card is still
                         there */
        send_frame(v, v->atr);
        break;
    default: /* protocol.md 14: ignore */
        break;
    }
}

static void take_frame(struct vpcd *v)
{
    struct span frame = { v->payload, payload_size(v) };
    v->got = 0;
    enter(v, VPCD_WAITING, VPCD_NEVER);
    if (frame.size == 1)
        control(v, frame.at[0]);
    if (frame.size <= 1) /* the empty frame is ignored: protocol.md 14 */
        return;
    struct span answer = v->owner.command(v->owner.context, frame);
    secret_wipe(v->payload, frame.size);
    v->borrowed = true;
    send_frame(v, answer);
}

/* Receives bytes of the current part of the frame, if there are any; false when the connection is
 * lost. */
static bool receive_part(struct vpcd *v, uint8_t *to, size_t size)
{
    ssize_t got = recv(v->fd, to, size, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        lose(v);
        return false;
    }
    v->got += got > 0 ? (size_t)got : 0;
    return true;
}

/* vpcd sends length and payload in two writes without TCP_NODELAY: its kernel holds the payload
 * back until ours has acknowledged the length, which ours delays by 40 ms. TCP_QUICKACK makes it
 * acknowledge at once. The kernel clears the option by itself, so it is set here each time; after
 * the payload it would be too late. */
static void acknowledge_head(struct vpcd *v)
{
    int yes = 1;
    /* Other sockets than TCP lack the option and do not need it. */
    (void)setsockopt(v->fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
}

static bool receive_head(struct vpcd *v)
{
    if (!receive_part(v, v->head + v->got, sizeof v->head - v->got))
        return false;
    if (v->got && !admit(v))
        return false;
    if (v->got == sizeof v->head)
        acknowledge_head(v);
    return true;
}

static bool receive_payload(struct vpcd *v)
{
    size_t have = v->got - sizeof v->head;
    size_t missing = payload_size(v) - have;
    return missing == 0 || receive_part(v, v->payload + have, missing);
}

static void receive(struct vpcd *v)
{
    if (v->got < sizeof v->head && !receive_head(v))
        return;
    if (v->got >= sizeof v->head && !receive_payload(v))
        return;
    if (v->got >= sizeof v->head && v->got == sizeof v->head + payload_size(v))
        take_frame(v);
    else if (v->got)
        begin(v, VPCD_READING);
}

bool vpcd_peer_left(const struct vpcd *v)
{
    struct pollfd polled = { .fd = v->fd, .events = POLLRDHUP };
    return poll(&polled, 1, 0) > 0;
}
