#include "host/tool/completion.h"

#include <stdio.h>

static const char head[] =
    "# Completion of glasshsm for bash, printed by `glasshsm completion bash`.\n"
    "_glasshsm() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} subcommand=${COMP_WORDS[1]-} words=\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "        words=\"";

static const char options[] =
    "\"\n"
    "    elif [ \"${word#-}\" != \"$word\" ]; then\n"
    "        words=$(\"${COMP_WORDS[0]}\" \"$subcommand\" --help 2>/dev/null |\n"
    "            grep -o -e '--[a-z][a-z-]*' | sort -u)\n"
    "    elif [ \"$COMP_CWORD\" -eq 2 ]; then\n"
    "        case $subcommand in\n";

/* Without a match, bash goes on to complete names of files (-o default). */
static const char tail[] =
    "        esac\n"
    "    fi\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "}\n"
    "complete -o default -F _glasshsm glasshsm\n";

void completion_print(const struct subcommand *rows, size_t count)
{
    fputs(head, stdout);
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i ? " " : "", rows[i].name);
    fputs(options, stdout);
    for (size_t i = 0; i < count; i++)
        if (rows[i].verbs)
            printf("        %s) words=\"%s\" ;;\n", rows[i].name, rows[i].verbs);
    fputs(tail, stdout);
}
