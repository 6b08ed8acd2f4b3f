#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything our tool does with a card, through the secure channel, with somebody listening between:
# PINs, shares and contents are nowhere in what crosses. Usage: test_secure.sh TOOL SPY
set -eu
glasshsm=$1 spy=$2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool sc-hsm-tool

if [ "${3-}" != inside ]; then
    # A token on disk, whose device key is on the other curve.
    "$glasshsm" store create "$work/p256" --device-curve P-256 >/dev/null
    "$glasshsm" run --store "$work/p256" -- "$glasshsm" token info --secure >/dev/null 2>&1 ||
        fail "no channel with a device key on P-256"
    rm -rf "$work" # of this process; the one inside has its own
    exec "$glasshsm" run -- setsid -w "$0" "$glasshsm" "$spy" inside
fi

export PIN=648219 SO=3537363231383830 NEW=73519264 PASSWORD=correct-horse GLASSHSM_SPY=$work/seen
hex() { od -An -tx1 -v | tr -d ' \n'; }

secure() { # verb and its arguments
    LD_PRELOAD=$spy "$glasshsm" "$@" --secure 2>"$work/errors" ||
        fail "$* --secure: $(cat "$work/errors")"
    grep -q "not verified" "$work/errors" || fail "$*: an unverified device is not told"
}

plain() {
    LD_PRELOAD=$spy "$glasshsm" "$@" >/dev/null 2>&1 || fail "$*"
}

seen() { # hexadecimal digits
    grep -q "$1" "$work/seen"
}

# The spy sees what there is to see.
plain token label plain --pin-env PIN
seen "$(printf %s "$PIN" | hex)" || fail "the spy is blind"
seen "$(printf plain | hex)" || fail "the spy is blind"
rm "$work/seen"

printf 'a confidential text' >"$work/content"
secure token init --yes --tries 5 --dkek-shares 1 --label "in secret" --so-pin-env SO --new-pin-env PIN
secure token label "still secret" --pin-env PIN
secure token info >"$work/info"
grep -q "label *still secret" "$work/info" || fail "the label was not written: $(cat "$work/info")"
secure object write cd05 "$work/content" --label ours --pin-env PIN
secure object read cd05 --pin-env PIN --out "$work/got"
cmp "$work/content" "$work/got" || fail "the content came back altered"
head -c 32 /dev/urandom >"$work/share"
secure dkek import "$work/share" --raw-share --pin-env PIN >/dev/null
secure dkek status >/dev/null
pkcs11-tool --login --pin "$PIN" --keypairgen --key-type rsa:2048 --id 0a >/dev/null 2>&1
secure key list >/dev/null
secure key wrap cc01 --out "$work/wrapped" --pin-env PIN
secure key unwrap "$work/wrapped" cc0b --pin-env PIN
secure pin change --pin-env PIN --new-pin-env NEW
secure pin unblock --so-pin-env SO --new-pin-env PIN
secure pin change --so --so-pin-env SO --new-pin-env SO >/dev/null

for secret in "$PIN" "$NEW" "still secret" "in secret" "a confidential text"; do
    ! seen "$(printf %s "$secret" | hex)" || fail "$secret crossed in the clear"
done
! seen "$SO" || fail "the SO-PIN crossed in the clear"
! seen "$(hex <"$work/share")" || fail "the share crossed in the clear"
# In the clear are SELECT, reading the certificates, and opening the channel.
! grep '^> ' "$work/seen" | grep -Ev '^> (00a404|00b12f02|002241a4|00860000|[08]c)' ||
    fail "something else crossed in the clear"

# A wrong PIN is told as such; a root that is none is refused before anything secret is said.
got=0
WRONG=000000 "$glasshsm" token label x --secure --pin-env WRONG >/dev/null 2>&1 || got=$?
equal "wrong PIN through the channel" 40 "$got"
rm "$work/seen"
got=0
LD_PRELOAD=$spy "$glasshsm" token label x --secure --root "$work/content" --pin-env PIN \
    >/dev/null 2>&1 || got=$?
equal "a root that is none" 35 "$got"
! seen "^> 00860000" || fail "a channel was opened to somebody who is not trusted"
got=0
"$glasshsm" token info --root "$work/content" >/dev/null 2>&1 || got=$?
equal "--root without --secure" 2 "$got"

# With the right root the device is verified; with another's it is not, and nothing secret is said.
"$glasshsm" ca export --out "$work/root" >/dev/null
LD_PRELOAD=$spy "$glasshsm" token label verified --secure --root "$work/root" --pin-env PIN \
    2>"$work/errors" || fail "verified device: $(cat "$work/errors")"
! grep -q "not verified" "$work/errors" || fail "a verified device is called unverified"
"$glasshsm" ca create "$work/other" >/dev/null
"$glasshsm" ca export "$work/other" --out "$work/other-root" >/dev/null
got=0
"$glasshsm" token label x --secure --root "$work/other-root" --pin-env PIN >/dev/null 2>&1 || got=$?
equal "another's root" 35 "$got"
equal "the label" verified "$("$glasshsm" token info --json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["label"])')"
