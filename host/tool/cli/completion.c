/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tool/cli/completion.h"

#include <stdio.h>
#include <string.h>

/* A script consists of: `before`, the names of all subcommands, `options`, a row for each verb with
 * its options, `verbs`, a row for each subcommand with its verbs, `after`. */
struct shell {
    const char *name, *before, *options, *verbs, *after;
    const char *blank; /* between subcommand and verb in the pattern of a row */
    const char *row_before, *row_between, *row_after;
};

/* Where we offer no words, each shell completes file names. */
static const struct shell shells[] = {
    { .name = "bash",
      .before = "# Completion of glasshsm for bash, printed by `glasshsm completion bash`.\n"
                "_glasshsm() {\n"
                "    local word=${COMP_WORDS[COMP_CWORD]} words=\n"
                "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                "        words=\"",
      .options = "\"\n"
                 "    elif [ \"${word#-}\" != \"$word\" ]; then\n"
                 "        case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n",
      .verbs = "        esac\n"
               "    elif [ \"$COMP_CWORD\" -eq 2 ]; then\n"
               "        case ${COMP_WORDS[1]} in\n",
      .blank = "\\ ",
      .row_before = "        ",
      .row_between = ") words=\"",
      .row_after = "\" ;;\n",
      .after = "        esac\n"
               "    fi\n"
               "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
               "}\n"
               "complete -o default -F _glasshsm glasshsm\n" },
    { .name = "zsh",
      .before = "# Completion of glasshsm for zsh, printed by `glasshsm completion zsh`.\n"
                "_glasshsm() {\n"
                "    local found=\n"
                "    if (( CURRENT == 2 )); then\n"
                "        found=\"",
      .options = "\"\n"
                 "    elif [[ $words[CURRENT] == -* ]]; then\n"
                 "        case \"$words[2] $words[3]\" in\n",
      .verbs = "        esac\n"
               "    elif (( CURRENT == 3 )); then\n"
               "        case $words[2] in\n",
      .blank = "\\ ",
      .row_before = "        ",
      .row_between = ") found=\"",
      .row_after = "\" ;;\n",
      .after = "        esac\n"
               "    fi\n"
               "    if [[ -n $found ]]; then\n"
               "        compadd -- ${=found}\n"
               "    else\n"
               "        _files\n"
               "    fi\n"
               "}\n"
               "compdef _glasshsm glasshsm\n" },
    { .name = "fish",
      .before = "# Completion of glasshsm for fish, printed by `glasshsm completion fish`.\n"
                "function __glasshsm_words\n"
                "    set -l before (commandline -opc) ''\n"
                "    if test (count $before) -eq 2\n"
                "        string split ' ' '",
      .options = "'\n"
                 "    else if string match -q -- '-*' (commandline -ct)\n"
                 "        switch \"$before[2] $before[3]\"\n",
      .verbs = "        end\n"
               "    else if test (count $before) -eq 3\n"
               "        switch $before[2]\n",
      .blank = " ",
      .row_before = "            case '",
      .row_between = "'\n                string split ' ' -- '",
      .row_after = "'\n",
      .after = "        end\n"
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

static void print_options(const struct shell *shell, const struct family *family)
{
    for (size_t i = 0; i < family->count; i++) {
        const struct verb *verb = &family->verbs[i];
        const struct option_row *row;
        size_t at;
        printf("%s%s%s%s%s--help", shell->row_before, family->name, shell->blank,
               verb->name ? verb->name : "*", shell->row_between);
        for (size_t j = 0; (row = verb_option(verb, j, &at)); j++)
            printf(" --%s", row->name);
        fputs(shell->row_after, stdout);
    }
}

static void print_verbs(const struct shell *shell, const struct family *family)
{
    if (!family->verbs[0].name)
        return;
    printf("%s%s%s", shell->row_before, family->name, shell->row_between);
    for (size_t i = 0; i < family->count; i++)
        printf("%s%s", i ? " " : "", family->verbs[i].name);
    fputs(shell->row_after, stdout);
}

bool completion_print(const char *name, const struct family *const *families)
{
    const struct shell *shell = find(name);
    if (!shell)
        return false;
    fputs(shell->before, stdout);
    for (size_t i = 0; families[i]; i++)
        printf("%s%s", i ? " " : "", families[i]->name);
    fputs(shell->options, stdout);
    for (size_t i = 0; families[i]; i++)
        print_options(shell, families[i]);
    fputs(shell->verbs, stdout);
    for (size_t i = 0; families[i]; i++)
        print_verbs(shell, families[i]);
    fputs(shell->after, stdout);
    return true;
}
