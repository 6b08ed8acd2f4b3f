#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # $work is made by lib.sh
# A token with little memory: the tool and stock OpenSC say that it is full, nothing is lost, and
# with still less memory it can be read and emptied. Usage: test_capacity.sh TOOL
set -eu
glasshsm=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool
cd "$work"
export PIN=648219 SO=3537363231383830

with() { # capacity, command
    local capacity=$1
    shift
    "$glasshsm" run --store token --create --capacity "$capacity" -- "$@"
}

memory() { # used or free
    "$glasshsm" token info --json | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

fill() {
    "$glasshsm" token init --yes --so-pin-env SO --new-pin-env PIN
    "$glasshsm" object write cf01 letter --pin-env PIN
    before=$(memory free)
    status=0
    "$glasshsm" object write cf02 letter --pin-env PIN 2>errors || status=$?
    equal "writing to a full card" 45 "$status"
    grep -q "full" errors || fail "$(cat errors)"
    equal "free memory after a refusal" "$before" "$(memory free)"
    if pkcs11-tool --login --pin "$PIN" --keypairgen --key-type EC:prime256v1 --id 01 >errors 2>&1; then
        fail "a key pair found room"
    fi
    grep -q "CKR_DEVICE_MEMORY" errors || fail "$(cat errors)"
    equal "keys" "" "$("$glasshsm" key list --json | grep -o '"file":"cc01"' || true)"
    "$glasshsm" status | grep -q "^capacity *4000 bytes" || fail "$("$glasshsm" status)"
}

empty() {
    equal "free memory" 0 "$(memory free)"
    "$glasshsm" object read cf01 >there
    cmp there letter
    "$glasshsm" object delete cf01 --pin-env PIN
    [ "$(memory free)" -gt 0 ] || fail "deleting freed nothing"
}

export glasshsm
export -f memory fill empty equal fail
head -c 3500 /dev/urandom >letter
with 4000 bash -euc fill
with 1000 bash -euc empty
"$glasshsm" run -- bash -euc '"$glasshsm" status | grep -q "^capacity *unlimited"'
