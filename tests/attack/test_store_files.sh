#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What lies around a store: names that SQLite would take for something else, folders that others may
# write to, what an interrupted command left, copies that outlive a destroyed store, snapshots that
# are damaged inside, media that cannot be written, and who looks while another wants to begin.
# Usage: test_store_files.sh TOOL DAEMON UNIT
set -eu
glasshsm=$(realpath "$1") daemon=$(realpath "$2") unit=$(realpath "$3")
# shellcheck source-path=SCRIPTDIR source=../live/lib.sh
. "$(dirname "$0")/../live/lib.sh"
need /usr/bin/python3
cd "$work"

sql() { # file, statement
    /usr/bin/python3 -c 'import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute(sys.argv[2])
database.commit()' "$1" "$2"
}

# A name is a name.
"$glasshsm" store create 'file:x?mode=ro' >made
[ -s 'file:x?mode=ro/token.db' ] || fail "the store is not where it was asked for"
equal "a name like a URI" 0 "$(status_of "$glasshsm" store verify 'file:x?mode=ro')"

# A folder that others may write to is no place for a store.
mkdir -m 0777 open
touch open/theirs
chmod 0777 open
equal "an open folder" 19 "$(status_of "$glasshsm" store create open)"
grep -q "chmod 700" output || fail "no advice: $(cat output)"
[ ! -e open/token.db ] || fail "a store in an open folder"
mkdir -m 0777 empty
chmod 0777 empty
equal "an empty one" 0 "$(status_of "$glasshsm" store create empty)"
equal "is private afterwards" 700 "$(stat -c %a empty)"

# What a killed creation left, which bears its mark, goes with the next; what somebody still makes stays.
mkdir token.new-aaaaaa token.new-bbbbbb
cp empty/seal.key empty/token.db token.new-aaaaaa
cp empty/seal.key token.new-bbbbbb
touch token.new-aaaaaa/.unfinished token.new-bbbbbb/.unfinished
mkfifo hold held
flock token.new-bbbbbb bash -c 'echo >held; read -r < hold' & holder=$!
read -r < held
equal "creation beside leftovers" 0 "$(status_of "$glasshsm" store create token)"
[ ! -e token.new-aaaaaa ] || fail "a killed creation's folder is still there"
[ -e token.new-bbbbbb/seal.key ] || fail "a folder that somebody makes was removed"
echo > hold
wait "$holder"
rm -r token.new-bbbbbb

# Nothing else goes: not another store of such a name, nor what a link of such a name leads to, nor somebody else's,
# nor a folder with anything unknown in it; and nothing of it is waited for.
"$glasshsm" store create other >/dev/null
"$glasshsm" store create mine.new-backup >/dev/null
[ ! -e mine.new-backup/.unfinished ] || fail "a finished store says that it is not"
ln -s other mine.new-linked
mkdir mine.new-theirs mine.new-filled mine.new-mkfifo mine.new-opened
cp empty/seal.key mine.new-opened
touch mine.new-opened/.unfinished
chmod 0777 mine.new-opened
cp empty/seal.key mine.new-theirs
cp empty/seal.key mine.new-filled
touch mine.new-theirs/.unfinished mine.new-filled/.unfinished mine.new-filled/letter mine.new-mkfifo/.unfinished
mkfifo mine.new-mkfifo/token.db mine.new-mkfifo/anchor
[ "$(id -u)" != 0 ] || chown -R nobody mine.new-theirs
began=$(date +%s)
equal "creation beside others" 0 "$(status_of timeout -s KILL 60 "$glasshsm" store create mine)"
[ $(($(date +%s) - began)) -lt 30 ] || fail "it waited for somebody"
for whole in other mine.new-backup mine; do
    equal "$whole is whole" 0 "$(status_of "$glasshsm" store verify $whole)"
done
[ -L mine.new-linked ] || fail "a link is gone"
[ -e mine.new-filled/seal.key ] || fail "a folder with something unknown in it is gone"
[ "$(id -u)" != 0 ] || [ -e mine.new-theirs/seal.key ] || fail "somebody else's files are gone"
[ -e mine.new-opened/seal.key ] || fail "what others may have put there is gone"
[ ! -e mine.new-mkfifo ] || fail "a killed creation's folder with pipes is still there"
rm -r mine.new-*

# What a killed creation pretends to have takes no space when it goes.
mkdir long.new-sparse
touch long.new-sparse/.unfinished
truncate -s 1T long.new-sparse/token.db 2>/dev/null || echo "no file is that long here"
equal "creation beside a long one" 0 "$(status_of timeout -s KILL 60 "$glasshsm" store create long)"
[ ! -e long.new-sparse ] || fail "a killed creation's folder with a long file is still there"

# Interrupted while it waits for a passphrase, and while it works.
mkfifo slow
"$glasshsm" store create --passphrase-file slow waiting >/dev/null 2>&1 & waiting=$!
exec 3> slow
kill -TERM "$waiting"
code=0
wait "$waiting" || code=$?
equal "interrupted" 143 "$code"
exec 3>&-
equal "leftovers of an interrupted creation" "" "$(find . -maxdepth 1 -name 'waiting*')"

# Who looks keeps nobody from beginning; two may look at once; and who has it alone has it alone.
flock -s token bash -c 'echo >held; read -r < hold' & holder=$!
read -r < held
equal "two who look" 0 "$(status_of "$glasshsm" store verify token)"
"$glasshsm" store rekey token >rekeyed 2>&1 & beginner=$!
echo > hold
code=0
wait "$beginner" || code=$?
equal "who begins meanwhile" 0 "$code"
wait "$holder"

# Who goes on looking delays a daemon: it ends with a status that its unit starts again, until he has done.
flock -s token bash -c 'echo >held; read -r < hold' & holder=$!
read -r < held
equal "a daemon while somebody looks" 18 "$(status_of "$daemon" --store token)"
grep -q "in use by process" output || fail "no word of who looks: $(cat output)"
lasting=" $(sed -n 's/^RestartPreventExitStatus=//p' "$unit") "
[[ $lasting == *" 17 "* ]] || fail "the unit names no lasting refusals:$lasting"
[[ $lasting != *" 18 "* ]] || fail "the unit gives up where somebody looks"
echo > hold
wait "$holder"
equal "and when he has done" 0 "$(status_of "$glasshsm" run --store token -- true)"

flock token bash -c 'echo >held; read -r < hold' & holder=$!
read -r < held
equal "a store in use" 18 "$(status_of "$glasshsm" store verify token)"
echo > hold
wait "$holder"

# A snapshot that is damaged where opening does not look becomes no store.
"$glasshsm" run --store token -- true 2>/dev/null
"$glasshsm" store snapshot --allow-clone --store token whole >/dev/null
cp whole damaged
sql damaged "UPDATE log SET line = CAST(CAST(line AS TEXT) || ' ' AS BLOB) WHERE seq = 2"
equal "a damaged snapshot" 15 "$(status_of "$glasshsm" store restore --key-file token/seal.key damaged back)"
equal "and its leftovers" "" "$(find . -maxdepth 1 -name 'back*')"
cp whole nodes
sql nodes "UPDATE log_node SET hashes = zeroblob(length(hashes)) WHERE leaf = 3"
equal "altered nodes of the tree" 15 "$(status_of "$glasshsm" store restore --key-file token/seal.key nodes back)"
cp -r token altered
sql altered/token.db "UPDATE log_node SET hashes = zeroblob(length(hashes)) WHERE leaf = 3"
equal "the same, verified" 15 "$(status_of "$glasshsm" store verify altered)"
grep -q "nodes in the tree" output || fail "no word of the nodes: $(cat output)"
equal "a whole one" 0 "$(status_of "$glasshsm" store restore --key-file token/seal.key whole back)"
equal "files beside the snapshot" "" "$(find . -maxdepth 1 -name 'whole.*')"

# Destroyed with the copies that lie in the folder.
cp whole back/token.snapshot
cp whole back/token.snapshot.part
cp whole back/token.snapshot.part-wal
equal "destroy" 0 "$(status_of "$glasshsm" store destroy --yes back)"
[ ! -e back ] || fail "destroy left $(ls back)"

# What a daemon left that was killed while it copied goes when the store is opened to be used.
cp whole token/token.snapshot.part
cp whole token/token.snapshot.part-journal
equal "looked at" 0 "$(status_of "$glasshsm" store verify token)"
[ -e token/token.snapshot.part ] || fail "to look has changed the store"
"$glasshsm" run --store token -- true 2>/dev/null
equal "leftovers after a start" "" "$(find token -name 'token.snapshot*')"

# Other stores and snapshots in the folder of one that is destroyed stay, and are named.
"$glasshsm" store create full >/dev/null
"$glasshsm" store create full/monday >/dev/null
cp whole full/tuesday
echo text >full/text
equal "destroy around others" 0 "$(status_of "$glasshsm" store destroy --yes full)"
for name in monday tuesday; do
    grep -q "full/$name is a .*still there" output || fail "no word of $name: $(cat output)"
done
equal "what stays" "monday text tuesday" "$(cd full && echo *)"

# To look needs no right to write.
cp -r token archive
chmod 0600 archive/token.db-wal
chmod 0400 archive/*
chmod 0500 archive
look() { "$glasshsm" store "$1" "$2"; }
if [ "$(id -u)" = 0 ]; then
    chmod 0711 "$work"
    chown -R nobody archive
    look() { setpriv --reuid nobody --regid nogroup --clear-groups -- "$glasshsm" store "$1" "$2"; }
fi
equal "verify without the right to write" 0 "$(status_of look verify "$work/archive")"
chmod 0700 archive

# A line of the configuration is read whole or refused.
{ echo '[token]'; printf 'name = %0300d\n' 0; } > long.conf
equal "a long line" 2 "$(status_of "$daemon" --config long.conf --ephemeral)"
grep -q "long.conf:2: the line is longer" output || fail "no sentence: $(cat output)"
