#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A token's owner and its log: notes, acknowledgements, forced audit, and the log as any host reads it.
# Usage: test_log_owner.sh TOOL
set -eu
glasshsm=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need opensc-tool pkcs11-tool /usr/bin/python3

# Inside the world: once with the tool as argument.
cat >"$work/session.sh" <<'SESSION'
set -eu
glasshsm=$1
. "$words"
record() { "$glasshsm" log show | tail -n 1; }
generate() { pkcs11-tool --login --pin 648219 --keypairgen --key-type EC:prime256v1 --id "$1" >output 2>&1; }
checkpoint() {
    /usr/bin/python3 - <<'PYTHON'
import json, os, socket
with socket.socket(socket.AF_UNIX) as s:
    s.connect(os.environ["GLASSHSM_SOCKET"])
    s.sendall(b'{"request":"checkpoint"}\n')
    print(json.loads(s.makefile().readline())["checkpoint"], end="")
PYTHON
}

"$glasshsm" log note "first of the month" >/dev/null
"$glasshsm" log show | grep -q 'note .*admin.*"first of the month"' || fail "the note is not in the log"
"$glasshsm" log note "$(printf '%33s' x)" 2>/dev/null && fail "a note of 33 bytes"

# Forced audit: two keys' worth of records (each is several), then nothing, then an acknowledgement.
"$glasshsm" log policy --forced on --limit 3 --json | grep -q '"limit":3' || fail "the policy was not set"
first=0
generate 01 || first=$? # what describes the key may meet the limit
"$glasshsm" log show | grep -q "key generated *9000" || fail "no key was made below the limit: $first"
generate 02 && fail "a key was made beyond the limit"
"$glasshsm" log show | grep -q "key generated *6985" || fail "its refusal is not in the log"
pkcs11-tool --login --pin 648219 --list-objects >/dev/null || fail "no login at the limit"

# From a snapshot's section, among others.
{ printf 'glasshsm-log-snapshot 1\n-- checkpoint\n'; checkpoint; printf -- '-- records 1 1\n{}\n'; } >snapshot
"$glasshsm" log acknowledge snapshot >output || fail "the checkpoint was not taken"
grep -q "records acknowledged" output || fail "nothing was said of the acknowledgement"
"$glasshsm" log acknowledge snapshot 2>/dev/null && fail "the same was acknowledged twice"
"$glasshsm" log policy --limit 100 | grep -q "100 records, 0 used" || fail "the limit is not free again"
generate 03 || fail "no key after the acknowledgement"
sed 's/^[0-9]*$/1/' <(checkpoint) >forged
"$glasshsm" log acknowledge forged 2>/dev/null && fail "an edited checkpoint was taken"

# By APDU: with the PIN, or free.
select="00 A4 04 0C 0B E8 2B 06 01 04 01 81 C3 1F 02 01"
read="00 B1 D0 00 00 00 04 54 02 00 00 FF FF"
opensc-tool -s "$select" -s "$read" | grep -q "SW1=0x69, SW2=0x82" || fail "a stranger read the log"
"$glasshsm" log policy --read free >/dev/null
opensc-tool -s "$select" -s "$read" | grep -q "glasshsm/" || fail "no checkpoint by APDU"

# Old lines go, the log goes on; asking for the status does not make it longer.
"$glasshsm" log policy --keep 10 >/dev/null
checkpoint >bare
"$glasshsm" log acknowledge bare >/dev/null
"$glasshsm" status --json | /usr/bin/python3 -c '
import json, sys
log = json.load(sys.stdin)["log"]
assert log["pruned"] > 10 and log["epoch"] == 4, log' || fail "nothing was pruned"
"$glasshsm" log show >output || fail "a pruned log looks altered"
grep -q "signing epoch begins" output || fail "the end of a pruned log is not shown"
"$glasshsm" status >/dev/null
before=$("$glasshsm" status | grep "^log")
for _ in 1 2 3; do "$glasshsm" status >/dev/null; done
[ "$before" = "$("$glasshsm" status | grep "^log")" ] || fail "the log grows when it is asked for"

"$glasshsm" log policy --forced fixed >/dev/null
"$glasshsm" log policy --forced off 2>/dev/null && fail "a fixed policy was changed"
exit 0
SESSION

cd "$work"
"$glasshsm" run -- bash session.sh "$glasshsm"
