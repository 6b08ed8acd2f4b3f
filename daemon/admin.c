/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/admin.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/admin_requests.h"

#define IDLE_US ((uint64_t)5 * 1000 * 1000)
/* A brief connection has this long, from its coming to its end whatever it sends; and when others
 * wait, that long before the next one takes its seat. */
#define BRIEF_US ((uint64_t)1000 * 1000)
#define GRACE_US ((uint64_t)100 * 1000)

/* --- Peers in the loop --- */

static struct loop_wish peer_wish(void *context)
{
    const struct admin_peer *peer = context;
    short events = peer->answer ? POLLOUT : admin_waits(peer) ? 0 : POLLIN;
    return (struct loop_wish){ peer->fd, events, peer->deadline };
}

static void peer_ready(void *context, short events)
{
    struct admin_peer *peer = context;
    if (peer->fd < 0)
        return;
    if (!events || (admin_waits(peer) && !peer->answer)) { /* too slow, or gone */
        admin_drop(peer);
        return;
    }
    if (!peer->answer)
        admin_receive(peer);
    admin_advance(peer);
}

static bool may_ask(int fd, uint32_t *out_uid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return false;
    *out_uid = peer.uid;
    return peer.uid == geteuid() || peer.uid == 0;
}

static struct admin_peer *free_seat(struct admin *admin)
{
    for (size_t i = 0; i < ADMIN_SEATS; i++)
        if (admin->peers[i].fd < 0 && !admin->peers[i].closing)
            return &admin->peers[i];
    return NULL;
}

/* The one that came first of those in brief seats. None waits for the card. */
static struct admin_peer *oldest_brief(struct admin *admin)
{
    struct admin_peer *oldest = &admin->peers[ADMIN_CLIENTS_MAX];
    for (size_t i = ADMIN_CLIENTS_MAX; i < ADMIN_SEATS; i++)
        if (admin->peers[i].deadline < oldest->deadline)
            oldest = &admin->peers[i];
    return oldest;
}

/* When there is a seat for one more: 0, or the time when the oldest brief peer must go. */
static uint64_t seat_at(struct admin *admin)
{
    return free_seat(admin) ? 0 : oldest_brief(admin)->deadline - BRIEF_US + GRACE_US;
}

static struct admin_peer *make_seat(struct admin *admin)
{
    if (!free_seat(admin) && seat_at(admin) <= now_us())
        admin_drop(oldest_brief(admin));
    return free_seat(admin);
}

void admin_serve(struct admin *admin, int fd)
{
    struct admin_peer *peer = make_seat(admin);
    if (peer && may_ask(fd, &peer->uid)) {
        peer->fd = fd;
        peer->brief = peer >= admin->peers + ADMIN_CLIENTS_MAX;
        peer->deadline = now_us() + (peer->brief ? BRIEF_US : admin->idle_us);
    } else {
        close(fd);
    }
}

/* --- Life --- */

void admin_init(struct admin *admin, const struct admin_owner *owner)
{
    *admin = (struct admin){ .owner = *owner, .socket = ADMIN_SOCKET_NONE, .idle_us = IDLE_US };
    for (size_t i = 0; i < ADMIN_SEATS; i++)
        admin->peers[i] = (struct admin_peer){ .owner = &admin->owner,
                                               .idle_us = &admin->idle_us,
                                               .fd = -1,
                                               .file = -1,
                                               .deadline = LOOP_NEVER };
}

int admin_listen(struct admin *admin, const char *path)
{
    return admin_socket_open(&admin->socket, path);
}

/* --- The socket --- */

static struct loop_wish listener_wish(void *context)
{
    struct admin *admin = context;
    uint64_t at = seat_at(admin);
    if (at <= now_us())
        return (struct loop_wish){ admin->socket.fd, POLLIN, LOOP_NEVER };
    return (struct loop_wish){ -1, 0, at };
}

static void listener_ready(void *context, short events)
{
    struct admin *admin = context;
    if (!events) /* there may be a seat now */
        return;
    int fd = accept4(admin->socket.fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        admin_serve(admin, fd);
}

int admin_join(struct admin *admin, struct loop *loop)
{
    int r = loop_add(loop, (struct loop_watcher){ admin, listener_wish, listener_ready });
    for (size_t i = 0; i < ADMIN_SEATS && r == 0; i++)
        r = loop_add(loop, (struct loop_watcher){ &admin->peers[i], peer_wish, peer_ready });
    return r;
}

void admin_deinit(struct admin *admin)
{
    for (size_t i = 0; i < ADMIN_SEATS && admin->owner.status; i++)
        admin_close(&admin->peers[i]);
    if (admin->owner.status)
        admin_socket_close(&admin->socket);
}
