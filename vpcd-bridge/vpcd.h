/* SPDX-License-Identifier: Apache-2.0 */
/* The card's side of vsmartcard's vpcd protocol: frames with a two-byte length over TCP. The driver
 * inside pcscd listens, and the card connects to it (protocol.md 14). This folder handles lengths,
 * control bytes and callbacks; the content of commands is the owner's.
 *
 * A state machine without a thread: the owner polls vpcd_watch(), passes events to vpcd_ready() and
 * vpcd_tick(), and gets called back from there. Times are microseconds of the owner's clock, which
 * must never decrease; VPCD_NEVER means no deadline. A lost or refused connection is tried again
 * for ever. */
#pragma once

#include "base/bytes.h"

#define VPCD_FRAME_MAX 65535
#define VPCD_NEVER     UINT64_MAX

/* Events for the owner's log. Each is reported once, when it becomes true. */
enum vpcd_news {
    VPCD_ATTACHED, /* the driver spoke to us: we are the card in its slot */
    VPCD_DETACHED, /* the connection that was attached ended */
    VPCD_ABSENT,   /* nobody listens on the port */
    VPCD_OCCUPIED, /* somebody listens, but lets us wait: another card is in the slot */
    VPCD_STALLED,  /* we closed the connection: the driver did not send the rest of a frame or take
                      an answer in time */
    VPCD_FAILED,   /* no connection because of an error on this machine; errno says which */
    VPCD_FOREIGN,  /* we closed the connection: the owner does not trust the peer */
};

/* Callbacks of the owner. None may be NULL. They may call no function of this header except
 * vpcd_peer_left(). */
struct vpcd_owner {
    void *context;
    uint64_t (*clock)(void *context);
    /* Whether the peer of this connection may use the card. Called once for each connection, when
     * the peer has sent its first byte and before anything is sent to it. */
    bool (*trusts)(void *context, int fd);
    /* The host's session is over: power off, power on, reset, or the end of a connection. */
    void (*reset)(void *context);
    /* Runs a command of at least two bytes, borrowed for the call. Gives the answer, of at most
     * VPCD_FRAME_MAX bytes, which is borrowed until sent() is called. It may take any time: the
     * driver sends nothing before it has the answer, not even a question for the ATR. */
    struct span (*command)(void *context, struct span command);
    /* The answer to the last command is no longer borrowed: it was sent, or the connection has
     * ended. Called once for each answer. */
    void (*sent)(void *context);
    void (*news)(void *context, enum vpcd_news news);
};

enum vpcd_phase {
    VPCD_RESTING, /* no connection; the next attempt is due at the deadline */
    VPCD_CONNECTING,
    VPCD_SILENT,  /* connected, but the driver has not spoken yet */
    VPCD_WAITING, /* attached, between frames */
    VPCD_READING, /* a frame has begun */
    VPCD_SENDING, /* the driver is slow to take an answer */
};

struct vpcd {
    struct vpcd_owner owner;
    struct span atr;
    uint16_t port;

    enum vpcd_phase phase;
    int fd; /* -1: none */
    bool attached;
    uint64_t deadline;
    uint64_t eager_until; /* until this time, refused attempts are repeated quickly */
    uint64_t silent_since;
    bool told_absent, told_occupied, told_failed, told_foreign;

    uint8_t head[2];  /* of the frame that comes in */
    size_t got;       /* bytes of it so far, head included */
    uint8_t *payload; /* VPCD_FRAME_MAX bytes on the secret heap, since commands carry PINs */

    uint8_t answer_head[2];
    struct span answer;
    size_t sent;   /* bytes of the answer so far, head included */
    bool borrowed; /* the answer is borrowed from the owner: sent() must still be called */
};

/* Prepares a bridge whose first vpcd_tick() connects to 127.0.0.1:port. atr is borrowed until
 * vpcd_deinit(). Fault: FAULT_MEMORY. */
MUST_CHECK int vpcd_init(struct vpcd *v, uint16_t port, struct span atr,
                         const struct vpcd_owner *owner);
/* Closes the connection without calling the owner; harmless twice. */
void vpcd_deinit(struct vpcd *v);
/* Takes over a connected, non-blocking socket instead of connecting: for tests. */
void vpcd_adopt(struct vpcd *v, int fd);

/* What the owner polls: a descriptor (-1: none), its events, and the time at which to call
 * vpcd_tick() if no event comes first. */
struct vpcd_watch {
    int fd;
    short events;
    uint64_t deadline;
};
struct vpcd_watch vpcd_watch(const struct vpcd *v);
/* Call when the polled descriptor has these events. */
void vpcd_ready(struct vpcd *v, short events);
/* Call when the deadline may have passed. */
void vpcd_tick(struct vpcd *v);

/* Whether the peer has closed the connection. Long commands ask this from time to time, to stop
 * when nobody waits for the answer. One system call. */
bool vpcd_peer_left(const struct vpcd *v);
