/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/admin_peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define PATIENCE_US ((uint64_t)10 * 1000 * 1000)

void admin_close(struct admin_peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    if (peer->file >= 0)
        close(peer->file);
    peer->file = -1;
    free(peer->answer);
    peer->answer = NULL;
    peer->got = peer->answer_size = peer->answer_room = peer->sent = 0;
    peer->log_lines = 0;
    peer->reads_log = peer->brief = false;
    peer->deadline = LOOP_NEVER;
}

void admin_set_deadline(struct admin_peer *peer, uint64_t us)
{
    if (!peer->brief)
        peer->deadline = now_us() + us;
}

bool admin_waits(const struct admin_peer *peer)
{
    return peer->page || peer->errand;
}

void admin_drop(struct admin_peer *peer)
{
    admin_close(peer);
    peer->closing = admin_waits(peer);
}

static bool make_room(struct admin_peer *peer, size_t size)
{
    size_t wanted = peer->answer_size + size;
    if (wanted <= peer->answer_room)
        return true;
    wanted *= 2; /* a page of the log has many lines */
    char *longer = realloc(peer->answer, wanted);
    if (!longer)
        return false;
    peer->answer = longer;
    peer->answer_room = wanted;
    return true;
}

void admin_append(struct admin_peer *peer, const char *text, size_t size)
{
    if (!make_room(peer, size)) {
        admin_drop(peer);
        return;
    }
    memcpy(peer->answer + peer->answer_size, text, size);
    peer->answer_size += size;
    admin_set_deadline(peer, PATIENCE_US);
}

/* Sends the object, which it takes over. */
void admin_answer(struct admin_peer *peer, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (!text) {
        admin_drop(peer);
        return;
    }
    size_t size = strlen(text);
    text[size] = '\n'; /* in the place of the terminating zero */
    admin_append(peer, text, size + 1);
    free(text);
}

void admin_answer_error(struct admin_peer *peer, const char *what)
{
    admin_answer(peer, json_pack("{s:s}", "error", what));
}

void admin_answer_busy(struct admin_peer *peer)
{
    admin_answer(peer, json_pack("{s:s,s:b}", "error",
                                 "busy: as many others are served as there is room for; ask again",
                                 "busy", 1));
}

/* --- Bytes in, bytes out --- */

static ssize_t send_some(const struct admin_peer *peer)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = { .head = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
    struct iovec bytes = { peer->answer + peer->sent, peer->answer_size - peer->sent };
    struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
    memcpy(CMSG_DATA(&control.head), &peer->file, sizeof peer->file);
    if (peer->file >= 0) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof control.room;
    }
    return sendmsg(peer->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void admin_flush(struct admin_peer *peer)
{
    if (peer->fd < 0 || !peer->answer)
        return;
    ssize_t sent = send_some(peer);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        admin_drop(peer);
        return;
    }
    peer->sent += sent > 0 ? (size_t)sent : 0;
    if (sent > 0 && peer->file >= 0) {
        close(peer->file);
        peer->file = -1;
    }
    if (peer->sent < peer->answer_size)
        return;
    free(peer->answer);
    peer->answer = NULL;
    peer->answer_size = peer->answer_room = peer->sent = 0;
    admin_set_deadline(peer, *peer->idle_us);
    if (peer->brief)
        admin_close(peer);
}

void admin_receive(struct admin_peer *peer)
{
    ssize_t got =
        recv(peer->fd, peer->line + peer->got, sizeof peer->line - peer->got, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    bool full = got > 0 && peer->got + (size_t)got == sizeof peer->line &&
                !memchr(peer->line, '\n', sizeof peer->line);
    if (got <= 0 || full) {
        admin_drop(peer);
        return;
    }
    if (peer->got == 0)
        admin_set_deadline(peer, PATIENCE_US);
    peer->got += (size_t)got;
}
