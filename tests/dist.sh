#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `meson dist` makes a tarball from which the programs build as a user would build them, without the
# tests, and give a token.
#   dist.sh SOURCE_ROOT
set -eu
source=$1
[ -e "$source/.git" ] || {
    echo "skipped: not a git checkout"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
git clone -q "$source" "$work/source"
cd "$work/source"
meson setup build -Dtests=false >/dev/null
meson dist -C build --no-tests --formats gztar >/dev/null
mkdir "$work/from"
tar -C "$work/from" --strip-components=1 -xzf build/meson-dist/glasshsm-*.tar.gz
cd "$work/from"
meson setup build -Dtests=false >/dev/null
ninja -C build >"$work/log" || {
    tail "$work/log"
    exit 1
}
build/glasshsm run -- pkcs11-tool --list-slots | grep -q 'Glass HSM'
DESTDIR=$work/installed meson install -C build >/dev/null
"$work/installed/usr/local/bin/glasshsm" --version | grep -qx 'glasshsm [0-9.]*'
