# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The words in which live tests say what they expect: for the tests, and for what they run inside a
# world, which finds this file as $words and the tool as $GLASSHSM.

glasshsm() { "$GLASSHSM" "$@"; }

fail() {
    echo "failed: $*" >&2
    exit 1
}

equal() { # what, expected, got
    [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

status_of() { # command; what it says is in the file output
    local got=0
    "$@" >output 2>&1 || got=$?
    echo "$got"
}

fails() { # exit status, command; what it says is in the files out and err
    local expected=$1 got=0
    shift
    "$@" >out 2>err || got=$?
    [ "$got" = "$expected" ] || fail "'$*' gave $got, not $expected: $(cat out err)"
}

# The answer of host_versions.txt that holds for the installed version. Nothing when it holds for none.
of_host() { # what is asked
    local what package since answer found=
    while read -r what package since answer; do
        [ "$what" = "$1" ] || continue
        if dpkg --compare-versions "$(installed_version "$package")" ge "$since"; then
            found=$answer
        fi
    done <"${words%/*}/host_versions.txt"
    [ -n "$found" ] || fail "host_versions.txt has no answer to $1 for the installed version"
    echo "$found"
}

installed_version() { # package; without epoch and Debian's own number
    dpkg-query -W -f '${Version}' "$1" | sed 's/^[0-9]*://; s/[-+~].*//'
}
