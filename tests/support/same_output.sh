#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# same_output.sh PROGRAM FILE [ARGUMENT...]: fails, showing the difference, unless PROGRAM with the arguments prints
# exactly FILE.
program=$1
file=$2
shift 2
"$program" "$@" | diff -u "$file" -
