# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # $glasshsm and $page are the includer's
# What the live tests share. Sourced with $glasshsm set to the tool.

words=$(realpath "$(dirname "${BASH_SOURCE[0]}")/words.sh")
export words GLASSHSM="$glasshsm"
# shellcheck source-path=SCRIPTDIR source=words.sh
. "$words"

# Leaves the test as skipped unless the programs and files are there.
need() {
    for thing; do
        [ -e "$thing" ] || command -v "$thing" >/dev/null || {
            echo "skipped: $thing is not installed"
            exit 77
        }
    done
}

# The commands of a section of $page; "": what stands before the first one.
section() { # title
    awk -v title="$1" '/^## /{inside = substr($0, 4) == title; next} BEGIN{inside = title == ""}
        inside' "$page" | sed -n 's/^    //p'
}

need /usr/sbin/pcscd /usr/lib/pcsc/drivers/serial/libifdvpcd.so

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
