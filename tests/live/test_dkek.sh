#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A key moves between two tokens: shares made and imported by sc-hsm-tool and by ours, keys wrapped by
# one and unwrapped by the other. What the new token signs verifies under the old public key.
# Usage: test_dkek.sh TOOL [--long]
# --long: also what derives many keys from passwords, which takes 10 s each with sc-hsm-tool.
set -eu
glasshsm=$(realpath "$1") long=${2:-}
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool sc-hsm-tool opensc-tool openssl xxd

export PIN=648219 SO_PIN=3537363231383830 PASSWORD=password
# The share file of docs/protocol.md 8.2: the share 00..1F under "password".
xxd -r -p >"$work/share.pbe" <<'SHARE'
53616C7465645F5F01020304050607082585D4F5F834ED0D917B9811186CBFB5
88380A503C9F2839F4B48EBADF59E8A9412FC1F3F65BCBFE0B66B041DF8EC330
SHARE
echo "a letter" >"$work/letter"

cat >"$work/inside.sh" <<'INSIDE'
set -eu
. "$words"
old="Glass HSM 00 00" new="Glass HSM 00 01"

# Each token gets the same share through another program: here in the session that initialised, in
# test_ceremony.sh in processes of their own.
sc-hsm-tool --reader 0 --initialize --so-pin "$SO_PIN" --pin "$PIN" --dkek-shares 1 \
    --import-dkek-share share.pbe --password "$PASSWORD" >imported
grep -q 'DKEK key check value : 630DCD2966C43366' imported
glasshsm token init --reader "$new" --yes --dkek-shares 1 --so-pin-env SO_PIN --new-pin-env PIN
[ -z "$LONG" ] || fails 48 env PASSWORD=wrong "$GLASSHSM" dkek import share.pbe --reader "$new" --pin-env PIN \
    --password-env PASSWORD
glasshsm dkek import share.pbe --reader "$new" --pin-env PIN --password-env PASSWORD
equal "status" '[{"domain":0,"shares":1,"missing":0,"check":"630dcd2966c43366"}]' \
    "$(glasshsm dkek status --reader "$new" --json)"
sc-hsm-tool --reader 1 | grep -q 'DKEK key check value : 630DCD2966C43366'
fails 43 "$GLASSHSM" dkek import share.pbe --reader "$new" --pin-env PIN --password-env PASSWORD
grep -q 'has all its shares.*glasshsm domain clear 0' err

make_key() { # type, id
    pkcs11-tool --slot-index 0 --login --pin "$PIN" --keypairgen --key-type "$1" --id "$2" \
        --label "key $2"
    pkcs11-tool --slot-index 0 --read-object --type pubkey --id "$2" --output-file "$2.der"
}
verify() { # id, mechanism, further options
    local id=$1 mechanism=$2
    shift 2
    pkcs11-tool --slot-index 1 --login --pin "$PIN" --sign --mechanism "$mechanism" --id "$id" \
        --input-file letter --output-file letter.sig "$@"
    openssl dgst -sha256 -verify "$id.der" -keyform DER -signature letter.sig letter
}

make_key EC:secp256r1 01
make_key rsa:2048 02
make_key rsa:3072 03
make_key EC:brainpoolP512r1 04
sc-hsm-tool --reader 0 --wrap-key 1.key --key-reference 1 --pin "$PIN"
sc-hsm-tool --reader 1 --unwrap-key 1.key --key-reference 1 --pin "$PIN"
glasshsm key wrap cc02 --out 2.key --reader "$old" --pin-env PIN
sc-hsm-tool --reader 1 --unwrap-key 2.key --key-reference 2 --pin "$PIN"
sc-hsm-tool --reader 0 --wrap-key 3.key --key-reference 3 --pin "$PIN"
glasshsm key unwrap 3.key 03 --reader "$new" --pin-env PIN
glasshsm key wrap cc04 --reader "$old" --pin-env PIN >4.key
glasshsm key unwrap 4.key cc04 --reader "$new" --pin-env PIN
verify 01 ECDSA-SHA256 --signature-format openssl
verify 02 SHA256-RSA-PKCS
verify 03 SHA256-RSA-PKCS
verify 04 ECDSA-SHA256 --signature-format openssl

# A curve that OpenSC 0.23.0 takes for another: ours makes the key, its request proves where, and it
# moves like others.
glasshsm key generate brainpoolP256t1 05 --reader "$old" --pin-env PIN
glasshsm object read ce05 --reader "$old" >request
glasshsm object read 2f02 --reader "$old" >device
glasshsm attest verify --device device request --json | grep -q '"origin":"generated"'
sc-hsm-tool --reader 0 --wrap-key 5.key --key-reference 5 --pin "$PIN"
sc-hsm-tool --reader 1 --unwrap-key 5.key --key-reference 5 --pin "$PIN"
glasshsm object read ce05 --reader "$new" | cmp - request
opensc-tool --reader 1 -s "0020008106$(printf %s "$PIN" | xxd -p)" -s "8068057020$(openssl dgst -sha256 -binary letter |
    xxd -p -c 32)00" >signed
equal "commands that succeeded" 2 "$(grep -c 'SW1=0x90' signed)"

# What described a key goes when another takes its place.
glasshsm object delete ce04 --reader "$old" --pin-env PIN
glasshsm key wrap cc04 --out bare.key --reader "$old" --pin-env PIN
glasshsm key unwrap bare.key 01 --yes --reader "$new" --pin-env PIN
fails 44 "$GLASSHSM" object read ce01 --reader "$new"

# Refused: another number's key is there; a flipped bit; a token that exports nothing.
fails 1 "$GLASSHSM" key unwrap 4.key 03 --reader "$new" --pin-env PIN
python3 -c 'import sys; b = bytearray(open("4.key", "rb").read()); b[60] ^= 1
open("bad.key", "wb").write(b)'
fails 47 "$GLASSHSM" key unwrap bad.key 09 --reader "$new" --pin-env PIN
sc-hsm-tool --reader 1 --unwrap-key bad.key --key-reference 9 --pin "$PIN" >told 2>&1 || told_status=$?
if grep -q 'successfully' told; then fail "sc-hsm-tool unwrapped a damaged key: ${told_status-0}"; fi
fails 44 "$GLASSHSM" key wrap 0a --reader "$new" --pin-env PIN
glasshsm token init --reader "$new" --yes --so-pin-env SO_PIN --new-pin-env PIN
fails 49 "$GLASSHSM" dkek status --reader "$new"
pkcs11-tool --slot-index 1 --login --pin "$PIN" --keypairgen --key-type EC:secp256r1 --id 01
fails 49 "$GLASSHSM" key wrap 01 --reader "$new" --pin-env PIN

# Two shares, into a key domain.
glasshsm dkek create raw1 --raw-share
equal "what was made" '{"file":"raw2","raw":true,"threshold":0,"parts":[]}' \
    "$(glasshsm dkek create raw2 --raw-share --json)"
fails 1 "$GLASSHSM" dkek create raw2 --raw-share
glasshsm token init --reader "$new" --yes --key-domains 2 --so-pin-env SO_PIN --new-pin-env PIN
glasshsm domain create 1 2 --reader "$new" --pin-env PIN
for verb in "create 2 1" "clear 2" "delete 2"; do
    # shellcheck disable=SC2086 # words
    fails 44 glasshsm domain $verb --reader "$new" --pin-env PIN
    grep -q 'token init --key-domains N' err
done
glasshsm dkek import raw1 --raw-share --domain 1 --reader "$new" --pin-env PIN
glasshsm dkek import raw2 --raw-share --domain 1 --reader "$new" --pin-env PIN >status
grep -q '^     1       2        0  [0-9a-f]\{16\}$' status
glasshsm domain clear 1 --reader "$new" --pin-env PIN
glasshsm domain delete 1 --reader "$new" --pin-env PIN
fails 44 "$GLASSHSM" domain delete 1 --reader "$new" --pin-env PIN
glasshsm token init --reader "$new" --yes --dkek-shares 1 --so-pin-env SO_PIN --new-pin-env PIN
fails 44 glasshsm domain create 1 1 --reader "$new" --pin-env PIN
grep -q 'with one DKEK.*token init --key-domains N' err
fails 2 glasshsm token init --reader "$new" --yes --key-domains 0 --so-pin-env SO_PIN --new-pin-env PIN

# A share of ours with its password in parts. Parts of two passwords, or one twice, open nothing.
fails 2 glasshsm dkek create own.pbe --threshold 3 --total 2
fails 2 glasshsm dkek create own.pbe --threshold 2 --total 3 --raw-share
glasshsm dkek create own.pbe --threshold 2 --total 3 --json >made
python3 -c 'import json
for part in json.load(open("made"))["parts"]: print(part["prime"], part["number"], part["value"])' >parts
equal "parts" 3 "$(wc -l <parts)"
sed 2d parts >two
sed 'p;d' parts | sed '1p;1q' >twice
fails 48 glasshsm dkek import own.pbe --threshold 2 --password-file twice --reader "$new" --pin-env PIN
sed '1s/[0-9]* [0-9a-f:]*$/no part/' two >none
fails 2 glasshsm dkek import own.pbe --threshold 2 --password-file none --reader "$new" --pin-env PIN
glasshsm dkek import own.pbe --threshold 2 --password-file two --reader "$new" --pin-env PIN --json >status
grep -q '"shares":1,"missing":0,"check":"[0-9a-f]\{16\}"' status || fail "the share is not there: $(cat status)"
[ -n "$LONG" ] || exit 0

# Parts of a password that opens nothing are told to nobody.
if glasshsm dkek create missing/own.pbe --threshold 2 --total 3 >told 2>err; then exit 1; fi
[ ! -s told ] || { cat told; exit 1; }

# One with its password in one part, and one of sc-hsm-tool's.
glasshsm dkek create alone.pbe --threshold 1 --total 1 >text
grep -Eq '^([0-9a-f]{2}:){7}[0-9a-f]{2} 1 ([0-9a-f]{2}:){7}[0-9a-f]{2}$' text
sc-hsm-tool --reader 0 --create-dkek-share theirs.pbe --password "$PASSWORD"
# Theirs with parts, each of which is shown until Enter is pressed.
yes '' | head -20 | sc-hsm-tool --reader 0 --create-dkek-share split.pbe --pwd-shares-threshold 2 \
    --pwd-shares-total 3 >shown
awk '/Prime /{prime = $3} /Share ID /{id = $4} /Share value /{print prime, id, $4}' shown >theirs
equal "their parts" 3 "$(wc -l <theirs)"
sed 1d theirs >two_of_theirs
glasshsm token init --reader "$new" --yes --key-domains 1 --so-pin-env SO_PIN --new-pin-env PIN
glasshsm domain create 0 3 --reader "$new" --pin-env PIN
glasshsm dkek import split.pbe --threshold 2 --password-file two_of_theirs --reader "$new" --pin-env PIN
glasshsm dkek import own.pbe --threshold 2 --password-file two --reader "$new" --pin-env PIN
glasshsm dkek import theirs.pbe --password-env PASSWORD --reader "$new" --pin-env PIN
# The first of ours again, by sc-hsm-tool, which wants the prime, and for each part Enter, number and
# value.
awk '{ if (NR == 1) print $1; print ""; print $2; print $3 }' two >typed
sc-hsm-tool --reader 0 --initialize --so-pin "$SO_PIN" --pin "$PIN" --dkek-shares 1 \
    --import-dkek-share own.pbe --pwd-shares-total 2 <typed >imported
grep -q 'DKEK share imported' imported
INSIDE

cd "$work"
LONG=$long "$glasshsm" run --tokens 2 -- bash -x "$work/inside.sh" >"$work/output" 2>&1 ||
    fail "$(tail -30 "$work/output")"
