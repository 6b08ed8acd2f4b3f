#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stock OpenSC against a token in a real reader: keys, signatures that OpenSSL verifies, restarts
# of daemon and pcscd, and the records in the log. Usage: test_opensc.sh TOOL
set -eu
glasshsm=$1
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool sc-hsm-tool openssl

pin=648219
store=$work/token

in_a_world() {
    "$glasshsm" run --store "$store" -- "$@" >"$work/output" 2>&1 ||
        fail "$* : $(cat "$work/output")"
}

p11() {
    in_a_world pkcs11-tool --login --pin "$pin" "$@"
}

# id, mechanism, file of the signature, further options
sign() {
    local id=$1 mechanism=$2 signature=$3
    shift 3
    p11 --sign --mechanism "$mechanism" --id "$id" --input-file "$work/letter" \
        --output-file "$signature" "$@"
    openssl dgst -sha256 -verify "$work/$id.der" -keyform DER -signature "$signature" \
        "$work/letter" >/dev/null || fail "key $id: the signature does not verify"
    ! openssl dgst -sha256 -verify "$work/$id.der" -keyform DER -signature "$signature" \
        "$0" >/dev/null 2>&1 || fail "key $id: the signature verifies for another file"
}

make_key() { # type, id
    p11 --keypairgen --key-type "$1" --id "$2" --label "key $2"
    p11 --read-object --type pubkey --id "$2" --output-file "$work/$2.der"
}

signatures_in_log() {
    "$glasshsm" log show --store "$store" | grep -c ' signature  *9000 '
}

echo "a letter" >"$work/letter"
"$glasshsm" store create "$store" >/dev/null
in_a_world sc-hsm-tool --initialize --so-pin 3537363231383830 --pin "$pin" --label live
make_key rsa:2048 10
make_key EC:prime256v1 11

# Every call below is a new world: pcscd and daemon have been restarted in between.
sign 10 SHA256-RSA-PKCS "$work/10.sig"
sign 11 ECDSA-SHA256 "$work/11.sig" --signature-format openssl
equal "records of signatures" 2 "$(signatures_in_log)"
sign 10 SHA256-RSA-PKCS "$work/10.again"
cmp "$work/10.sig" "$work/10.again" || fail "PKCS#1 v1.5 signatures of one text differ"
equal "records of signatures" 3 "$(signatures_in_log)"
"$glasshsm" log show --store "$store" --json >"$work/lines"
equal "gaps in the log" "$(seq "$(wc -l <"$work/lines")")" \
    "$(sed 's/^{"seq":\([0-9]*\),.*/\1/' "$work/lines")"
