#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stores as the tool makes and reads them: interrupted creation, passphrases, files that lie elsewhere,
# a log that was altered at rest.
# Usage: test_stores.sh TOOL
set -eu
glasshsm=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3
cd "$work"

# Killed at any moment, creation leaves a whole token or none, and can be done again.
for delay in 0.001 0.004 0.008 0.012 0.016 0.02 0.03 0.05; do
    "$glasshsm" store create token >/dev/null 2>&1 &
    sleep "$delay" # the moment of the kill is what is varied, nothing waits for it
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || true
    if [ -e token ]; then
        equal "a store after $delay s, read" 0 "$(status_of "$glasshsm" log show --store token)"
        grep -q "store created" output || fail "a token without its first record"
        rm -rf token
    fi
    "$glasshsm" store create token >/dev/null || fail "creation after an interruption"
    rm -rf token token.new-*
done

# A passphrase that a pipe gives in pieces, and a world that is unlocked by it.
(printf correct; sleep 0.05; printf ' horse\n') | "$glasshsm" store create --passphrase-file /dev/stdin phrase >/dev/null
echo "correct horse" >right
echo correct >wrong
equal "the whole passphrase" 0 "$(status_of "$glasshsm" log show --store phrase --passphrase-file right)"
equal "half of it" 14 "$(status_of "$glasshsm" log show --store phrase --passphrase-file wrong)"
equal "run" 0 "$(status_of "$glasshsm" run --store phrase --passphrase-file right -- true)"

# Ctrl-C ends a copy that waits for its passphrase, and nothing is left of it (background jobs ignore Ctrl-C). A pipe
# gives the passphrase once, for both stores.
mkfifo typed
env --default-signal=INT "$glasshsm" store clone --allow-clone --passphrase-file typed --store phrase cloned &
waiting=$!
sleep 0.2 # it has begun, or not yet: it ends in both cases
kill -INT $waiting
status=0
wait $waiting || status=$?
equal "a copy interrupted" 130 "$status"
equal "left of the copy" "" "$(ls -d cloned* 2>/dev/null)"
cat right >typed &
equal "a copy" 0 "$(status_of "$glasshsm" store clone --allow-clone --passphrase-file typed --store phrase cloned)"
cat wrong >typed &
equal "another passphrase" 14 "$(status_of "$glasshsm" store clone --allow-clone --passphrase-file typed --store phrase other)"
equal "left of it" "" "$(ls -d other* 2>/dev/null)"
equal "the copy" 0 "$(status_of "$glasshsm" store verify --passphrase-file right cloned)"

# Key file and anchor elsewhere.
mkdir elsewhere
"$glasshsm" store create --json --key-file elsewhere/key --anchor elsewhere/anchor apart >made
equal "what was made" \
    '{"store":"apart","key_file":"elsewhere/key","passphrase_file":null,"anchor":"elsewhere/anchor"}' \
    "$(sed 's/,"receipt":"glasshsm-log-receipt 1[^"]*"//' made)"
[ ! -e apart/anchor ] && [ ! -e apart/seal.key ] || fail "key file or anchor in the folder all the same"
equal "opened apart" 0 "$(status_of "$glasshsm" log show --store apart --key-file elsewhere/key --anchor elsewhere/anchor)"

# A log altered at rest is shown as far as it can be trusted, and no further.
"$glasshsm" store create whole >/dev/null
equal "powered once" 0 "$(status_of "$glasshsm" run --store whole -- true)"
alter() { # name of the copy, statement
    cp -r whole "$1"
    /usr/bin/python3 - "$1/token.db" "$2" <<'PYTHON'
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute(sys.argv[2])
database.commit()
PYTHON
    equal "$1" "$3" "$(status_of "$glasshsm" log show --store "$1")"
    grep -q "$4" output || fail "no sentence: $(cat output)"
}
alter changed "UPDATE log SET line = CAST(replace(CAST(line AS TEXT), '\"act\":1,', '\"act\":2,') AS BLOB) WHERE seq = 2" 51 "the log is altered"
alter removed "DELETE FROM log WHERE seq = 2" 51 "the log is altered"
alter beheaded "DELETE FROM log WHERE seq = 1" 15 "the beginning of the log was altered"
