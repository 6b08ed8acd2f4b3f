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
