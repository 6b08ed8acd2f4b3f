#!/bin/sh
# same_output.sh PROGRAM FILE: fails, showing the difference, unless PROGRAM prints exactly FILE.
"$1" | diff -u "$2" -
