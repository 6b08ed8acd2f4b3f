#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which token is meant: all that can be seen, one by label or serial number, and what is said when it
# could be several or none. Usage: test_which_token.sh TOOL
set -eu
glasshsm=$1
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need python3

[ -n "${GLASSHSM_SOCKET-}" ] || {
    rm -rf "$work"
    exec "$glasshsm" run --tokens 2 -- setsid -w "$0" "$glasshsm"
}
export PIN=648219
world=${GLASSHSM_SOCKET%/*}

serial_in() { # reader
    "$glasshsm" token info --reader "$1" --json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["serial"])'
}

# All that a command says; the serial numbers as ONE and TWO, this world's folder as WORLD.
sees() { # exit status, expected text, command
    local expected=$1 text=$2 status=0
    shift 2
    "$@" >"$work/seen" 2>&1 || status=$?
    equal "what is seen of: $*" "$text" \
        "$(sed "s|$world|WORLD|g; s/$one/ONE        /g; s/$two/TWO        /g" "$work/seen")"
    equal "exit status of: $*" "$expected" "$status"
}

one=$(serial_in "00 00")
two=$(serial_in "00 01")
equal "length of a serial number" 11 "${#one}"
"$glasshsm" token label mine --reader "00 00" --pin-env PIN 2>/dev/null
"$glasshsm" token label other --reader "00 01" --pin-env PIN 2>/dev/null

several='glasshsm: 2 readers have a token: name one with --token LABEL, --token SERIAL or --reader PART
  Glass HSM 00 00          ONE              mine
  Glass HSM 00 01          TWO              other'
sees 32 "$several" "$glasshsm" key list
sees 32 "$several" "$glasshsm" token info --reader Glass
sees 31 'glasshsm: no reader with the token nobody in it; `glasshsm token list` shows which there are' \
    "$glasshsm" token info --token nobody
sees 31 'glasshsm: no reader called 00 00 with the token other in it; `glasshsm token list` shows which there are' \
    "$glasshsm" token info --token other --reader "00 00"
for name in other "$two"; do
    equal "reader of $name" "Glass HSM 00 01" "$("$glasshsm" token info --token "$name" | sed -n 's/^reader *//p')"
    "$glasshsm" token info --secure --token "$name" >/dev/null 2>&1 || fail "$name through a channel"
done

# Other worlds of this machine may be listed below ours.
sees 0 'label                 serial            reader            state             socket
mine                  ONE               Glass HSM 00 00   ready             WORLD/admin.sock
other                 TWO               Glass HSM 00 01   user PIN blocked  WORLD/admin-2.sock' \
    sh -c 'for try in 1 2 3; do WRONG=000000 "$0" token label x --token other --pin-env WRONG 2>/dev/null; done
        "$0" token list | grep -e ^label -e "$1"' "$glasshsm" "$world"
"$glasshsm" token list --json | python3 -c '
import json, sys
ours = [token for token in json.load(sys.stdin) if token["reader"]]
assert [token["label"] for token in ours] == ["mine", "other"], ours
assert sorted(ours[0]) == ["label", "reader", "serial", "socket", "state"], ours'
# From another world it is seen by its daemon.
env -u GLASSHSM_SOCKET "$glasshsm" run -- "$glasshsm" token list 2>/dev/null >"$work/other"
grep -q "^- .*$one .*in another pcscd .*$world/admin.sock" "$work/other" || fail "$(cat "$work/other")"
