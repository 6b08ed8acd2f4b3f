/* SPDX-License-Identifier: Apache-2.0 */
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
#include "base/results.h"

#define READER_NAME_SIZE   128   /* with the terminating zero */
#define READER_ANSWER_SIZE 65538 /* bytes of the longest extended answer with its status word */

/* Positive results. */
enum {
    READER_NO_SERVICE = RESULTS_READER, /* pcscd does not answer, or went away */
    READER_NONE,                        /* no reader of that name */
    READER_NO_CARD,                     /* the reader is empty */
    READER_TIMEOUT,                     /* nothing happened in the time given */
    READER_LOST,                        /* the card was removed or reset by somebody else */
    READER_BUSY,                        /* somebody else holds it exclusively */
    READER_DENIED,                      /* polkit does not let this user use pcscd */
};

struct reader_service {
    SCARDCONTEXT context;
    bool open;
};

/* Connects to pcscd. READER_NO_SERVICE, READER_DENIED. */
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

/* Buffers for the longest commands and answers, which belong to the connection so that no caller
 * needs a large stack. Used by client_exchange.h; wiped after each command. */
#define READER_COMMAND_SIZE 65535 /* bytes of the longest command: the end of a long file */
#define READER_PROTECTION   64    /* bytes that a channel adds to it */
struct reader_buffers {
    uint8_t data[READER_COMMAND_SIZE];                        /* of a command */
    uint8_t command[READER_COMMAND_SIZE + READER_PROTECTION]; /* protected by a channel, too */
    uint8_t sealing[2 * (READER_COMMAND_SIZE + READER_PROTECTION)];
    uint8_t received[READER_ANSWER_SIZE];
    uint8_t opened[READER_ANSWER_SIZE]; /* without its protection, but with its padding */
    uint8_t answer[READER_ANSWER_SIZE];
    uint8_t certificates[65536]; /* of the device, while a channel is opened */
};

struct channel;
struct reader_card {
    SCARDHANDLE handle;
    DWORD protocol;
    bool connected;
    struct reader_buffers *buffers; /* NULL unless connected */
    /* Opened by client_open_channel(); NULL: commands are sent in the clear. */
    struct channel *channel;
    bool channel_only; /* only what opens a channel may be sent in the clear; else a fault */
};

/* Connects to the card, shared with other programs. READER_NO_CARD, READER_NONE, READER_BUSY.
 * Fault: FAULT_MEMORY. */
MUST_CHECK int reader_connect(const struct reader_service *service, const char *name,
                              struct reader_card *out);
/* Disconnects and leaves the card as it is, login included. Harmless on an empty or disconnected
 * card. */
void reader_disconnect(struct reader_card *card);

/* Resets the card, or with `power` turns its power off for a moment; either ends every login. Also
 * within a transaction, which goes on. READER_LOST, READER_NO_CARD. */
MUST_CHECK int reader_reset(struct reader_card *card, bool power);

/* Sends one command, short or extended, and appends the answer with its status word to out, which
 * must hold READER_ANSWER_SIZE bytes for the largest. READER_LOST, READER_NO_SERVICE. */
MUST_CHECK int reader_transmit(const struct reader_card *card, struct span command,
                               struct writer *out);

/* Begins a transaction: keeps all other programs from the card until reader_end(); may wait for one
 * of them. READER_LOST. */
MUST_CHECK int reader_begin(const struct reader_card *card);
void reader_end(const struct reader_card *card);
