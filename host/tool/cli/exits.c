/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/exits.h"

#include <stddef.h>

#include "formats/sw.h"
#include "host/client/client.h"

static const struct {
    int status;
    const char *text;
} texts[] = {
#define X(name, number, text) { TOOL_##name, text },
    TOOL_EXITS(X)
#undef X
};

static const struct {
    int result, status;
} results[] = {
    { READER_NO_SERVICE, TOOL_NO_SERVICE }, { READER_NONE, TOOL_NO_READER },
    { READER_NO_CARD, TOOL_NO_READER },     { READER_LOST, TOOL_CARD_LOST },
    { READER_BUSY, TOOL_CARD_LOST },        { READER_DENIED, TOOL_SERVICE_DENIED },
    { CLIENT_UNTRUSTED, TOOL_UNTRUSTED },   { CLIENT_CHANNEL_BROKEN, TOOL_CHANNEL_BROKEN },
};

static const struct {
    uint16_t word;
    int status;
} refusals[] = {
    { STATUS_BLOCKED, TOOL_PIN_BLOCKED },       { STATUS_NOT_FOUND, TOOL_NOT_INITIALISED },
    { STATUS_NOT_LOGGED_IN, TOOL_NOT_ALLOWED }, { STATUS_NOT_ALLOWED, TOOL_NOT_ALLOWED },
    { STATUS_USED_UP, TOOL_NOT_ALLOWED }, /* a transport PIN that has to be changed first */
    { STATUS_FILE_NOT_FOUND, TOOL_NOT_THERE },  { STATUS_NO_SPACE, TOOL_NO_SPACE },
    { STATUS_UNKNOWN_INS, TOOL_NOT_SUPPORTED }, { STATUS_NOT_SUPPORTED, TOOL_NOT_SUPPORTED },
};

static int exit_of_refusal(uint16_t refusal)
{
    if ((refusal & 0xFFF0) == STATUS_WRONG_PIN)
        return TOOL_WRONG_PIN;
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        if (refusals[i].word == refusal)
            return refusals[i].status;
    return TOOL_REFUSED;
}

int tool_exit_of(int result, uint16_t refusal)
{
    if (result == CLIENT_REFUSED)
        return exit_of_refusal(refusal);
    for (size_t i = 0; i < COUNT_OF(results); i++)
        if (results[i].result == result)
            return results[i].status;
    return result ? TOOL_FAILED : TOOL_DONE;
}

const char *tool_exit_text(int status)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return NULL;
}
