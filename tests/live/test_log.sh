#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The story of the log: a receipt at the beginning, a snapshot today, another one later, and what
# comparing them tells; from files alone, by the tool and by the second verifier.
# Usage: test_log.sh TOOL VERIFY_LOG.PY README
set -eu
glasshsm=$(realpath "$1") script=$(realpath "$2") readme=$(realpath "$3")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool sc-hsm-tool /usr/bin/python3
cd "$work"
export glasshsm

# exit status, first words, options of verify: both verifiers say so
judged() {
    local wanted=$1 words=$2 got=0
    shift 2
    "$glasshsm" log verify "$@" >said || got=$?
    equal "status of verify $*" "$wanted" "$got"
    case $(head -n 1 said) in "$words"*) ;; *) fail "verify $*: $(head -n 1 said)" ;; esac
    got=0
    /usr/bin/python3 "$script" "$@" >script-said || got=$?
    equal "status of verify_log.py $*" "$wanted" "$got"
    case $(head -n 1 script-said) in "${words%%:*}"*) ;; *) fail "verify_log.py $*: $(cat script-said)" ;; esac
}

in_world() { # store, shell commands
    "$glasshsm" run --store "$1" -- sh -euc "$2" || fail "in the world of $1: $2"
}
sign='pkcs11-tool --login --pin 648219 --sign -m ECDSA --id 01 -i digest -o signature >/dev/null 2>&1;'
head -c 32 /dev/zero >digest

# The token is made; its owner keeps the receipt.
"$glasshsm" store create --receipt receipt token >created
grep -qF "$(tail -n 1 receipt)" created || fail "creation does not print the receipt"
"$glasshsm" log receipt --store token | cmp -s - receipt || fail "the receipt is another later"

# It is set up and used; somebody takes a snapshot through the daemon.
in_world token '
    sc-hsm-tool --initialize --so-pin 3537363231383830 --pin 648219 >/dev/null 2>&1
    pkcs11-tool --login --pin 648219 --keypairgen --key-type EC:secp256r1 --id 01 >/dev/null 2>&1
    "$glasshsm" log snapshot today >/dev/null'
judged 0 "EXTENDS: records 1 to" --old today --receipt receipt
judged 52 "UNPROVEN: self-consistent, proves nothing about history" --old today
cp -r token copy

# Later: uses, and an SO login. Snapshot and proof agree.
in_world token "$sign"'
    printf 3537363231383830 >so-pin; printf 648219 >pin
    "$glasshsm" pin unblock --so-pin-file so-pin --new-pin-file pin >/dev/null
    "$glasshsm" log snapshot later >/dev/null
    "$glasshsm" log proof --from today proof'
judged 0 EXTENDS --old today --new later --receipt receipt
judged 0 EXTENDS --old today --proof proof
"$glasshsm" log verify --old today --new later >said
sed -n '/^administration and exports:/,/^all new records:/p' said | grep -q "retry counter reset" ||
    fail "what the SO did is not listed first: $(cat said)"
grep -q "  signature  " said || fail "the new signature is not listed: $(cat said)"
[ "$(stat -c %s proof)" -le 2048 ] || fail "a proof of $(stat -c %s proof) bytes"
judged 0 SAME --old later --new later
judged 54 TRUNCATED --old later --new today

# At rest, and the checkpoint alone: what an auditor must keep at least.
"$glasshsm" log snapshot --store token rest >/dev/null
sed -n '/^-- checkpoint/,/^-- /{/^-- /d;p}' today >checkpoint
judged 0 EXTENDS --old later --new rest
judged 0 EXTENDS --old checkpoint --new rest --receipt receipt

# A clone goes on from its source: from where it branched off, and from later on.
"$glasshsm" store clone --store token --allow-clone cloned >/dev/null
"$glasshsm" log snapshot --store token branched >/dev/null
"$glasshsm" log snapshot --store cloned clone >/dev/null
"$glasshsm" log proof --store cloned --from branched branch-proof
judged 0 EXTENDS --old branched --new clone --receipt receipt
judged 0 EXTENDS --old branched --proof branch-proof
judged 0 EXTENDS --old branched --new clone --proof branch-proof
"$glasshsm" log proof --store cloned --from rest rest-proof
judged 0 EXTENDS --old rest --proof rest-proof
judged 56 INVALID --old rest --proof branch-proof

# What log show picks out.
shown() { "$glasshsm" log show --store token --json "$@" | wc -l; }
equal "one creation" 1 "$(shown --action "store created")"
equal "the same by number" 1 "$(shown --action 20)"
equal "the newest three" 3 "$(shown --last 3)"
equal "nothing before 2001" 0 "$(shown --until 2001-01-01)"
equal "all since 2001" "$(shown)" "$(shown --since @978307200)"
equal "the SO's deeds" "$("$glasshsm" log show --store token --json | grep -c '"role":2')" "$(shown --role officer)"
equal "refusals" "$("$glasshsm" log show --store token --json | grep -vc '"sw":"9000"')" "$(shown --refused)"
counted() { "$glasshsm" log show --store "$1" --json | grep -Ec "\"act\":($2),"; }
[ "$(counted cloned '72|74')" -ge 1 ] || fail "the log of the clone does not tell of it"
for store in token cloned; do
    equal "exports of $store" "$(counted $store '50|72|74' || true)" \
        "$("$glasshsm" log show --store $store --json --exports | wc -l)"
    equal "logins of $store" "$(counted $store '10|11|16')" "$("$glasshsm" log show --store $store --json --logins | wc -l)"
done
equal "either" "$(counted token '50|72|74|10|11|16')" "$(shown --exports --logins)"
key=$("$glasshsm" log show --store token --json | sed -n 's/.*"key":"\([0-9a-f]\{8\}\).*/\1/p' | head -n 1)
[ "$(shown --key "$key")" -ge 2 ] || fail "the key's records are not found by its hash $key"
got=0; "$glasshsm" log show --store token --action nonsense >/dev/null 2>&1 || got=$?
equal "an action that is none" 2 "$got"
in_world token '"$glasshsm" log show --follow --json >followed & reader=$!
    "$glasshsm" log note "a mark of ours" >/dev/null
    until grep -q "\"act\":62" followed; do sleep 0.1; done; kill $reader'

# A copy of the folder goes on by itself: the same keys, another history.
in_world copy "$sign $sign $sign $sign $sign"' "$glasshsm" log snapshot forked >/dev/null'
judged 0 EXTENDS --old today --new forked
judged 53 "FORKED at record" --old later --new forked

# Another token in its place; records altered.
"$glasshsm" store create other >/dev/null
"$glasshsm" log snapshot --store other strange >/dev/null
judged 55 REPLACED --old today --new strange
judged 55 REPLACED --old strange --receipt receipt
sed 's/"role":2/"role":1/' later >altered
cmp -s later altered && fail "there was no SO to hide"
judged 56 "INVALID at record" --old today --new altered
"$glasshsm" log snapshot --store token rest >/dev/null 2>&1 && fail "evidence was overwritten"

# An altered store: at rest and through its daemon alike, a record that is another and one that is gone.
edited() { # store, statement
    cp -r token "$1"
    /usr/bin/python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1] + "/token.db") as db:
    assert db.execute(sys.argv[2]).rowcount == 1' "$1" "$2"
}
edited changed "UPDATE log SET line = CAST(replace(CAST(line AS TEXT), '\"role\":', '\"role\":1') AS BLOB) WHERE seq = 3"
edited shorter "DELETE FROM log WHERE seq = 3"
for store in changed shorter; do
    for words in "show" "show --last 100000" "snapshot of-$store"; do
        got=0; "$glasshsm" log ${words%% *} --store $store ${words#"${words%% *}"} >/dev/null 2>said || got=$?
        equal "$store at rest: log $words" 51 "$got"
        got=0; "$glasshsm" run --store $store -- "$glasshsm" log $words >/dev/null 2>said || got=$?
        equal "$store, daemon: log $words" 51 "$got"
        [ ! -e "of-$store" ] || fail "a snapshot of an altered log was left"
    done
    got=0; "$glasshsm" run --store $store -- "$glasshsm" log show --last 1 >/dev/null || got=$?
    equal "$store: what comes behind it" 0 "$got"
done

# The README's first key, and its signature.
mkdir first
sed -n '/^To keep a token\|To keep a token:$/,/^Living with it/s/^    \$ //p' "$readme" >story
grep -q 'openssl dgst' story || fail "the README verifies no signature"
(cd first && ln -s "$glasshsm" glasshsm && echo text >file && HOME=$PWD PATH=$PWD:$PATH bash -eu < <(cat ../story) >../told 2>&1) ||
    fail "the README's first key: $(cat told)"
grep -q '^Verified OK' told || fail "the README's signature: $(cat told)"

# What the README tells. The shell reads a pipe byte by byte: what follows "-- sh" is for that one.
mkdir home
sed -n '/^## Did anybody else/,/^## /s/^    \$ //p' "$readme" >story
[ "$(wc -l <story)" -ge 5 ] || fail "the README tells no story"
(cd home && ln -s "$glasshsm" glasshsm && HOME=$PWD PATH=$PWD:$PATH bash -eu < <(cat ../story) >../told) ||
    fail "the README's story: $(cat told)"
grep -q '^EXTENDS' told || fail "the README's story ends otherwise: $(cat told)"
