#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stock OpenSC changes PINs, frees a blocked one, and is refused what the options do not allow.
# Every call is a new process, so a new session. Usage: test_pins.sh TOOL
set -eu
glasshsm=$1
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool pkcs15-tool sc-hsm-tool opensc-tool

if [ "${2-}" != inside ]; then
    exec "$glasshsm" run -- "$0" "$glasshsm" inside
fi

officer=3537363231383830
other_officer=3132333435363738

works() {
    "$@" >"$work/output" 2>&1 || fail "$* : $(cat "$work/output")"
}

refused() {
    ! "$@" >"$work/output" 2>&1 || fail "$* : $(cat "$work/output")"
}

login() { # PIN
    pkcs11-tool --login --pin "$1" --list-objects
}

# pkcs15-tool --unblock-pin of OpenSC 0.23.0 sends the SO-PIN's digits as text and is no use here.
free() { # SO-PIN, new user PIN
    pkcs11-tool --login --login-type so --so-pin "$1" --init-pin --new-pin "$2"
}

block() {
    local attempt
    for attempt in 1 2 3; do
        refused login "wrong$attempt"
    done
}

works pkcs11-tool --login --pin 648219 --change-pin --new-pin 1234567
refused login 648219
works login 1234567
refused pkcs15-tool --change-pin --pin 648219 --new-pin 111111
works pkcs15-tool --change-pin --pin 1234567 --new-pin 12345678

block
refused login 12345678
grep -q CKR_PIN_LOCKED "$work/output" || fail "$(cat "$work/output")"
works free "$officer" 222222
works login 222222

works pkcs11-tool --login --login-type so --so-pin "$officer" --change-pin \
    --new-pin "$other_officer"
refused free "$officer" 333333
works login 222222
works free "$other_officer" 648219
works login 648219

# A device that lets the SO give back tries, but set no PIN (options 0021).
works opensc-tool --send-apdu \
    80:50:00:00:19:80:02:00:21:81:06:36:34:38:32:31:39:82:08:31:32:33:34:35:36:37:38:91:01:03
works login 648219
block
refused free "$other_officer" 648219
refused login 648219
works opensc-tool --send-apdu 00:2C:01:81:08:31:32:33:34:35:36:37:38
works login 648219

"$glasshsm" log show >"$work/log"
equal "PINs changed" 3 "$(grep -c ' PIN changed  *9000 ' "$work/log")"
equal "counters reset" 3 "$(grep -c ' retry counter reset  *9000  *officer' "$work/log")"
equal "refused by the options" 1 "$(grep -c ' retry counter reset  *6985 ' "$work/log")"
