#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/AUDIT.md: its table of actions is the program's, and what it says one can do by hand works.
# Usage: test_page.sh PRINT_ACTIONS GLASSHSM PAGE     compares and runs
#        test_page.sh --update PRINT_ACTIONS PAGE     prints the table into the page
set -eu

if [ "$1" = --update ]; then
    table=$("$2") page=$3
    { sed '/^<!-- actions -->$/q' "$page"; echo "$table"; sed -n '/^<!-- end of actions -->$/,$p' "$page"; } >"$page.new"
    mv "$page.new" "$page"
    exit
fi
here=$(realpath "$(dirname "$0")")
print=$(realpath "$1") glasshsm=$(realpath "$2") page=$(realpath "$3")
sed -n '/^<!-- actions -->$/,/^<!-- end of actions -->$/p' "$page" | grep '^|' | diff -u - <("$print")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
PYTHONPATH=$here /usr/bin/python3 - <<'PYTHON'
import random
import forge
log = forge.Log(random.Random(1))
log.use(20)
open("receipt", "w").write(log.receipt())
open("snapshot", "w").write(log.snapshot())
PYTHON
"$glasshsm" log verify --old snapshot --receipt receipt >/dev/null

block() { # of the page: the indented lines that follow a heading
    sed -n "/^### $1\$/,/^##/s/^    //p" "$page"
}
block "The chain" >chain.sh
block "The signature" >signature.sh
[ -s chain.sh ]
[ -s signature.sh ]
sh -eu chain.sh
sh -eu signature.sh

# They are no rubber stamps.
mv snapshot good
sed '/"seq":7,/s/"sw":"..../"sw":"6a80/' good >snapshot
! sh -eu chain.sh >/dev/null 2>&1 || { echo "an altered record passes by hand"; exit 1; }
sed 's/^epoch 1$/epoch 2/' good >snapshot
! sh -eu signature.sh >/dev/null 2>&1 || { echo "an altered checkpoint passes by hand"; exit 1; }
