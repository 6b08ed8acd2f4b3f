#include "host/tool/cli/completion.h"

#include <stdio.h>
#include <string.h>

/* A script consists of: `before`, the names of all subcommands, `between`, a row for each
 * subcommand with verbs, `after`. */
struct shell {
    const char *name, *before, *between;
    const char *row_before, *row_between, *row_after;
    const char *after;
};

#define OPTIONS_OF_HELP "--help 2>/dev/null |\n            grep -o -e '--[a-z][a-z-]*' | sort -u)"

/* Where we offer no words, each shell completes file names. */
static const struct shell shells[] = {
    { "bash",
      "# Completion of glasshsm for bash, printed by `glasshsm completion bash`.\n"
      "_glasshsm() {\n"
      "    local word=${COMP_WORDS[COMP_CWORD]} subcommand=${COMP_WORDS[1]-} words=\n"
      "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "        words=\"",
      "\"\n"
      "    elif [ \"${word#-}\" != \"$word\" ]; then\n"
      "        words=$(\"${COMP_WORDS[0]}\" \"$subcommand\" " OPTIONS_OF_HELP "\n"
      "    elif [ \"$COMP_CWORD\" -eq 2 ]; then\n"
      "        case $subcommand in\n",
      "        ", ") words=\"", "\" ;;\n",
      "        esac\n"
      "    fi\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "}\n"
      "complete -o default -F _glasshsm glasshsm\n" },
    { "zsh",
      "# Completion of glasshsm for zsh, printed by `glasshsm completion zsh`.\n"
      "_glasshsm() {\n"
      "    local found=\n"
      "    if (( CURRENT == 2 )); then\n"
      "        found=\"",
      "\"\n"
      "    elif [[ $words[CURRENT] == -* ]]; then\n"
      "        found=$($words[1] $words[2] " OPTIONS_OF_HELP "\n"
      "    elif (( CURRENT == 3 )); then\n"
      "        case $words[2] in\n",
      "        ", ") found=\"", "\" ;;\n",
      "        esac\n"
      "    fi\n"
      "    if [[ -n $found ]]; then\n"
      "        compadd -- ${=found}\n"
      "    else\n"
      "        _files\n"
      "    fi\n"
      "}\n"
      "compdef _glasshsm glasshsm\n" },
    { "fish",
      "# Completion of glasshsm for fish, printed by `glasshsm completion fish`.\n"
      "function __glasshsm_words\n"
      "    set -l before (commandline -opc)\n"
      "    if test (count $before) -eq 1\n"
      "        string split ' ' '",
      "'\n"
      "    else if string match -q -- '-*' (commandline -ct)\n"
      "        $before[1] $before[2] --help 2>/dev/null | string match -ra -- '--[a-z][a-z-]*' |\n"
      "            sort -u\n"
      "    else if test (count $before) -eq 2\n"
      "        switch $before[2]\n",
      "            case ", "\n                string split ' ' '", "'\n",
      "        end\n"
      "    end\n"
      "end\n"
      "complete -c glasshsm -a '(__glasshsm_words)'\n"
      "complete -c glasshsm -n '__glasshsm_words | string length -q' -f\n" },
};

static const struct shell *find(const char *name)
{
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(shells[i].name, name) == 0)
            return &shells[i];
    return NULL;
}

bool completion_print(const char *name, const struct subcommand *rows, size_t count)
{
    const struct shell *shell = find(name);
    if (!shell)
        return false;
    fputs(shell->before, stdout);
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i ? " " : "", rows[i].name);
    fputs(shell->between, stdout);
    for (size_t i = 0; i < count; i++)
        if (rows[i].verbs)
            printf("%s%s%s%s%s", shell->row_before, rows[i].name, shell->row_between, rows[i].verbs,
                   shell->row_after);
    fputs(shell->after, stdout);
    return true;
}
