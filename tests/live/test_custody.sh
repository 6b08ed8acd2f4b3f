#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Custodians: the blocks of docs/CUSTODY.md, and then what must be refused. Stock sc-hsm-tool exports,
# registers and shows. Usage: test_custody.sh TOOL PAGE
set -eu
glasshsm=$(realpath "$1") page=$(realpath "$2")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool sc-hsm-tool opensc-tool

{
    echo 'set -eu; . "$words"'
    section ""
    section Register
    cat <<'INSIDE'
status=$(glasshsm pka status --reader "$vault" --json)
[[ $status == '{"total":2,"missing":0,"required":2,"signed":0,'* ]] || fail "$status"
sc-hsm-tool --reader 0 --public-key-auth-status >told
equal "sc-hsm-tool's" "2 0 2 0" "$(sed 's/.*: *//' told | paste -sd' ')"
fails 45 glasshsm pka register anne.pka --reader "$vault" --pin-env PIN # every place is taken

# The PIN alone does too, in this mode; one custodian of two does not, nor with a wrong PIN.
glasshsm token label "by PIN" --reader "$vault" --pin-env PIN
fails 43 glasshsm pka login --reader "$vault" --custodian "$anne" --custodian-pin-env PIN \
    -- token label "by one"
WRONG=111111 fails 40 glasshsm pka login --reader "$vault" --custodian "$anne" \
    --custodian-pin-env WRONG
fails 2 glasshsm pka login --reader "$vault" --custodian "$vault" --custodian-pin-env PIN
fails 44 glasshsm pka login --reader "$vault" --custodian "$anne" --custodian-pin-env PIN \
    --custodian "$anne" --custodian-pin-env PIN # one person is not two
INSIDE
    section "Log in" | sed '/^glasshsm token init/,$d'
    cat <<'INSIDE'
equal "label" "opened by two" \
    "$(glasshsm token info --reader "$vault" --json | sed 's/.*"label":"\([^"]*\)".*/\1/')"
# What a custodian may: a key is made and used without the PIN, and the login is over afterwards.
two=(--custodian "$anne" --custodian-pin-env PIN --custodian "$bert" --custodian-pin-env PIN)
echo data >data
glasshsm pka login --reader "$vault" "${two[@]}" -- object write cd01 data -- pka status --json >told
grep -q '"signed":2' told

# What cannot be meant is refused before anybody signs, and before a token is emptied.
for action in nonsense "token lable x" "token label x --bogus" "object delete" "token label x -- key" \
    "domain create x"; do
    # shellcheck disable=SC2086 # words
    fails 2 glasshsm pka login --reader "$vault" "${two[@]}" -- $action
    ! grep "has signed" err || fail "custodians have signed for: $action"
    # shellcheck disable=SC2086
    fails 2 glasshsm token init --reader "$vault" --yes --so-pin-env SO_PIN --new-pin-env PIN -- $action
done
glasshsm pka login --reader "$vault" "${two[@]}" -- token label --help >told
grep -q '^Usage: glasshsm token' told
glasshsm object read cd01 --reader "$vault" --pin-env PIN | cmp - data

glasshsm pka status --reader "$vault" --json | grep -q '"signed":0'
INSIDE
    section "Log in" | sed -n '/^glasshsm token init/,$p'
    cat <<'INSIDE'
SHORT=12345 fails 2 glasshsm token init --reader "$vault" --yes --so-pin-env SO_PIN --new-pin-env SHORT
grep -q 'a PIN has 6 to 16 characters' err
# What nobody could open, or asks for no custodian, deletes nothing.
for said in "--custodians 2 --required 2 --no-pin --together" "--required 2" "--custodians 2" \
    "--custodians 1 --required 2" "--custodians 91 --required 1" "--custodians 0 --required 0"; do
    # shellcheck disable=SC2086 # words
    fails 2 glasshsm token init --reader "$vault" --yes --so-pin-env SO_PIN --new-pin-env PIN $said
done
# Without a PIN.
fails 42 glasshsm token label nobody --reader "$vault" --pin-env PIN
grep -q 'the token has no user PIN' err
glasshsm token info --reader "$vault" --json | grep -q '"user_pin":{"state":"none","tries":null}'
glasshsm pka login --reader "$vault" --custodian "$anne" --custodian-pin-env PIN -- token label "no PIN"
fails 43 glasshsm pka register anne.pka --no-pin --reader "$vault" # twice

# Together: neither alone.
glasshsm token init --reader "$vault" --yes --so-pin-env SO_PIN --new-pin-env PIN --together \
    --replaceable --custodians 2 --required 1 -- pka register anne.pka
fails 43 glasshsm token label nobody --reader "$vault" --pin-env PIN
one=(--custodian "$anne" --custodian-pin-env PIN)
WRONG=111111 fails 40 glasshsm pka login --reader "$vault" "${one[@]}" --pin-env WRONG \
    -- token label nobody
glasshsm pka login --reader "$vault" "${one[@]}" --pin-env PIN -- token label both \
    -- pka register --place 0 --custodian "$bert" -- object write cd01 data
fails 44 glasshsm pka login --reader "$vault" "${one[@]}" --pin-env PIN # replaced
glasshsm pka login --reader "$vault" --custodian "$bert" --custodian-pin-env PIN --pin-env PIN \
    -- object delete cd01
INSIDE
    section "Roots: whose custodians are believed"
    section Attestation
    cat <<'INSIDE'
glasshsm attest verify --root root.cvc --json key.pka >told
grep -q '"proved":true.*"origin":"generated".*"curve":"P-256"' told || { cat told; exit 1; }
fails 61 glasshsm attest verify --root foreign.cvc key.pka
glasshsm object read 2f02 --reader "$anne" >anne.2f02
glasshsm object read 2f02 --reader "$bert" >bert.2f02
glasshsm object read ce01 --reader "$anne" >request
fails 61 glasshsm attest verify --root root.cvc request # whose?
glasshsm attest verify --root root.cvc --device anne.2f02 request
glasshsm attest verify --device anne.2f02 request
fails 61 glasshsm attest verify --root root.cvc --device bert.2f02 --json key.pka
grep -q '"proved":false.*"origin":"imported"' out
fails 61 glasshsm attest verify --root root.cvc --device bert.2f02 request
for at in 40 200 -80 -5; do # the key, its name, the device's name and signature
    python3 -c 'import sys; b = bytearray(open("request", "rb").read()); b[int(sys.argv[1])] ^= 1
open("forged", "wb").write(b)' "$at"
    ! glasshsm attest verify --device anne.2f02 forged 2>err || fails 61 echo "byte $at"
done
INSIDE
} >"$work/inside.sh"

# A world whose vault does not know the custodians' root, until it is told.
cat >"$work/foreign.sh" <<'FOREIGN'
set -eu
. "$words"
vault="Glass HSM 00 00" anne="Glass HSM 00 01"
export PIN=648219 SO_PIN=3537363231383830
glasshsm token init --reader "$anne" --yes --so-pin-env SO_PIN --new-pin-env PIN
pkcs11-tool --slot-index 1 --login --pin $PIN --keypairgen --key-type rsa:2048 --id 01
glasshsm token init --reader "$vault" --yes --so-pin-env SO_PIN --new-pin-env PIN --custodians 1 \
    --required 1
fails 43 glasshsm pka register --custodian "$anne" --reader "$vault" --pin-env PIN
grep -q "does not trust the root" err
glasshsm ca export --socket "$(dirname "$GLASSHSM_SOCKET")/admin-2.sock" --out anne.cvc
fails 1 glasshsm ca trust anne.2f02
glasshsm ca trust anne.cvc
fails 1 glasshsm ca trust anne.cvc
glasshsm pka register --custodian "$anne" --reader "$vault" --pin-env PIN
glasshsm pka login --reader "$vault" --custodian "$anne" --custodian-pin-env PIN -- token label RSA
name=$(glasshsm ca list --json | sed 's/.*"name":"\([^"]*\)","origin":"foreign".*/\1/')
glasshsm ca distrust "$name"
fails 1 glasshsm ca distrust "$name"
glasshsm log show | grep -q "root removed"
FOREIGN

cd "$work"
"$glasshsm" run --tokens 3 -- bash inside.sh
echo "--- a foreign root"
"$glasshsm" store create one >made
"$glasshsm" store create two >made
"$glasshsm" run --store one --store two -- bash foreign.sh
