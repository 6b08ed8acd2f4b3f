#!/bin/sh
# test_stall.sh GLASSHSM PROGRAM: runs PROGRAM with a token in a private world. Skipped (77) where
# no world can be made.
"$1" run -- true || { [ $? -eq 125 ] && exit 77; exit 1; }
exec "$1" run -- "$2"
