#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Living with a token through our own tool, in a real reader, beside stock OpenSC.
# Usage: test_tool.sh TOOL
set -eu
glasshsm=$1
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool python3

# The whole test runs in a world, without a terminal: whoever would prompt fails.
[ -n "${GLASSHSM_SOCKET-}" ] || {
    rm -rf "$work" # of this process; the one inside has its own
    exec "$glasshsm" run -- setsid -w "$0" "$glasshsm"
}

export PIN=648219 WRONG=000000 SO=3537363231383830 NEW=87654321

field() { # name, of a JSON object or of the first of a list
    python3 -c 'import json, sys
value = json.load(sys.stdin)
print((value[0] if isinstance(value, list) else value)[sys.argv[1]])' "$1"
}

refused() { # exit status, arguments
    local expected=$1 got=0
    shift
    "$glasshsm" "$@" >"$work/output" 2>&1 || got=$?
    equal "exit status of $*" "$expected" "$got"
}

shown() { # file, list
    "$glasshsm" "$2" list | grep -c "^$1 " || true
}

pkcs11-tool --login --pin "$PIN" --keypairgen --key-type EC:secp384r1 --id 0a --label "an ec key" \
    >/dev/null 2>&1
head -c 3000 /dev/urandom >"$work/content"

key=$("$glasshsm" key list --json)
equal "type" EC "$(field type <<<"$key")"
equal "size" 384 "$(field bits <<<"$key")"
equal "curve" P-384 "$(field curve <<<"$key")"
equal "id" 0a "$(field id <<<"$key")"
equal "label" "an ec key" "$(field label <<<"$key")"

"$glasshsm" help exits --json |
    python3 -c 'import json, sys; assert {"status": 40, "text": "wrong PIN"} in json.load(sys.stdin)'
equal "version" "glasshsm $("$glasshsm" version --json | python3 -c '
import json, sys; print(json.load(sys.stdin)["version"])')" "$("$glasshsm" version)"
equal "keys" 1 "$("$glasshsm" token info --json | field keys)"
"$glasshsm" token label "ours äöü" --pin-env PIN 2>/dev/null
equal "label of the token" "ours äöü" "$("$glasshsm" token info --json | field label)"
"$glasshsm" token label $'a\e[31m\nb\xc2\x9bc' --pin-env PIN 2>/dev/null
equal "a label that would command a terminal" "label         a?[31m?b?c" \
    "$("$glasshsm" token info | grep '^label')"
"$glasshsm" token label "ours äöü" --pin-env PIN 2>/dev/null
pkcs11-tool -L 2>/dev/null | grep -q "ours äöü" || fail "OpenSC does not see the label"

"$glasshsm" object write cf05 "$work/content" --label ours --pin-env PIN 2>/dev/null
echo "$PIN" >"$work/pin"
"$glasshsm" object write cd06 "$work/content" --pin-file "$work/pin" 2>/dev/null
"$glasshsm" object read cf05 | cmp - "$work/content" || fail "public data came back altered"
"$glasshsm" object read cd06 --pin-env PIN --out "$work/got" 2>/dev/null
cmp "$work/got" "$work/content" || fail "confidential data came back altered"
equal "mode of the file" 600 "$(stat -c %a "$work/got")"
pkcs11-tool --read-object --type data --label ours -o "$work/theirs" >/dev/null 2>&1 ||
    fail "OpenSC does not find our object"
cmp "$work/theirs" "$work/content" || fail "OpenSC reads our object altered"

# As long as the card takes them; the end beyond the last offset goes in one piece. And a byte more.
head -c 131056 /dev/urandom >"$work/endless"
for size in 65535 131055; do
    head -c $size "$work/endless" >"$work/long"
    "$glasshsm" object write cf08 "$work/long" --pin-env PIN 2>/dev/null
    "$glasshsm" object read cf08 --out "$work/got" 2>/dev/null
    cmp "$work/got" "$work/long" || fail "$size bytes came back altered"
    rm "$work/got"
done
refused 1 object write cf08 "$work/endless" --pin-env PIN
refused 1 token label x --pin-file "$work/absent"
grep -q "absent: No such file" "$work/output" || fail "$(cat "$work/output")"
"$glasshsm" object delete cf08 --pin-env PIN 2>/dev/null

# Whoever is slow to say what shall be written keeps nobody from the card.
mkfifo "$work/slow"
"$glasshsm" object write cf07 "$work/slow" --pin-env PIN --json >"$work/said" 2>/dev/null &
writer=$!
exec 3>"$work/slow" # now it reads
timeout 60 "$glasshsm" token info >/dev/null || fail "the card is held while a file is read"
echo slow >&3
exec 3>&-
wait "$writer" || fail "writing from a pipe"
equal "JSON of what says nothing" "{}" "$(cat "$work/said")"
equal "what came slowly" slow "$("$glasshsm" object read cf07)"

echo short | "$glasshsm" object write cf05 - --pin-env PIN 2>/dev/null
equal "what was replaced" short "$("$glasshsm" object read cf05)"

"$glasshsm" object delete cf05 --pin-env PIN 2>/dev/null
equal "deleted objects" 0 "$(shown cf05 object)"
"$glasshsm" object delete cc01 --yes --pin-env PIN 2>/dev/null
equal "deleted keys" 0 "$(shown cc01 key)"
equal "certificates of deleted keys" 0 "$(shown ce01 object)"

# Exit statuses are stable.
refused 2 key
refused 2 token init --so-pin-env SO --new-pin-env NEW
refused 2 object read nonsense
refused 2 object write cf05 "$work/content" --label "$(printf '%065d' 0)" --pin-env PIN
refused 2 object delete nonsense --pin-env PIN
refused 2 token init --yes --tries 3x --so-pin-env SO --new-pin-env NEW
refused 1 object write cf05 /dev/zero --pin-env PIN
refused 2 object read cd06 # nobody to ask for the PIN
refused 31 key list --reader "no such reader"
refused 40 object read cd06 --pin-env WRONG
refused 44 object read cf77
grep -q "no such object" "$work/output" || fail "said: $(cat "$work/output")"
"$glasshsm" object read cd06 --pin-env PIN >/dev/null 2>"$work/output"
grep -q "failed logins 1" "$work/output" || fail "failed login unmentioned: $(cat "$work/output")"

# Output that does not arrive is said, once.
for words in "token info" "token info --json" "key list" "status --json" "log show" "events --from 1"; do
    # shellcheck disable=SC2086 # words
    "$glasshsm" $words >/dev/full 2>"$work/output" && fail "$words: status 0 on a full medium"
    equal "$words, on a full medium" "glasshsm: the output cannot be written" "$(cat "$work/output")"
done

# A login ends with its command.
"$glasshsm" token info --json | grep -q '"user_pin":{"state":"set","tries":3}' || fail "logged in"

# 46: a card without the command.
changed=0
"$glasshsm" pin change --pin-env PIN --new-pin-env NEW 2>"$work/output" || changed=$?
if [ "$changed" != 46 ]; then
    equal "changing the PIN" 0 "$changed"
    refused 40 object read cd06 --pin-env PIN
    "$glasshsm" object read cd06 --pin-env NEW 2>/dev/null | cmp - "$work/content"
    "$glasshsm" pin unblock --so-pin-env SO --new-pin-env PIN
    "$glasshsm" object read cd06 --pin-env PIN 2>/dev/null | cmp - "$work/content"
fi

"$glasshsm" token init --yes --so-pin-env SO --new-pin-env NEW --label new --tries 5
equal "label after init" new "$("$glasshsm" token info --json | field label)"
equal "objects after init" 0 "$(shown cd06 object)"
refused 40 token label x --pin-env WRONG
grep -q "4 tries left" "$work/output" || fail "said: $(cat "$work/output")"
"$glasshsm" status | grep -q "initialisations 1" || fail "status does not tell of init"
