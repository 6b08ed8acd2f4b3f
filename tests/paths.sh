#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where pcscd and its drivers are is an option of the build: programs configured for others use those.
#   paths.sh SOURCE_ROOT
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$work/drivers/serial"
meson setup "$work/build" "$1" -Dtests=false -Dpcscd="$work/pcscd" -Dpcscd-drivers="$work/drivers" >/dev/null
ninja -C "$work/build" glasshsm glasshsmd >"$work/log" || {
    tail "$work/log"
    exit 1
}

says() { # words, command
    words=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        echo "failed: $* is content"
        exit 1
    fi
    grep -q "$words" "$work/said" || {
        echo "failed: $* does not say: $words"
        cat "$work/said"
        exit 1
    }
}

glasshsm=$work/build/glasshsm
says "pcscd is not at $work/pcscd;" "$glasshsm" run -- true
says "^must  pcscd  .*pcscd is not at $work/pcscd\$" "$glasshsm" doctor
ours=$(pkg-config --variable=prefix libpcsclite)/sbin/pcscd
[ -x "$ours" ] || {
    echo "skipped: pcscd is not installed"
    exit 77
}
ln -s "$ours" "$work/pcscd"
says "not at $work/drivers/serial/libifdvpcd.so;" "$glasshsm" run -- true
cp "$(pkg-config --variable=usbdropdir libpcsclite)/serial/libifdvpcd.so" "$work/drivers/serial/libifdvpcd.so" || {
    echo "skipped: vsmartcard-vpcd is not installed"
    exit 77
}
"$glasshsm" run --level 2 --quiet -- true
