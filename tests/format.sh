#!/bin/sh
# The C files under a folder are formatted as .clang-format says, in the opinion of version 14: others
# differ about some lines.
version=$(clang-format --version 2>/dev/null | sed 's/.*version \([0-9]*\).*/\1/')
[ "$version" = 14 ] || {
    echo "skipped: clang-format is ${version:-not installed}${version:+, not 14}"
    exit 77
}
cd "$1" || exit 1
find . -path './build*' -prune -o -path './.git' -prune -o \
    -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
