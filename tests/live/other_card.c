/* SPDX-License-Identifier: Apache-2.0 */
/* For LD_PRELOAD: makes another card of the one in the reader, in what GLASSHSM_OTHER names:
 *
 *   ways    goes the other way where nobody knows the hardware's, knows one curve less, has a PIN
 *           pad (reference 85), and answers ENUMERATE as nobody does
 *   trace   a wrong PIN is presented in the middle of somebody's harmless query
 *   short   the reader passes on no command in extended form
 *   gone    after a hundred commands the card is taken away
 *   stopped after three hundred commands somebody presses Ctrl-C
 *   lax     takes wrong signatures, foreign requests and altered messages, and somebody on the way
 *           alters what it answers in a channel
 *   fake    does not have the key of its certificate */
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winscard.h>

typedef LONG transmit(SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE, DWORD, SCARD_IO_REQUEST *,
                      LPBYTE, LPDWORD);

static bool is(const char *name)
{
    const char *wanted = getenv("GLASSHSM_OTHER");
    return wanted && strcmp(wanted, name) == 0;
}

static bool is_status(const BYTE *answer, DWORD size, unsigned status)
{
    return size >= 2 && answer[size - 2] == status >> 8 && answer[size - 1] == (status & 0xFF);
}

static void set_status(BYTE *answer, DWORD *size, unsigned status)
{
    answer[0] = (BYTE)(status >> 8);
    answer[1] = (BYTE)status;
    *size = 2;
}

/* The prime of brainpoolP320r1 begins so. */
static bool has_unknown_curve(LPCBYTE command, DWORD size)
{
    static const BYTE prime[] = { 0xD3, 0x5E, 0x47, 0x20, 0x36, 0xBC };
    return size > 7 && command[1] == 0x46 && memmem(command, size, prime, sizeof prime);
}

static bool uses_key(BYTE ins)
{
    return ins == 0x62 || ins == 0x68 || ins == 0x72 || ins == 0x76 || ins == 0x78;
}

static void go_other_ways(LPCBYTE command, DWORD command_size, BYTE *answer, DWORD *size)
{
    BYTE ins = command_size > 1 ? command[1] : 0;
    if (uses_key(ins) && is_status(answer, *size, 0x6A88))
        set_status(answer, size, 0x6A82);
    if (ins == 0x52 && command_size > 32 && is_status(answer, *size, 0x6985))
        set_status(answer, size, 0x6986);
    if (ins == 0x2C && is_status(answer, *size, 0x6985))
        set_status(answer, size, 0x6F42);
    if (ins == 0x62 && is_status(answer, *size, 0x6700))
        set_status(answer, size, 0x6A80);
    if (ins == 0x20 && command[3] == 0x85 && is_status(answer, *size, 0x6A88))
        set_status(answer, size, 0x63C3);
    if (ins == 0x58 && is_status(answer, *size, 0x9000))
        set_status(answer, size, 0x9000); /* an empty list */
}

static void be_lax(LPCBYTE command, DWORD command_size, BYTE *answer, DWORD *size)
{
    BYTE ins = command_size > 1 ? command[1] : 0;
    bool sealed = command_size > 1 && (command[0] & 0x0C) == 0x0C;
    if (ins == 0x82 && is_status(answer, *size, 0x6300))
        set_status(answer, size, 0x9000);
    if (ins == 0x54 && command_size > 200 && is_status(answer, *size, 0x6985))
        set_status(answer, size, 0x9000);
    if (ins == 0x62 && command_size > 200 && is_status(answer, *size, 0x6A88))
        set_status(answer, size, 0x9000);
    if (sealed && ins == 0xB1 && is_status(answer, *size, 0x6988))
        set_status(answer, size, 0x9000);
    if (sealed && ins == 0x84 && *size > 10)
        answer[5] ^= 1;
}

static void be_fake(LPCBYTE command, DWORD command_size, BYTE *answer, const DWORD *size)
{
    if (command_size > 60 && command[1] == 0x86 && is_status(answer, *size, 0x9000))
        answer[*size - 3] ^= 1;
}

static void present_wrong_pin(transmit *real, SCARDHANDLE card, const SCARD_IO_REQUEST *protocol)
{
    static const BYTE wrong[] = { 0x00, 0x20, 0x00, 0x81, 6, '0', '0', '0', '0', '0', '0' };
    BYTE answer[258];
    DWORD size = sizeof answer;
    real(card, protocol, wrong, sizeof wrong, NULL, answer, &size);
}

static unsigned count_command(void)
{
    static unsigned count; /* of a process, as the card it had */
    return count++;
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_protocol, LPCBYTE command,
                   DWORD command_size, SCARD_IO_REQUEST *receive_protocol, LPBYTE answer,
                   LPDWORD answer_size)
{
    transmit *real;
    *(void **)&real = dlsym(RTLD_NEXT, "SCardTransmit");
    bool extended = command_size > 6 && command[4] == 0;
    if (is("gone") && count_command() >= 100)
        return SCARD_W_REMOVED_CARD;
    if (is("stopped") && count_command() == 300)
        kill(getpid(), SIGINT);
    if (is("short") && extended)
        return SCARD_E_INVALID_PARAMETER;
    bool asked = command_size == 4 && command[1] == 0x20 && command[3] == 0x85;
    if (is("trace") && asked && count_command() == 0)
        present_wrong_pin(real, card, send_protocol);
    if (is("ways") && has_unknown_curve(command, command_size)) {
        set_status(answer, answer_size, 0x6A80);
        return SCARD_S_SUCCESS;
    }
    LONG result =
        real(card, send_protocol, command, command_size, receive_protocol, answer, answer_size);
    if (is("ways") && result == SCARD_S_SUCCESS)
        go_other_ways(command, command_size, answer, answer_size);
    if (is("lax") && result == SCARD_S_SUCCESS)
        be_lax(command, command_size, answer, answer_size);
    if (is("fake") && result == SCARD_S_SUCCESS)
        be_fake(command, command_size, answer, answer_size);
    return result;
}

LONG SCardReconnect(SCARDHANDLE card, DWORD share, DWORD protocols, DWORD what, LPDWORD protocol)
{
    LONG (*real)(SCARDHANDLE, DWORD, DWORD, DWORD, LPDWORD);
    *(void **)&real = dlsym(RTLD_NEXT, "SCardReconnect");
    if (is("gone") && count_command() >= 100)
        return SCARD_W_REMOVED_CARD;
    return real(card, share, protocols, what, protocol);
}
