# shellcheck shell=bash disable=SC2154 # $glasshsm is the includer's
# What the live tests share. Sourced with $glasshsm set to the tool.

fail() {
    echo "failed: $*" >&2
    exit 1
}

equal() { # what, expected, got
    [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# Leaves the test as skipped unless the programs and files are there.
need() {
    for thing; do
        [ -e "$thing" ] || command -v "$thing" >/dev/null || {
            echo "skipped: $thing is not installed"
            exit 77
        }
    done
}

need /usr/sbin/pcscd /usr/lib/pcsc/drivers/serial/libifdvpcd.so

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
