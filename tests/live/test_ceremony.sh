#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The key ceremony as hardware's users publish it: stock OpenSC, a process for each step, and shares
# that nobody logs in for. A key made after it moves to a second token of the same three shares, and
# what it signs there verifies.
# Usage: test_ceremony.sh TOOL [--long]
# --long: all shares are made and imported by sc-hsm-tool, 10 s each; else it imports those of the
# first token alone, and ours does the rest.
set -eu
glasshsm=$(realpath "$1") long=${2:-}
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need opensc-tool pkcs11-tool sc-hsm-tool openssl

export PIN=648219 SO_PIN=3537363231383830
echo "a letter" >"$work/letter"

cat >"$work/inside.sh" <<'INSIDE'
set -eu
. "$words"
second="Glass HSM 00 01"

make_share() { # custodian
    if [ -n "$LONG" ]; then
        sc-hsm-tool --create-dkek-share "$1.pbe" --password "password of $1"
    else
        PASSWORD="password of $1" glasshsm dkek create "$1.pbe" --password-env PASSWORD
    fi
}
for custodian in anne bert cleo; do make_share "$custodian"; done

# The first token: initialised in one process, each share in another.
sc-hsm-tool --reader 0 --initialize --so-pin "$SO_PIN" --pin "$PIN" --dkek-shares 3
sc-hsm-tool --reader 0 >status
grep -q 'DKEK import pending, 3 share(s) still missing' status
sc-hsm-tool --reader 1 --initialize --so-pin "$SO_PIN" --pin "$PIN" --dkek-shares 3

import_second() { # custodian
    if [ -n "$LONG" ]; then
        sc-hsm-tool --reader 1 --import-dkek-share "$1.pbe" --password "password of $1"
    else
        PASSWORD="password of $1" glasshsm dkek import "$1.pbe" --reader "$second" --no-pin \
            --password-env PASSWORD
    fi
}
(for custodian in cleo anne bert; do import_second "$custodian"; done) >second 2>&1 &
for left in anne:2 bert:1 cleo:0; do
    custodian=${left%:*}
    sc-hsm-tool --reader 0 --import-dkek-share "$custodian.pbe" --password "password of $custodian" >told
    grep -q 'DKEK share imported' told
    equal "missing after $custodian" "${left#*:}" "$(glasshsm status --json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["dkek"]["missing"])')"
done
wait $! || fail "$(cat second)"

# Both have the same secret; a fourth share is refused.
sc-hsm-tool --reader 0 >status
check=$(sed -n 's/^DKEK key check value *: //p' status)
equal "length of the check value" 16 "${#check}"
sc-hsm-tool --reader 1 | grep -q "DKEK key check value *: $check"

opensc-tool --reader 0 --send-apdu "80:52:00:00:20:$(printf '00:%.0s' {1..32})00" >told
grep -q 'SW1=0x69, SW2=0x85' told

# What came without a login is told, and named in the log.
glasshsm status >status
grep -q '^DKEK *shares 3, missing 0, imported without login 3$' status
grep -q 'DKEK shares imported without login 3' status
equal "imports in the log" 3 "$(glasshsm log show | grep -c 'DKEK share imported *9000  nobody')"

# Keys, and their way to the second token.
pkcs11-tool --slot-index 0 --login --pin "$PIN" --keypairgen --key-type EC:secp256r1 --id 01 --label one
pkcs11-tool --slot-index 0 --login --pin "$PIN" --keypairgen --key-type rsa:2048 --id 02 --label two
for id in 01 02; do
    pkcs11-tool --slot-index 0 --read-object --type pubkey --id "$id" --output-file "$id.der"
    sc-hsm-tool --reader 0 --wrap-key "$id.key" --key-reference "$id" --pin "$PIN"
    sc-hsm-tool --reader 1 --unwrap-key "$id.key" --key-reference "$id" --pin "$PIN"
done
sign() { # id, mechanism, further options
    pkcs11-tool --slot-index 1 --login --pin "$PIN" --sign --mechanism "$2" --id "$1" \
        --input-file letter --output-file "$1.sig" "${@:3}"
    openssl dgst -sha256 -verify "$1.der" -keyform DER -signature "$1.sig" letter
}
sign 01 ECDSA-SHA256 --signature-format openssl
sign 02 SHA256-RSA-PKCS
INSIDE

cd "$work"
LONG=$long "$glasshsm" run --tokens 2 -- bash -x "$work/inside.sh" >"$work/output" 2>&1 ||
    fail "$(tail -30 "$work/output")"
