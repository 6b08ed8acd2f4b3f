/* SPDX-License-Identifier: Apache-2.0 */
/* For LD_PRELOAD: writes every command that a program sends to a card, and every answer, as a line
 * of hexadecimal digits to the file named by GLASSHSM_SPY: what somebody between host and card
 * sees. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <winscard.h>

static void write_line(const char *mark, const unsigned char *bytes, DWORD size)
{
    const char *path = getenv("GLASSHSM_SPY");
    FILE *out = path ? fopen(path, "a") : NULL;
    if (!out)
        return;
    fputs(mark, out);
    for (DWORD i = 0; i < size; i++)
        fprintf(out, "%02x", bytes[i]);
    fputc('\n', out);
    fclose(out);
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_protocol, LPCBYTE command,
                   DWORD command_size, SCARD_IO_REQUEST *receive_protocol, LPBYTE answer,
                   LPDWORD answer_size)
{
    LONG(*real)
    (SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE, DWORD, SCARD_IO_REQUEST *, LPBYTE, LPDWORD);
    *(void **)&real = dlsym(RTLD_NEXT, "SCardTransmit");
    write_line("> ", command, command_size);
    LONG result =
        real(card, send_protocol, command, command_size, receive_protocol, answer, answer_size);
    if (result == SCARD_S_SUCCESS)
        write_line("< ", answer, *answer_size);
    return result;
}
