#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The C files under a folder are formatted as .clang-format says, in the opinion of version 14: others
# differ about some lines. No line is longer than 100 characters, comments included, which clang-format
# leaves alone; only tables for which it is switched off may be wider.
cd "$1" || exit 1
files() {
    find . -path './build*' -prune -o -path './.git' -prune -o -name '*.[ch]' "$@"
}
long=$(files -print | while read -r file; do
    awk '/clang-format off/ { off = 1 } { print off ? "" : $0 } /clang-format on/ { off = 0 }' "$file" |
        LC_ALL=C.UTF-8 grep -nE '^.{101,}' | sed "s|^|$file:|"
done)
[ -z "$long" ] || {
    echo "$long"
    echo "longer than 100 characters"
    exit 1
}
version=$(clang-format --version 2>/dev/null | sed 's/.*version \([0-9]*\).*/\1/')
[ "$version" = 14 ] || {
    echo "skipped: clang-format is ${version:-not installed}${version:+, not 14}"
    exit 77
}
files -exec clang-format --dry-run -Werror {} +
