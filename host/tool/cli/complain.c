/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "host/tool/cli/terminal_text.h"

void tool_forbid_dumps(void)
{
    if (prctl(PR_SET_DUMPABLE, 0))
        tool_complain(0, "core dumps cannot be forbidden: %s", strerror(errno));
}

int tool_complain(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_complain("glasshsm: ", format, arguments, "\n");
    va_end(arguments);
    return status;
}
