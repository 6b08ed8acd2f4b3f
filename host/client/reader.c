/* SPDX-License-Identifier: Apache-2.0 */
/* PC/SC calls, with their errors translated to the results of reader.h. */
#include "host/client/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "host/client/service_door.h"

static const struct {
    LONG pcsc;
    int result;
} answers[] = {
    { SCARD_S_SUCCESS, 0 },
    { SCARD_E_NO_SERVICE, READER_NO_SERVICE },
    { SCARD_E_SERVICE_STOPPED, READER_NO_SERVICE },
    { SCARD_F_COMM_ERROR, READER_NO_SERVICE },
    /* pcscd was restarted while the context was open. */
    { SCARD_E_INVALID_HANDLE, READER_NO_SERVICE },
    { SCARD_E_NO_READERS_AVAILABLE, READER_NONE },
    { SCARD_E_UNKNOWN_READER, READER_NONE },
    { SCARD_E_READER_UNAVAILABLE, READER_NONE },
    { SCARD_E_NO_SMARTCARD, READER_NO_CARD },
    { SCARD_W_UNPOWERED_CARD, READER_NO_CARD },
    { SCARD_W_UNRESPONSIVE_CARD, READER_NO_CARD },
    { SCARD_E_TIMEOUT, READER_TIMEOUT },
    { SCARD_W_REMOVED_CARD, READER_LOST },
    { SCARD_W_RESET_CARD, READER_LOST },
    { SCARD_E_NOT_TRANSACTED, READER_LOST },
    { SCARD_E_SHARING_VIOLATION, READER_BUSY },
    { SCARD_W_SECURITY_VIOLATION, READER_DENIED },
    { SCARD_E_NO_MEMORY, FAULT_MEMORY },
};

static int result_of(LONG pcsc, const char *call)
{
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        if (answers[i].pcsc == pcsc)
            return answers[i].result;
    return failure(FAULT_LIBRARY, "%s: %s", call, pcsc_stringify_error(pcsc));
}

int reader_service_open(struct reader_service *out)
{
    int result = result_of(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &out->context),
                           "SCardEstablishContext");
    /* The library gives the same error for no service and for a service that hung up at once. */
    if (result == READER_NO_SERVICE && service_hangs_up())
        result = READER_DENIED;
    out->open = result == 0;
    return result;
}

void reader_service_close(struct reader_service *service)
{
    if (service->open)
        SCardReleaseContext(service->context);
    service->open = false;
}

int reader_each(const struct reader_service *service, void (*each)(void *context, const char *name),
                void *context)
{
    char names[16 * READER_NAME_SIZE + 1]; /* pcscd knows at most 16 readers */
    DWORD size = sizeof names;
    int result =
        result_of(SCardListReaders(service->context, NULL, names, &size), "SCardListReaders");
    if (result)
        return result;
    for (const char *name = names; *name; name += strlen(name) + 1)
        each(context, name);
    return 0;
}

struct search {
    const char *part;
    char *found;
};

static void take_first(void *context, const char *name)
{
    struct search *search = context;
    if (!*search->found && strstr(name, search->part))
        snprintf(search->found, READER_NAME_SIZE, "%s", name);
}

int reader_find(const struct reader_service *service, const char *part,
                char out_name[READER_NAME_SIZE])
{
    char found[READER_NAME_SIZE] = "";
    struct search search = { part, found };
    int result = reader_each(service, take_first, &search);
    if (result)
        return result;
    if (!*found)
        return READER_NONE;
    memcpy(out_name, found, sizeof found);
    return 0;
}

int reader_await_card(const struct reader_service *service, const char *name, unsigned milliseconds)
{
    /* We claim that the reader was empty, so a card that is already there is reported at once. */
    SCARD_READERSTATE state = { .szReader = name, .dwCurrentState = SCARD_STATE_EMPTY };
    for (;;) {
        int result = result_of(SCardGetStatusChange(service->context, milliseconds, &state, 1),
                               "SCardGetStatusChange");
        if (result)
            return result;
        if (state.dwEventState & SCARD_STATE_UNKNOWN)
            return READER_NONE;
        if (state.dwEventState & SCARD_STATE_PRESENT)
            return 0;
        state.dwCurrentState = state.dwEventState;
    }
}

int reader_atr(const struct reader_service *service, const char *name, struct writer *out)
{
    SCARD_READERSTATE state = { .szReader = name };
    int result =
        result_of(SCardGetStatusChange(service->context, 0, &state, 1), "SCardGetStatusChange");
    if (result)
        return result;
    if (!(state.dwEventState & SCARD_STATE_PRESENT))
        return READER_NO_CARD;
    write_span(out, span_of(state.rgbAtr, state.cbAtr));
    return 0;
}

int reader_connect(const struct reader_service *service, const char *name, struct reader_card *out)
{
    struct reader_card card = { .buffers = calloc(1, sizeof *card.buffers) };
    if (!card.buffers)
        return failure(FAULT_MEMORY, "no memory for the buffers of a connection");
    int result =
        result_of(SCardConnect(service->context, name, SCARD_SHARE_SHARED,
                               SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card.handle, &card.protocol),
                  "SCardConnect");
    if (result) {
        free(card.buffers);
        return result;
    }
    card.connected = true;
    *out = card;
    return 0;
}

void reader_disconnect(struct reader_card *card)
{
    if (card->connected)
        SCardDisconnect(card->handle, SCARD_LEAVE_CARD);
    free(card->buffers);
    card->buffers = NULL;
    card->connected = false;
}

int reader_reset(struct reader_card *card, bool power)
{
    return result_of(SCardReconnect(card->handle, SCARD_SHARE_SHARED,
                                    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                                    power ? SCARD_UNPOWER_CARD : SCARD_RESET_CARD, &card->protocol),
                     "SCardReconnect");
}

int reader_transmit(const struct reader_card *card, struct span command, struct writer *out)
{
    const SCARD_IO_REQUEST *protocol =
        card->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    size_t before = out->size;
    size_t room = out->capacity - before;
    DWORD size = room < READER_ANSWER_SIZE ? room : READER_ANSWER_SIZE;
    uint8_t *at = write_room(out, size);
    if (!at)
        return failure(FAULT_BROKEN, "no room for an answer");
    int result =
        result_of(SCardTransmit(card->handle, protocol, command.at, command.size, NULL, at, &size),
                  "SCardTransmit");
    write_trim(out, before + (result ? 0 : size));
    return result;
}

int reader_begin(const struct reader_card *card)
{
    return result_of(SCardBeginTransaction(card->handle), "SCardBeginTransaction");
}

void reader_end(const struct reader_card *card)
{
    SCardEndTransaction(card->handle, SCARD_LEAVE_CARD);
}
