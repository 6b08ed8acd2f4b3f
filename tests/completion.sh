#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What bash, zsh and fish complete, with the scripts that the tool prints. Usage: completion.sh TOOL
set -eu
glasshsm=$1
eval "$("$glasshsm" completion bash)"

completes() { # expected, words of the command line
    local expected=$1
    shift
    COMP_WORDS=("$glasshsm" "$@")
    COMP_CWORD=$#
    _glasshsm
    [ "${COMPREPLY[*]}" = "$expected" ] || {
        echo "failed: $*: expected '$expected', got '${COMPREPLY[*]}'" >&2
        exit 1
    }
}

completes "status store" st
completes "token" tok
completes "info init" token in
completes "unblock" pin u
completes "--pin-file --pin-env" object read --pin-
completes "" object list --pin-
completes "--level" run --le
completes "" run something

# The help of each subcommand, asked once.
declare -A help
for subcommand in $("$glasshsm" help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    help[$subcommand]=$("$glasshsm" "$subcommand" --help 2>/dev/null || true)
done

# Every verb that is offered is in its subcommand's own help.
while read -r subcommand verbs; do
    [ "$subcommand" != help ] || continue
    for verb in $verbs; do
        grep -q "glasshsm $subcommand $verb" <<<"${help[$subcommand]}" || {
            echo "failed: $subcommand has no verb $verb" >&2
            exit 1
        }
    done
done < <("$glasshsm" completion bash | sed -n 's/^ *\([a-z]*\)) words="\(.*\)" ;;$/\1 \2/p')

# ... and every verb in a help is offered.
for subcommand in "${!help[@]}"; do
    for verb in $(sed -n "s/^\(Usage:\|      \) glasshsm $subcommand \([a-z-]*\)\b.*/\2/p" \
        <<<"${help[$subcommand]}"); do
        completes "$verb" "$subcommand" "$verb"
    done
done

# The other shells offer the same, each in its own way of asking; of zsh's, what would be offered.
offers() { # shell, expected, words
    local got shell=$1 expected=$2
    shift 2
    got=$("offers_of_$shell" "$@" | sort | paste -sd' ')
    [ "$got" = "$expected" ] || {
        echo "failed: $shell: $*: expected '$expected', got '$got'" >&2
        exit 1
    }
}
offers_of_fish() {
    fish --no-config -c 'alias glasshsm $argv[1]; $argv[1] completion fish | source
        complete -C "glasshsm $argv[2..]"' "$glasshsm" "$@"
}
offers_of_zsh() {
    zsh -fc 'compdef() :; _files() :
        compadd() { shift; print -l -- ${(M)@:#$words[CURRENT]*}; }
        eval "$($1 completion zsh)"
        words=("$@") CURRENT=$#
        _glasshsm' zsh "$glasshsm" "$@"
}
for shell in zsh fish; do
    command -v "$shell" >/dev/null || continue
    offers "$shell" "status store" st
    offers "$shell" "info init" token in
    offers "$shell" "unblock" pin u
    offers "$shell" "--pin-env --pin-file" object read --pin-
done
