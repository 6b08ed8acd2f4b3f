#!/bin/sh
# The C files under a folder are formatted as .clang-format says.
command -v clang-format >/dev/null || exit 77
cd "$1" || exit 1
find . -path './build*' -prune -o -path './.git' -prune -o \
    -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
