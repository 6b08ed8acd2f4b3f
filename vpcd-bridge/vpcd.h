/* The card's end of vsmartcard's vpcd: frames with a two-byte length over TCP, to which we connect
 * (protocol.md 14: the driver inside pcscd listens). It knows lengths, control bytes and callbacks,
 * and nothing of cards.
 *
 * A state machine without a thread: the owner polls vpcd_watch(), hands in what happened, and gets
 * called back from there. Times are microseconds of the owner's clock, which never goes back;
 * VPCD_NEVER is no time. It reconnects for ever. */
#pragma once

#include "base/bytes.h"

#define VPCD_FRAME_MAX 65535
#define VPCD_NEVER     UINT64_MAX

/* What a log would like to know. Each is told once for each time it becomes true. */
enum vpcd_news {
    VPCD_ATTACHED, /* the driver spoke to us: we are the card in its slot */
    VPCD_DETACHED, /* the connection that was attached ended */
    VPCD_ABSENT,   /* nobody listens on the port */
    VPCD_OCCUPIED, /* somebody listens, but lets us wait: another card is in the slot */
    VPCD_STALLED,  /* we closed: the rest of a frame did not come, or an answer was not taken */
    VPCD_FAILED,   /* no connection for a reason of this machine; errno tells */
    VPCD_FOREIGN,  /* we closed: the owner does not trust who spoke to us */
};

/* None may be NULL. They call nothing of this header but vpcd_peer_left(). */
struct vpcd_owner {
    void *context;
    uint64_t (*clock)(void *context);
    /* Whether who has just spoken on this connection may have the card. Asked once a connection,
     * before anything is sent. */
    bool (*trusts)(void *context, int fd);
    /* Power off, power on, reset, and the end of a connection: whatever the host had is gone. */
    void (*reset)(void *context);
    /* A command of at least two bytes, borrowed for the call. Gives the answer, of at most
     * VPCD_FRAME_MAX bytes, which is borrowed until sent() is called. It may take its time: the
     * driver sends nothing, not even a question for the ATR, before it has its answer. */
    struct span (*command)(void *context, struct span command);
    /* The answer to the last command is no longer needed: sent, or nobody wants it. Once each. */
    void (*sent)(void *context);
    void (*news)(void *context, enum vpcd_news news);
};

enum vpcd_phase {
    VPCD_RESTING, /* no connection; the next attempt at the deadline */
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
    uint64_t eager_until; /* until then, refused attempts are repeated at a quick pace */
    uint64_t silent_since;
    bool told_absent, told_occupied, told_failed, told_foreign;

    uint8_t head[2];  /* of the frame that comes in */
    size_t got;       /* bytes of it so far, head included */
    uint8_t *payload; /* VPCD_FRAME_MAX bytes of the secret heap: commands carry PINs */

    uint8_t answer_head[2];
    struct span answer;
    size_t sent;   /* bytes of the answer so far, head included */
    bool borrowed; /* the answer is the owner's: sent() is owed */
};

/* Prepares to connect to 127.0.0.1:port at once. atr is borrowed until vpcd_deinit(). Fault:
 * FAULT_MEMORY. */
MUST_CHECK int vpcd_init(struct vpcd *v, uint16_t port, struct span atr,
                         const struct vpcd_owner *owner);
/* Closes without calling anybody; harmless twice. */
void vpcd_deinit(struct vpcd *v);
/* Takes over a connected, non-blocking socket instead of connecting: for tests. */
void vpcd_adopt(struct vpcd *v, int fd);

/* What to poll: descriptor (-1: nothing) and events; and when to call although nothing happened. */
struct vpcd_watch {
    int fd;
    short events;
    uint64_t deadline;
};
struct vpcd_watch vpcd_watch(const struct vpcd *v);
/* The descriptor has these events. */
void vpcd_ready(struct vpcd *v, short events);
/* The deadline may have passed. */
void vpcd_tick(struct vpcd *v);

/* Whether the other side has closed the connection; for long commands, that ask now and then
 * whether anybody still waits. One system call. */
bool vpcd_peer_left(const struct vpcd *v);
