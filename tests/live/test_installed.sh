#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # $work is made by lib.sh
# What `meson install` makes: the tool finds its daemon with an ordinary user's PATH, and units name
# the program where it is. Usage: test_installed.sh TOOL BUILD_FOLDER
set -eu
glasshsm=$1
build=$2
here=$(realpath "$(dirname "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
need meson

installed() { # name: the one file of this path, below the prefix
    local found
    found=$(find "$work/root" -path "*/$1")
    equal "files that end in $1" 1 "$(printf '%s\n' "$found" | grep -c .)"
    echo "$found"
}

meson install -C "$build" --no-rebuild --quiet --destdir "$work/root" >"$work/said" 2>&1 ||
    fail "$(cat "$work/said")"
tool=$(installed bin/glasshsm)
daemon=$(installed sbin/glasshsmd)
unit=$(installed lib/systemd/system/glasshsmd@.service)
equal "program of the unit" "$daemon" "$work/root$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$unit")"
if grep -n '@[A-Z]*@' "$unit"; then fail "$unit has names that were not replaced"; fi
example=$(sed -n 's/.*cp \([^ ]*glasshsm.conf\) .*/\1/p' "$unit")
[ -f "$work/root$example" ] || fail "the unit's comment names $example, which is not installed"
installed lib/tmpfiles.d/glasshsm.conf >/dev/null
installed man/man1/glasshsm.1 >/dev/null
installed man/man8/glasshsmd.8 >/dev/null

export PATH=/usr/bin:/bin
"$tool" run -- true 2>"$work/said" || fail "$(cat "$work/said")"

# The configured folder comes next, then PATH.
mkdir "$work/elsewhere"
mv "$daemon" "$work/elsewhere"
configured=${daemon#"$work/root"}
status=0
"$tool" run -- true 2>"$work/said" || status=$?
if [ -x "$configured" ]; then
    equal "with the one in $configured" 0 "$status"
else
    equal "without a daemon" 125 "$status"
    grep -q "nor in ../sbin, ${configured%/*} or PATH" "$work/said" || fail "$(cat "$work/said")"
    PATH=$PATH:$work/elsewhere "$tool" run -- true 2>"$work/said" || fail "$(cat "$work/said")"
fi
