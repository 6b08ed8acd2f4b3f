#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a person sees when something is not there or does not answer: the cause, and what to do, word
# for word. Usage: test_causes.sh TOOL
set -eu
glasshsm=$1
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# All that a command says, on standard output and error, with this test's folder as DIR.
sees() { # exit status, expected text, command
    local expected=$1 text=$2 status=0
    shift 2
    "$@" >"$work/seen" 2>&1 </dev/null || status=$?
    equal "what is seen of: $*" "$text" "$(sed "s|$work|DIR|g" "$work/seen")"
    equal "exit status of: $*" "$expected" "$status"
}

without_pcscd() {
    export PCSCLITE_CSOCK_NAME=$work/gone
    sees 30 'glasshsm: pcscd does not answer at DIR/gone ($PCSCLITE_CSOCK_NAME): the `glasshsm run` that made it has ended; begin another' \
        "$glasshsm" token info
    unset PCSCLITE_CSOCK_NAME
    sees 30 'glasshsm: pcscd does not answer: call this inside `glasshsm run -- COMMAND`, or start the machine'\''s own (systemctl start pcscd.socket); `glasshsm doctor` tells more' \
        unshare --user --map-root-user --mount sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh "$glasshsm" key list
}

without_daemon() {
    sees 1 'glasshsm: glasshsmd is not running: there is no socket at DIR/none; name a running one'\''s socket with --socket PATH, or start it' \
        "$glasshsm" status --socket "$work/none"
    python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$work/left"
    for verb in status cancel "log show"; do
        # shellcheck disable=SC2086 # two words
        sees 1 'glasshsm: glasshsmd is not running: nobody answers at DIR/left; name a running one'\''s socket with --socket PATH, or start it' \
            "$glasshsm" $verb --socket "$work/left"
    done
}

# One line, which is the cause, and the store's own exit status; in both levels. With -v all there is.
refused_stores() {
    "$glasshsm" store create "$work/store" >"$work/made"
    mv "$work/store/seal.key" "$work/key"
    for level in 1 2; do
        sees 14 "glasshsmd: There is no key file DIR/store/seal.key; put the store's own there, or say where it is." \
            "$glasshsm" run --level "$level" --store "$work/store" -- echo never
    done
    "$glasshsm" run -v --store "$work/store" -- true 2>"$work/all" && fail "it runs without its key"
    grep -q '^level=info event=ended status=14' "$work/all" || fail "-v does not tell all: $(cat "$work/all")"
    mkdir "$work/full"
    touch "$work/full/something"
    sees 10 'glasshsmd: There is no store in DIR/full; make one with: glasshsm store create DIR/full' \
        "$glasshsm" run --store "$work/full" -- true
}

without_pcscd
without_daemon
refused_stores
