/* The PC/SC client: readers, the card in one, and commands to it.
 *
 *     SCOPED(reader_service_close) struct reader_service service = { 0 };
 *     SCOPED(reader_disconnect) struct reader_card card = { 0 };
 *     reader_service_open(&service); reader_find(&service, "Glass", name); reader_connect(...);
 *
 * The service (pcscd) is reached through the socket that the environment variable
 * PCSCLITE_CSOCK_NAME names, else through the machine's own; the library looks once per process.
 * Nothing here is safe for two threads at once. */
#pragma once

#include <winscard.h>

#include "base/bytes.h"

#define READER_NAME_SIZE   128   /* with the terminating zero */
#define READER_ANSWER_SIZE 65538 /* an extended answer and its status word */

enum {                        /* positive results */
       READER_NO_SERVICE = 1, /* pcscd does not answer, or went away */
       READER_NONE,           /* no reader of that name */
       READER_NO_CARD,        /* the reader is empty */
       READER_TIMEOUT,        /* nothing happened in the time given */
       READER_LOST,           /* the card was removed or reset by somebody else */
       READER_BUSY,           /* somebody else holds it exclusively */
       READER_DENIED,         /* polkit does not let this user use pcscd */
};

struct reader_service {
    SCARDCONTEXT context;
    bool open;
};

/* READER_NO_SERVICE, READER_DENIED. */
MUST_CHECK int reader_service_open(struct reader_service *out);
/* Harmless on an empty or closed service. */
void reader_service_close(struct reader_service *service);

/* Calls each(context, name) for every reader, in pcscd's order. READER_NO_SERVICE, READER_NONE. */
MUST_CHECK int reader_each(const struct reader_service *service,
                           void (*each)(void *context, const char *name), void *context);
/* The first reader whose name contains part; "" is the first of all. READER_NONE. */
MUST_CHECK int reader_find(const struct reader_service *service, const char *part,
                           char out_name[READER_NAME_SIZE]);

/* Waits until there is a card in the reader. READER_TIMEOUT, READER_NONE, READER_NO_SERVICE. */
MUST_CHECK int reader_await_card(const struct reader_service *service, const char *name,
                                 unsigned milliseconds);

/* Appends the answer to reset of the card in the reader. READER_NO_CARD, READER_NONE. */
MUST_CHECK int reader_atr(const struct reader_service *service, const char *name,
                          struct writer *out);

struct channel;
struct reader_card {
    SCARDHANDLE handle;
    DWORD protocol;
    bool connected;
    struct channel *channel; /* of client_open_channel(); NULL: commands are sent in the clear */
    bool channel_only; /* what is not needed to open a channel never goes beside one: a fault */
};

/* Shared with other programs. READER_NO_CARD, READER_NONE, READER_BUSY. */
MUST_CHECK int reader_connect(const struct reader_service *service, const char *name,
                              struct reader_card *out);
/* Leaves the card as it is, login included. Harmless on an empty or disconnected card. */
void reader_disconnect(struct reader_card *card);

/* Resets the card, or takes its power for a moment, which ends every login; also within a
 * transaction, which goes on. READER_LOST, READER_NO_CARD. */
MUST_CHECK int reader_reset(struct reader_card *card, bool power);

/* One command, short or extended; the answer with its status word is appended to out, which must
 * hold READER_ANSWER_SIZE bytes for the largest. READER_LOST, READER_NO_SERVICE. */
MUST_CHECK int reader_transmit(const struct reader_card *card, struct span command,
                               struct writer *out);

/* Keeps all others from the card until reader_end; may wait for one of them. READER_LOST. */
MUST_CHECK int reader_begin(const struct reader_card *card);
void reader_end(const struct reader_card *card);
