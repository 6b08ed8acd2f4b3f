/* SPDX-License-Identifier: Apache-2.0 */
/* For LD_PRELOAD: makes the card and the reader hostile to whoever believes them.
 *
 *   GLASSHSM_SAYS=OLD=NEW,...   in every answer NEW stands for OLD, which is as long (hexadecimal)
 *   GLASSHSM_READER=1           reader names hold commands for a terminal
 *   GLASSHSM_TWIST=INS:HOW      the good answers to commands of this instruction (hexadecimal) come
 *                               back empty, short, long, flood or junk
 *   GLASSHSM_SWAPPED=N:OLD=NEW  as SAYS, once the application was selected more than N times:
 *                               another token was put into the reader */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winscard.h>

/* --- Answers --- */

static size_t from_hex(const char *digits, unsigned char *out, size_t room)
{
    size_t size = 0;
    unsigned byte;
    while (size < room && sscanf(digits, "%2x", &byte) == 1 && digits[0] && digits[1]) {
        out[size++] = (unsigned char)byte;
        digits += 2;
        if (*digits == '=' || *digits == ',' || !*digits)
            break;
    }
    return size;
}

static void replace_one(const char *pair, unsigned char *answer, size_t size)
{
    unsigned char old[64], fresh[64];
    const char *equals = strchr(pair, '=');
    size_t length = from_hex(pair, old, sizeof old);
    if (!equals || !length || from_hex(equals + 1, fresh, sizeof fresh) != length)
        abort();
    for (size_t at = 0; at + length <= size; at++)
        if (memcmp(answer + at, old, length) == 0)
            memcpy(answer + at, fresh, length);
}

static void replace_all(const char *pairs, unsigned char *answer, size_t size)
{
    while (pairs && *pairs) {
        replace_one(pairs, answer, size);
        pairs = strchr(pairs, ',');
        pairs = pairs ? pairs + 1 : NULL;
    }
}

static void set_size(const char *how, unsigned char *answer, DWORD room, DWORD *size)
{
    DWORD data = *size - 2;
    if (strcmp(how, "empty") == 0)
        data = 0;
    if (strcmp(how, "short") == 0)
        data -= data > 0;
    if (strcmp(how, "long") == 0)
        answer[data++] = 0x5A;
    if (strcmp(how, "flood") == 0)
        while (data + 2 < room && data < 65536)
            answer[data++] = 0x5A;
    if (strcmp(how, "junk") == 0)
        for (DWORD i = 0; i < data; i++)
            answer[i] = (unsigned char)(answer[i] * 31 + 17);
    answer[data] = 0x90;
    answer[data + 1] = 0x00;
    *size = data + 2;
}

static void twist(LPCBYTE command, unsigned char *answer, DWORD room, DWORD *size)
{
    const char *wanted = getenv("GLASSHSM_TWIST");
    bool good = *size >= 2 && answer[*size - 2] == 0x90;
    if (wanted && good && strtoul(wanted, NULL, 16) == command[1] && strchr(wanted, ':'))
        set_size(strchr(wanted, ':') + 1, answer, room, size);
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_protocol, LPCBYTE command,
                   DWORD command_size, SCARD_IO_REQUEST *receive_protocol, LPBYTE answer,
                   LPDWORD answer_size)
{
    static unsigned selected;
    LONG(*real)
    (SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE, DWORD, SCARD_IO_REQUEST *, LPBYTE, LPDWORD);
    *(void **)&real = dlsym(RTLD_NEXT, "SCardTransmit");
    DWORD room = *answer_size;
    LONG result =
        real(card, send_protocol, command, command_size, receive_protocol, answer, answer_size);
    if (result != SCARD_S_SUCCESS || command_size < 4)
        return result;
    selected += command[1] == 0xA4 && command[2] == 4;
    replace_all(getenv("GLASSHSM_SAYS"), answer, *answer_size);
    const char *swapped = getenv("GLASSHSM_SWAPPED");
    if (swapped && selected > strtoul(swapped, NULL, 10))
        replace_all(strchr(swapped, ':') + 1, answer, *answer_size);
    twist(command, answer, room, answer_size);
    return result;
}

/* --- Readers: "HSM" is called ESC [ m --- */

static void rename_all(char *at, size_t size, const char *from, const char *to)
{
    for (char *found = at; getenv("GLASSHSM_READER"); found += 3) {
        found = memmem(found, size - (size_t)(found - at), from, 3);
        if (!found)
            return;
        memcpy(found, to, 3);
    }
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD size)
{
    LONG (*real)(SCARDCONTEXT, LPCSTR, LPSTR, LPDWORD);
    *(void **)&real = dlsym(RTLD_NEXT, "SCardListReaders");
    LONG result = real(context, groups, readers, size);
    if (result == SCARD_S_SUCCESS && readers)
        rename_all(readers, *size, "HSM", "\x1B[m");
    return result;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols,
                  LPSCARDHANDLE card, LPDWORD protocol)
{
    LONG (*real)(SCARDCONTEXT, LPCSTR, DWORD, DWORD, LPSCARDHANDLE, LPDWORD);
    char name[256];
    *(void **)&real = dlsym(RTLD_NEXT, "SCardConnect");
    snprintf(name, sizeof name, "%s", reader);
    rename_all(name, strlen(name), "\x1B[m", "HSM");
    return real(context, name, share, protocols, card, protocol);
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD milliseconds, SCARD_READERSTATE *states,
                          DWORD count)
{
    LONG (*real)(SCARDCONTEXT, DWORD, SCARD_READERSTATE *, DWORD);
    char name[256];
    *(void **)&real = dlsym(RTLD_NEXT, "SCardGetStatusChange");
    if (count != 1)
        return real(context, milliseconds, states, count);
    const char *given = states->szReader;
    snprintf(name, sizeof name, "%s", given);
    rename_all(name, strlen(name), "\x1B[m", "HSM");
    states->szReader = name;
    LONG result = real(context, milliseconds, states, count);
    states->szReader = given;
    return result;
}
