#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The life of a store: a token in use is copied, the copy lives on elsewhere, what opens a store comes
# and goes, and at the end nothing is left.
# Usage: test_store_life.sh TOOL
set -eu
glasshsm=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need sc-hsm-tool pkcs11-tool /usr/bin/python3
cd "$work"
export glasshsm

holds() { grep -q "$1" output || fail "no \"$1\" in: $(cat output)"; }

# A token that may be copied, with a key, copied while it runs: and it goes on.
"$glasshsm" store create token >/dev/null
# shellcheck disable=SC2016
"$glasshsm" run --store token -- bash -euc '
    sc-hsm-tool --initialize --so-pin 3537363231383830 --pin 648219 --dkek-shares 0 >/dev/null 2>&1
    pkcs11-tool --login --pin 648219 --keypairgen --key-type EC:prime256v1 --id 01 >/dev/null 2>&1
    "$glasshsm" store snapshot running.snapshot >/dev/null
    pkcs11-tool --read-object --type pubkey --id 01 -o before.der >/dev/null 2>&1
    echo text >text
    pkcs11-tool --login --pin 648219 --sign -m ECDSA-SHA256 --id 01 -i text -o signature >/dev/null 2>&1'
equal "left beside the store" "" "$(find token -name '*snapshot*')"
equal "source after it" 0 "$(status_of "$glasshsm" store verify token)"
equal "recorded in the source" 1 "$("$glasshsm" log show --store token | grep -c 'store snapshot made')"

# The copy is another life of the same token, with the same key.
equal "restored without a key" 2 "$(status_of "$glasshsm" store restore running.snapshot copy)"
"$glasshsm" store restore --key-file token/seal.key running.snapshot copy >/dev/null
equal "restored over something" 11 "$(status_of "$glasshsm" store restore --key-file token/seal.key running.snapshot copy)"
equal "copy" 0 "$(status_of "$glasshsm" store verify copy)"
"$glasshsm" log show --store copy >output
holds "store restored"
"$glasshsm" run --store copy -- pkcs11-tool --read-object --type pubkey --id 01 -o after.der >/dev/null 2>&1
cmp before.der after.der
equal "two incarnations" 2 "$("$glasshsm" store list --json . | grep -o '"incarnation":"[0-9a-f]*"' | sort -u | wc -l)"

# At rest; and a token whose keys never leave it.
"$glasshsm" store create sealed >/dev/null
equal "sealed token" 43 "$(status_of "$glasshsm" store snapshot --store sealed sealed.snapshot)"
[ ! -e sealed.snapshot ] || fail "a refused snapshot was made"
"$glasshsm" run --store sealed -- sh -c '"$glasshsm" store snapshot sealed.snapshot' >output 2>&1 && fail "a running sealed token"
holds "never leave"
equal "cloned all the same" 0 "$(status_of "$glasshsm" store clone --allow-clone --store sealed twin)"
"$glasshsm" log show --store twin >output
holds "store cloned"

# Cut while it is copied: what lies there is no snapshot, for the source's signing key may be in it.
got=0
blocks=$(($(stat -c %s running.snapshot) / 1024 - 1)) # its size differs between versions of SQLite
(ulimit -c 0 && ulimit -f $blocks && exec "$glasshsm" store snapshot --store token cut.snapshot) >output 2>&1 || got=$?
equal "cut by SIGXFSZ" 153 "$got"
[ "$(find . -path './cut.snapshot.new-*' -name '*.part')" ] || fail "it was not cut while it copied"
[ ! -e cut.snapshot ] || fail "what was cut has its final name"
equal "restored from it" 12 "$(status_of "$glasshsm" store restore --key-file token/seal.key cut.snapshot never)"
equal "source after it" 0 "$(status_of "$glasshsm" store verify token)"
equal "taken again" 0 "$(status_of "$glasshsm" store snapshot --store token cut.snapshot)"
equal "and what was cut" ./cut.snapshot "$(find . -maxdepth 1 -name 'cut*')"

# What opens a store.
echo "correct horse" >phrase
equal "added" 0 "$(status_of "$glasshsm" store unlock-source add --new-passphrase-file phrase --name safe copy)"
"$glasshsm" store unlock-source list copy --json >listed
second=$(sed 's/.*"number":\([0-9]*\),"kind":"passphrase".*/\1/' listed)
equal "listed" "[{\"number\":1,\"kind\":\"key\",\"name\":\"first\",\"used\":true},\
{\"number\":$second,\"kind\":\"passphrase\",\"name\":\"safe\",\"used\":false}]" "$(cat listed)"
equal "in words" "  1  key         first  (opened the store now)
  $second  passphrase  safe" "$("$glasshsm" store unlock-source list copy)"
equal "removed" 0 "$(status_of "$glasshsm" store unlock-source remove copy "$second")"
equal "by what was removed" 14 "$(status_of "$glasshsm" store verify --passphrase-file phrase copy)"
equal "added again" 0 "$(status_of "$glasshsm" store unlock-source add --new-passphrase-file phrase --name safe copy)"
equal "by passphrase" 0 "$(status_of "$glasshsm" store verify --passphrase-file phrase copy)"
equal "others in the way" 1 "$(status_of "$glasshsm" store rekey copy)"
equal "rekeyed" 0 "$(status_of "$glasshsm" store rekey --drop-others copy)"
equal "the other one" 14 "$(status_of "$glasshsm" store verify --passphrase-file phrase copy)"
equal "the last one" 1 "$(status_of "$glasshsm" store unlock-source remove copy 1)"
equal "by descriptor" 0 "$(status_of "$glasshsm" store verify --key-file /dev/fd/3 copy 3<copy/seal.key)"
mkdir credentials
mv copy/seal.key credentials/key
equal "by credential" 0 "$(CREDENTIALS_DIRECTORY=$work/credentials status_of "$glasshsm" store verify --credential key copy)"

# Roots that a store at rest trusts.
"$glasshsm" store create other >/dev/null
"$glasshsm" ca export --store other --out other.cvc
root=$("$glasshsm" ca trust other.cvc --store token | sed 's/^trusted //')
equal "trusted twice" 1 "$(status_of "$glasshsm" ca trust other.cvc --store token)"
"$glasshsm" ca list --store token | grep -q "^$root *foreign " || fail "a root is trusted and not listed"
equal "taken back" 0 "$(status_of "$glasshsm" ca distrust "$root" --store token)"
equal "taken back twice" 44 "$(status_of "$glasshsm" ca distrust "$root" --store token)"
equal "roots" 1 "$("$glasshsm" ca list --store token | wc -l)"

# The clocks of a log.
for clock in raw continued; do
    "$glasshsm" log show --store token --ticks "$clock" | grep -Eq '^ +1 +[0-9.]+ +store created' ||
        fail "ticks $clock: $("$glasshsm" log show --store token --ticks "$clock" | head -3)"
done
equal "no such clock" 2 "$(status_of "$glasshsm" log show --store token --ticks never)"

# Damage in the middle of the log, which opening does not look for.
/usr/bin/python3 - token/token.db <<'PYTHON'
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("UPDATE log SET line = CAST(replace(CAST(line AS TEXT), '\"role\":1', '\"role\":4') AS BLOB) WHERE seq = 5")
assert database.total_changes == 1
database.commit()
PYTHON
equal "altered record" 15 "$(status_of "$glasshsm" store verify token)"
holds "record [56] of the log"

# Labels that would command a terminal, are long, have quotes, or are no UTF-8: what is shown can be typed.
mkdir odd
for label in $'a\e[31mb\nc' "a \"quoted\" 'label'" "$(printf '%0100d' 7)" $'\xff\xfe'; do
    "$glasshsm" store create odd/store >/dev/null
    PIN=648219 SO=3537363231383830 LABEL="$label" "$glasshsm" run --store odd/store -- sh -c \
        '"$0" token init --yes --so-pin-env SO --new-pin-env PIN >/dev/null 2>&1
        length=$(printf %s "$LABEL" | wc -c)
        file=$(printf "80%02x" "$length"; printf %s "$LABEL" | od -An -v -tx1 | tr -d " \n")
        file=$(printf "30%02x020100040158%s" $((length + 8)) "$file")
        opensc-tool -s 0020008106363438323139 \
            -s "00d72f03$(printf %02x $((length + 16)))5402000053$(printf %02x $((length + 10)))$file" >/dev/null 2>&1' \
        "$glasshsm" 2>/dev/null
    "$glasshsm" store list odd >listed
    ! grep -q '[[:cntrl:]]' listed || fail "control characters in the list: $(cat -v listed)"
    equal "lines of the list" 2 "$(wc -l <listed)"
    "$glasshsm" store list --json odd | python3 -c 'import json, sys; assert json.load(sys.stdin)[0]["label"]' ||
        fail "the label is not in the JSON: $(printf %q "$label")"
    shown=$(LC_ALL=C sed -n '2s/^ *"\(.*\)", [0-9]* objects.*/\1/p' listed)
    equal "destroyed by what is shown" 0 "$(echo "$shown" | status_of "$glasshsm" store destroy odd/store)"
    [ ! -e odd/store ] || fail "not destroyed: $(printf %q "$label")"
done

# Without /dev/null and without a standard stream there is nothing to be done, but that soon.
if unshare -m true 2>/dev/null; then
    equal "no /dev/null" 1 "$(status_of timeout 20 unshare -m sh -c \
        'mount -t tmpfs none /dev && exec "$0" version <&-' "$glasshsm")"
fi

# The end.
equal "wrong label" 1 "$(echo wrong | status_of "$glasshsm" store destroy twin)"
[ -e twin/token.db ] || fail "destroyed without its label"
equal "destroyed" 0 "$(status_of "$glasshsm" store destroy --yes twin)"
[ ! -e twin ] || fail "something is left: $(ls -A twin)"
holds "^epoch"
