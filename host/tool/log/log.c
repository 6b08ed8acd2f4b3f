/* glasshsm log: the audit log of a token, and the files about it that people keep. */
#include <stdio.h>
#include <string.h>

#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/log/log_owner.h"
#include "host/tool/log/log_verbs.h"
#include "host/tool/tool.h"

const char log_usage[] =
    "Usage: glasshsm log show [OPTIONS] [NAME]\n"
    "       glasshsm log snapshot [OPTIONS] FILE [NAME]\n"
    "       glasshsm log receipt [OPTIONS] [FILE [NAME]]\n"
    "       glasshsm log proof --from SIZE|FILE [OPTIONS] FILE [NAME]\n"
    "       glasshsm log verify --old FILE [--new FILE] [--proof FILE] [--receipt FILE]\n"
    "\n"
    "  NAME                   the token called so, or whose socket is /run/glasshsm/NAME.sock\n"
    "  --socket PATH          its admin socket; default $GLASSHSM_SOCKET\n"
    "  --store DIR            read the store of a token that is not running\n"
    "  --passphrase-file F    ... which is unlocked by the passphrase in this file\n"
    "  --key-file F, --anchor F   ... whose key file or anchor lies elsewhere\n"
    "\n"
    "show prints the records, and checks that each follows the one before.\n"
    "  --from N, --last N     begin with record N; only the newest N\n"
    "  --action A             only this action: its number, or its text (\"SO login\")\n"
    "  --role R               only of nobody, user, officer, admin or system\n"
    "  --refused              only what was not answered with 9000\n"
    "  --since T, --until T   \"2026-11-24\", \"2026-11-24 10:30\", or seconds since 1970 (@N)\n"
    "  --key HEX              only of keys that begin so\n"
    "  --follow               go on with what happens, until interrupted or the daemon ends\n"
    "  --ticks raw|continued  show microseconds since power-on, or since the token was created,\n"
    "                         instead of local time\n"
    "  --json                 the canonical lines, byte for byte\n"
    "\n"
    "snapshot writes records, handovers and a signed checkpoint into FILE, which must not exist.\n"
    "receipt prints what all trust begins with, or writes it into FILE: keep it apart.\n"
    "proof writes that the log goes on from an older size, or from the checkpoint in a file that\n"
    "was kept: two kilobytes in place of the records.\n"
    "\n"
    "verify needs no token and no daemon: it compares files that were kept.\n"
    "  --old FILE             a snapshot taken before, or the checkpoint of one\n"
    "  --new FILE             a snapshot taken later\n"
    "  --proof FILE           stands in for records between them, or for the new snapshot\n"
    "  --receipt FILE         what the token's owner got when it was created\n"
    "  --json                 the verdict, then each new record, as one JSON object a line\n"
    "It says SAME or EXTENDS and ends with status 0, or UNPROVEN, FORKED, TRUNCATED, REPLACED,\n"
    "INVALID or MISSING, with the status that `glasshsm help exits` tells.\n";

static const struct {
    const char *name;
    int (*run)(int count, char **arguments);
} verbs[] = {
    { "show", log_show },
    { "snapshot", log_snapshot },
    { "receipt", log_receipt },
    { "proof", log_proof },
    { "verify", log_verify },
    { "note", log_note },
    { "acknowledge", log_acknowledge },
    { "policy", log_policy },
};

static int print_help(void)
{
    bool said = text_own(stdout, log_usage) && text_own(stdout, log_owner_usage);
    return said ? TOOL_DONE : TOOL_FAILED;
}

int tool_log(int count, char **arguments)
{
    if (count > 1 && (strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "-h") == 0))
        return print_help();
    for (size_t i = 0; count > 1 && i < COUNT_OF(verbs); i++)
        if (strcmp(arguments[1], verbs[i].name) == 0)
            return verbs[i].run(count - 1, arguments + 1);
    return tool_misused(log_usage);
}
