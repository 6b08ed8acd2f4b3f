#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands of docs/CI.md, as they stand there. Usage: test_ci.sh TOOL PAGE SOURCE_ROOT [--build]
# --build: from clone to result; else with the programs that are built already.
set -eu
glasshsm=$(realpath "$1") page=$(realpath "$2") source=$3 build=${4:-}
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool openssl
cd "$work"

commands() { # section: those of the page, which has some
    section "$1" | grep . || fail "CI.md has no commands in: $1"
}

run_section() {
    commands "$1" >script
    bash -eu -o pipefail script >said 2>&1 || fail "$1: $(cat said)"
}

if [ "$build" ]; then
    [ -e "$source/.git" ] || {
        echo "skipped: not a git checkout"
        exit 77
    }
    export glasshsm_url="file://$source"
    { commands "Clone and build"; commands "The job"; } >script
    bash -eu -o pipefail script >said 2>&1 || fail "$(cat said)"
    grep -q 'Verified OK' said || fail "$(cat said)"
    exit
fi

PATH="${glasshsm%/*}:$PATH"
run_section "The job"
grep -q 'Verified OK' said || fail "$(cat said)"

run_section "When it fails"
[ ! -e logs/commands ] || fail "kept, although nothing failed"
echo 'exit 7' >>tests.sh
commands "When it fails" >script
equal "status of a job that fails" 7 "$(status_of bash script)"
grep -q 'SIGN\|signature' logs/commands || fail "$(cat logs/commands)"
grep -q '"attached":true' logs/status.json || fail "$(cat logs/status.json)"
grep -q ready logs/messages || fail "$(cat logs/messages)"

run_section "Containers and levels"
need valgrind gdb gcc "$(gcc -print-file-name=libasan.so)"
run_section "Valgrind, sanitizers, gdb"
equal "lists of readers" 3 "$(grep -c 'Yes .*Glass HSM 00 00' said)"
