#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # $work is made by lib.sh
# A token that does without what no hardware has, as its owner sets it, and a forced audit, which is
# never given up for that. Usage: test_strict.sh TOOL
set -eu
glasshsm=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need opensc-tool
cd "$work"

# What the card answers to SELECT of the log's first file without a login, and what its daemon says.
inside() {
    # shellcheck disable=SC2016
    "$glasshsm" run --store "$1" -- bash -euc '
        opensc-tool -s 00A4040C0BE82B0601040181C31F0201 -s 00A40000 -s 00A4000002D00000 2>/dev/null |
            grep -o "SW1=0x[0-9A-F]*, SW2=0x[0-9A-F]*" | tail -1
        "$0" status | grep ^extensions' "$glasshsm"
}

"$glasshsm" store create token >/dev/null
equal "a new one" "not strict: with extensions" "$("$glasshsm" store strict token)"
equal "with extensions" "SW1=0x69, SW2=0x82
extensions    on" "$(inside token)"
equal "switched on" "strict: without extensions" "$("$glasshsm" store strict token on)"
equal "without extensions" "SW1=0x6A, SW2=0x82
extensions    none: strict" "$(inside token)"
equal "records" "extensions switched off" \
    "$("$glasshsm" log show --store token | grep -o 'extensions switched o.*' | cut -d' ' -f1-3)"

"$glasshsm" store create --strict strict >/dev/null
equal "created so" '{"strict":true}' "$("$glasshsm" store strict --json strict)"
equal "a wrong word" 2 "$(status_of "$glasshsm" store strict strict maybe)"
equal "audit forced on a strict token" 1 \
    "$(status_of "$glasshsm" run --store strict -- "$glasshsm" log policy --forced on)"
grep -q "it cannot be both" output
equal "switched off" "not strict: with extensions" "$("$glasshsm" store strict strict off)"
"$glasshsm" run --store strict -- "$glasshsm" log policy --forced on >/dev/null
equal "strict with a forced audit" 23 "$(status_of "$glasshsm" store strict strict on)"
equal "still not" "not strict: with extensions" "$("$glasshsm" store strict strict)"
