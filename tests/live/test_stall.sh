#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test_stall.sh GLASSHSM PROGRAM: runs PROGRAM with a token in a private world. Skipped (77) where
# no world can be made.
for thing in /usr/sbin/pcscd /usr/lib/pcsc/drivers/serial/libifdvpcd.so; do
    [ -e "$thing" ] || {
        echo "skipped: $thing is not installed"
        exit 77
    }
done
exec "$1" run -- "$2"
