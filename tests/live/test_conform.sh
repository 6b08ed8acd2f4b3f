#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# glasshsm conform: against our own token, and against cards that are made to differ.
# Usage: test_conform.sh TOOL SPY OTHER new|used: libraries of spy_transmit.c and other_card.c; a token that was never
#        initialised, or one in use
set -eu
glasshsm=$1 spy=$2 other=$3
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool python3

# In a world, without a terminal: whoever would prompt fails.
[ -n "${GLASSHSM_SOCKET-}" ] || {
    rm -rf "$work" # of this process; the one inside has its own
    if [ "$4" = used ]; then
        exec "$glasshsm" run -- setsid -w "$0" "$@"
    fi
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    "$glasshsm" store create "$folder/token" >/dev/null
    "$glasshsm" run --store "$folder/token" -- setsid -w "$0" "$@"
    exit
}
export PIN=648219 SO=3537363231383830 WRONG=3131313131313131

# status, file for the report, arguments; GLASSHSM_OTHER and LD_PRELOAD are the caller's
conform() {
    local expected=$1 got=0
    "$glasshsm" conform --json "${@:3}" >"$work/$2" 2>"$work/said" || got=$?
    [ "$got" = "$expected" ] || {
        cat "$work/$2" "$work/said" >&2
        fail "conform ${*:3}: status $got, expected $expected"
    }
}

check() { # file, condition on the report r; ways: the questions by name
    python3 - "$work/$1" "$2" <<'END' || fail "$1: not $2"
import json, sys
r = json.load(open(sys.argv[1]))
cases, ways = r["cases"], {c["name"]: c["way"] for c in r["choices"]}
places = {(d["transcript"], d["clause"]) for d in r["differences"]}
sys.exit(not eval(sys.argv[2]))
END
}
clean='r["differences"] == [] and cases["other_way"] == cases["not_reached"] == cases["not_sent"] == 0'
kept='r["state"]["changed"] == [] and r["state"]["compared"] > 4'

# Never initialised: what only such a card answers is asked, too.
if [ "$4" = new ]; then
    conform 0 new.json
    check new.json "$clean and $kept and cases['as_expected'] == cases['safe'] and cases['not_asked'] == 0"
    conform 0 all.json --destructive --yes
    check all.json "$clean and cases['as_expected'] == cases['all'] and cases['not_asked'] == 0"
    check all.json 'len([way for way in ways.values() if way == "ours"]) >= 60'
    # Keys that the hardware does not know are no question for it; everything else was asked.
    check all.json '{name for name, way in ways.items() if way != "ours"} == set()'
    # Not asked are those that no command can ask: the ATR, and s in either half.
    check all.json '{f["fact"] for f in r["hardware"] if f["way"] != "as seen"} == {"16", "64"}'
    check all.json 'r["token"].startswith("The token is initialised")'
    check all.json 'r["left"] == {"user_pin": "648219", "so_pin": "3537363231383830"}'
    exit
fi

# A token in use, with an identity, a counter, a blocked try: safe, and proved so.
pkcs11-tool --login --pin 648219 --keypairgen --key-type EC:prime256v1 --id 01 --label key >/dev/null 2>&1
"$glasshsm" object write cf05 "$0" --pin-env PIN 2>/dev/null
head -c 131055 /dev/urandom >"$work/longest"
"$glasshsm" object write cf06 "$work/longest" --pin-env PIN 2>/dev/null
echo 000000 >"$work/wrong"
"$glasshsm" object read cd00 --pin-file "$work/wrong" 2>/dev/null && fail "a wrong PIN"
GLASSHSM_SPY=$work/spied LD_PRELOAD=$spy conform 0 safe.json
check safe.json "$clean and $kept and cases['safe'] >= 300 and cases['as_expected'] > 300 and 0 < cases['not_asked'] < 20"
"$glasshsm" token info --json | grep -q '"user_pin":{"state":"set","tries":2}' || fail "the try came back, or another went"

# What it sent: no PIN, no INITIALIZE, nothing written, no key used; by another reading than its own.
python3 - "$work/spied" <<'END'
import sys
sent = [bytes.fromhex(line[2:]) for line in open(sys.argv[1]) if line[0] == ">"]
def data(c):  # whether there is any
    if len(c) <= 5: return False
    return True if c[4] or len(c) > 7 else False
writing = {0x24, 0x2C, 0x46, 0x48, 0x74, 0x76, 0x72, 0xD7, 0xD6, 0xE4, 0x5A, 0x82, 0x2A, 0x64}
assert len(sent) > 300
for c in sent:
    ins = c[1]
    assert ins not in writing, c.hex()
    assert not (ins in (0x20, 0x50, 0x52, 0x54, 0x62, 0x68, 0x78) and data(c)), c.hex()
    assert not (ins == 0x52 and c[2]), c.hex()
END

# A trace is found.
LD_PRELOAD=$other GLASSHSM_OTHER=trace conform 63 trace.json
check trace.json '[c["what"] for c in r["state"]["changed"]] == ["user PIN"]'
grep -q 63c2 "$work/trace.json" || fail "the tries before are not told"
pkcs11-tool --login --pin 648219 -O >/dev/null 2>&1 # gives them back

# Differences in words.
told=0
LD_PRELOAD=$other GLASSHSM_OTHER=ways "$glasshsm" conform >"$work/text" 2>/dev/null || told=$?
equal "the same in words" 62 "$told"
grep -A3 '^safe_query.txt:8, clause 2.1$' "$work/text" | paste -sd' ' |
    grep -q ' *sent *8058000000 *expected *2F 02 \* 90 00 *got *9000$' || fail "$(head -40 "$work/text")"

# A reader for short commands, and a card that goes away.
LD_PRELOAD=$other GLASSHSM_OTHER=short conform 62 short.json
check short.json "cases['not_sent'] > 20 and cases['as_expected'] > 200 and cases['different'] == 0"
"$glasshsm" object delete cf06 --pin-env PIN 2>/dev/null # it alone takes more than the hundred commands of that card
LD_PRELOAD=$other GLASSHSM_OTHER=gone conform 33 gone.json
check gone.json 'r["stopped"]["after"].count(":") == 1 and cases["as_expected"] > 10 and "state" not in r'

# Nothing is destroyed without being asked for, and not with a wrong SO-PIN.
conform 2 none.json --yes
conform 1 none.json --destructive --so-pin-env SO </dev/null
conform 40 none.json --destructive --yes --so-pin-env WRONG
"$glasshsm" key list | grep -q . || fail "the key is gone"

# Another card, with another SO-PIN, and its serial number typed: where it goes another way, where it differs, what could
# not be reached.
export NEW=0102030405060708
"$glasshsm" pin change --so --so-pin-env SO --new-pin-env NEW 2>/dev/null
serial=$("$glasshsm" token info --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["serial"])')
LD_PRELOAD=$other GLASSHSM_OTHER=ways conform 62 ways.json --destructive --so-pin-env NEW <<<"$serial"
check ways.json 'ways["MISSING_KEY"] == ways["SURPLUS_SHARE"] == "other"'
check ways.json 'ways["RESET_DISABLED"] == "neither" and ways["BEYOND_END"] == "ours"'
check ways.json '("curves.txt", "5.1") in places and ("files.txt", "2.1") in places'
check ways.json '8 <= cases["not_reached"] < 50 and cases["other_way"] > 10 and cases["as_expected"] > 1500'
check ways.json 'ways["NO_GROUP"] == "other" and ways["BAD_CERTIFICATE"] == ways["NO_CHANNEL"] == "ours"'
check ways.json 'all(d["got"] == "9000" for d in r["differences"] if d["transcript"] == "files.txt")'
# A difference from what hardware was seen to answer names who saw it.
check ways.json '{f["sources"] for d in r["differences"] for f in d["facts"] if f["fact"] == "62"} == {"#2259"}'
check ways.json '{"23", "62"} & {f["fact"] for f in r["hardware"] if f["way"] == "otherwise"} == {"62"}'
check ways.json 'r["left"] == {"user_pin": "648219", "so_pin": "3537363231383830"}'
equal "keys afterwards" "[]" "$("$glasshsm" key list --json)"
"$glasshsm" pin unblock --so-pin-env SO --new-pin-env PIN 2>/dev/null || fail "the SO-PIN is another than was said"

# What computed conversations find, and they alone: a card that takes what is not right (of which one fixed command shows
# something), and one without the key of its certificate.
LD_PRELOAD=$other GLASSHSM_OTHER=lax conform 62 lax.json --destructive --yes --so-pin-env SO
check lax.json '{name for name, clause in places} - {"safe_form.txt"} == {"%s (computed)" % name for name in ("channel",
    "channel, forms", "channel, altered", "signatures", "registration", "certificates", "group")}'
check lax.json 'sum(d["transcript"] == "channel, altered (computed)" for d in r["differences"]) == 10'
check lax.json '[d["got"] for d in r["differences"] if d["transcript"] == "signatures (computed)"] == ["9000"]'
LD_PRELOAD=$other GLASSHSM_OTHER=fake conform 62 fake.json --destructive --yes --so-pin-env SO
check fake.json '{clause for name, clause in places} == {"11.2"} and cases["different"] == 5 and cases["not_reached"] > 100'

# What the token is after a run that did not come to its end: known where the card is there to be initialised.
LD_PRELOAD=$other GLASSHSM_OTHER=stopped conform 130 stopped.json --destructive --yes --so-pin-env SO
check stopped.json '"interrupted" in r["stopped"]["why"] and 100 < cases["as_expected"] < 400'
left="The token is initialised, without keys and objects: user PIN 648219, SO-PIN 3537363231383830."
grep -qF "$left" "$work/said" || fail "an interrupted run does not tell what it left"
"$glasshsm" object write cf05 "$0" --pin-env PIN 2>/dev/null || fail "the user PIN is another than was said"
LD_PRELOAD=$other GLASSHSM_OTHER=stopped "$glasshsm" conform --destructive --yes --so-pin-env SO >"$work/text" 2>/dev/null &&
    fail "an interrupted run succeeds"
grep -qF "left          $left" "$work/text" || fail "nor does its text"
LD_PRELOAD=$other GLASSHSM_OTHER=gone conform 33 gone.json --destructive --yes --so-pin-env SO
check gone.json 'r["left"] is None and r["token"].startswith("What the token holds is not known") and "35373632" in r["token"]'
grep -q "What the token holds is not known" "$work/said" || fail "a run without its card does not tell what it left"
conform 40 none.json --destructive --yes --so-pin-env WRONG
check none.json 'r["token"] == "The token is as it was, but for a try of its SO-PIN."'
