#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # $work is made by lib.sh
# Keys on Edwards and Montgomery curves, and a long one, used by a program of the test's own, since
# stock hosts have no words for them: OpenSSL judges signatures and secrets, a request is verified from files alone, a
# key moves to another token, and stock OpenSC goes on working with the other keys of the token.
# Usage: test_raw_keys.sh TOOL
set -eu
glasshsm=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool pkcs15-tool openssl xxd /usr/lib/python3/dist-packages/smartcard
cp "$(dirname "$0")/raw_key.py" "$(dirname "$0")/../fixtures/rsa-8192.blob" "$work"
echo "a letter" >"$work/letter"

cat >"$work/inside.sh" <<'INSIDE'
set -eu
. "$words"
old="Glass HSM 00 00" new="Glass HSM 00 01"
export PIN=648219 SO_PIN=3537363231383830
printf '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' | xxd -r -p >share
for reader in "$old" "$new"; do
    glasshsm token init --reader "$reader" --yes --dkek-shares 1 --so-pin-env SO_PIN --new-pin-env PIN
    glasshsm dkek import share --raw-share --reader "$reader" --pin-env PIN >/dev/null
done
raw_key() {
    /usr/bin/python3 raw_key.py "$PIN" "$@"
}

# The public key as OpenSSL reads it: RFC 8410's frame around the point, which ends the request's body
# but for the holder's name.
public_key() { # key, frame, bytes of the point
    glasshsm object read "ce$1" --reader "$old" --out "$1.request"
    point=$(xxd -p "$1.request" | tr -d '\n' | sed -n "s/.*84$(printf %02x "$3")\(.\{$((2 * $3))\}\)5f20.*/\1/p")
    echo "$2$point" | xxd -r -p >"$1.der"
    openssl pkey -pubin -inform DER -in "$1.der" -out "$1.pem"
}
generate() { # curve, key, label
    glasshsm key generate "$1" "$2" --label "$3" --reader "$old" --pin-env PIN
}
generate Ed25519 41 "the first"
generate Ed448 42 "the second"
generate X25519 43 "the third"
generate X448 44 "the fourth"
public_key 41 302a300506032b6570032100 32
public_key 42 3043300506032b6571033a00 57
public_key 43 302a300506032b656e032100 32
public_key 44 3042300506032b656f033900 56

equal "the list" "cc41 Ed25519 255 the first
cc42 Ed448 448 the second
cc43 X25519 255 the third
cc44 X448 448 the fourth" \
    "$(glasshsm key list --reader "$old" --json | /usr/bin/python3 -c '
import json, sys
for key in json.load(sys.stdin):
    print(key["file"], key["curve"], key["bits"], key["label"])')"

glasshsm object read 2f02 --reader "$old" --out device
for key in 41 42 43 44; do
    glasshsm attest verify --device device $key.request | grep -q '^origin  generated'
done
glasshsm object read 2f02 --reader "$new" --out another
! glasshsm attest verify --device another 41.request 2>/dev/null || fail "attested to another token"

for key in 41 42; do
    raw_key sign $key letter >signature
    openssl pkeyutl -verify -pubin -inkey $key.pem -rawin -in letter -sigfile signature >verdict
    ! openssl pkeyutl -verify -pubin -inkey $key.pem -rawin -in share -sigfile signature >verdict ||
        fail "the signature of $key verifies for other data"
done
agree() { # key, OpenSSL's name, bytes of a point
    openssl genpkey -algorithm "$2" -out peer.pem
    openssl pkey -in peer.pem -pubout -outform DER | tail -c "$3" >peer
    raw_key agree "$1" peer >ours
    openssl pkeyutl -derive -inkey peer.pem -peerkey "$1.pem" -out theirs
    cmp ours theirs
}
agree 43 X25519 32
agree 44 X448 56

# Another token with the same DKEK signs the same.
glasshsm key wrap 41 --reader "$old" --pin-env PIN --out wrapped
glasshsm key unwrap wrapped 51 --reader "$new" --pin-env PIN
raw_key sign 41 letter >signature
READER=1 raw_key sign 51 letter >signature.new
cmp signature signature.new

# An RSA key longer than any that OpenSC can use.
raw_key unwrap 8192 45 "the long" rsa-8192.blob

# OpenSC lists what it does not understand, and works with what it does.
pkcs11-tool --login --pin "$PIN" --keypairgen --key-type EC:prime256v1 --id 10 --label ordinary >output
pkcs15-tool -D >output
for label in "the first" "the fourth" ordinary; do
    grep -q "^Private EC Key \[$label\]" output || fail "pkcs15-tool does not list: $label"
done
grep -q "^Private RSA Key \[the long\]" output || fail "pkcs15-tool does not list the long key"
grep -q "ModLength *: 8192" output || fail "pkcs15-tool tells another length"
pkcs11-tool -O --login --pin "$PIN" >output
grep -q 'label: *the first' output || fail "pkcs11-tool does not list the first key"
grep -q 'label: *ordinary' output || fail "pkcs11-tool does not list the ordinary key"
pkcs11-tool --login --pin "$PIN" --sign --id 10 --mechanism ECDSA-SHA256 --signature-format openssl \
    --input-file letter --output-file signature 2>output
pkcs15-tool --read-public-key 10 --output 10.pem 2>output
openssl dgst -sha256 -verify 10.pem -signature signature letter >verdict
INSIDE
cd "$work"
"$glasshsm" run --tokens 2 -- bash inside.sh
