#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tokens that share a domain's secret: the blocks of docs/CUSTODY.md, then what must be refused. A key
# moves between them in stock OpenSC. Usage: test_group.sh TOOL PAGE
set -eu
glasshsm=$(realpath "$1") page=$(realpath "$2")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool openssl

{
    echo 'set -eu; . "$words"'
    sed -n 's/^    \(vault=.*\|export PIN=.*\)/\1/p' "$page"
    section "Groups: keys that move between tokens under a secret that nobody knows"
    cat <<'INSIDE'
check_of() { # reader, domain
    glasshsm dkek status --reader "$1" --json |
        python3 -c 'import json, sys
print(*(d["check"] for d in json.load(sys.stdin) if d["domain"] == int(sys.argv[1])))' "$2"
}

check=$(check_of "$anne" 1)
equal "check value" 16 "${#check}"
equal "Bert's check value" "$check" "$(check_of "$bert" 0)"
echo letter >letter
for slot in 1:02 2:05; do # the second signs with the key that moved
    pkcs11-tool --slot-index "${slot%:*}" --login --pin $PIN --sign --mechanism ECDSA-SHA256 \
        --signature-format openssl --id 02 --input-file letter --output-file "letter.${slot%:*}"
    pkcs11-tool --slot-index 1 --read-object --type pubkey --id 02 --output-file pub.der
    openssl dgst -sha256 -verify pub.der -keyform DER -signature "letter.${slot%:*}" letter
done

# Again is no harm; the exchange key is found, not made twice.
glasshsm domain join 1 group --out again.papers --reader "$anne" --pin-env PIN
cmp anne.papers again.papers
fails 43 glasshsm domain exchange 1 anne.papers --reader "$anne" --pin-env PIN
grep -q 'PAPERS of this token' err
# A key of no domain, and the exchange key, stay.
glasshsm key generate P-256 03 --reader "$anne" --pin-env PIN
fails 49 glasshsm key wrap 03 --reader "$anne" --pin-env PIN
fails 49 glasshsm key wrap ff --reader "$anne" --pin-env PIN
# One place is taken, one group is one domain, one token is not in the group, one file is none.
fails 47 glasshsm domain join 0 group --reader "$anne" --pin-env PIN
head -c 32 /dev/zero >share
fails 43 glasshsm dkek import share --raw-share --domain 1 --reader "$anne" --pin-env PIN
grep -q "glasshsm domain exchange" err
glasshsm token init --reader "$vault" --yes --so-pin-env SO_PIN --new-pin-env PIN --key-domains 1
fails 43 glasshsm domain join 0 group --reader "$vault" --pin-env PIN
grep -q "no membership for this token" err
fails 1 glasshsm domain join 0 bert.papers --reader "$vault" --pin-env PIN
fails 44 glasshsm domain exchange 0 bert.papers --reader "$vault" --pin-env PIN
fails 2 glasshsm domain join x group --reader "$vault" --pin-env PIN
fails 44 glasshsm key generate P-256 02 --domain 0 --reader "$vault" --pin-env PIN
grep -q "no key domain 0" err
fails 44 glasshsm domain member 09 --reader "$anne" --pin-env PIN
fails 44 glasshsm domain member cc09 --reader "$anne" --pin-env PIN
for word in 00 cc00 cd01 1 ccc01 one; do
    fails 2 glasshsm domain member "$word" --reader "$anne" --pin-env PIN
    grep -q "is no key; a key is ccNN" err
done
fails 1 glasshsm domain member 01 group --reader "$anne" --pin-env PIN
# A member of another group, of which this token is the signer.
glasshsm key generate P-256 01 --reader "$vault" --pin-env PIN
glasshsm domain member cc01 --out other --reader "$vault" --pin-env PIN
glasshsm domain join 0 other --out other.papers --reader "$vault" --pin-env PIN
fails 43 glasshsm domain exchange 1 other.papers --reader "$anne" --pin-env PIN
grep -q "not of a member of this group" err
equal "check value after a refusal" "$check" "$(check_of "$anne" 1)"
# Forgotten, and agreed on again.
glasshsm domain clear 1 --reader "$anne" --pin-env PIN
equal "check value of a cleared domain" "" "$(check_of "$anne" 1)"
fails 49 glasshsm key wrap 02 --reader "$anne" --pin-env PIN
glasshsm domain exchange 1 bert.papers --reader "$anne" --pin-env PIN --json >told
grep -q "\"check\":\"$check\"" told
glasshsm key wrap 02 --out again.key --reader "$anne" --pin-env PIN
INSIDE
} >"$work/inside.sh"

cd "$work"
"$glasshsm" run --tokens 3 -- bash inside.sh
