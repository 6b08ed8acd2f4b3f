#!/bin/bash
# shellcheck disable=SC2016,SC2154 # commands for inner shells; $work is made by lib.sh
# The private world of `glasshsm run`. Usage: test_world.sh TOOL CASE
set -eu
glasshsm=$1
here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

# --- Waiting for what happens, never for time to pass: a bounded number of looks ---

eventually() {
    for _ in $(seq 1000); do
        "$@" && return 0
        read -rt 0.01 <> <(:) || true
    done
    return 1
}

is_gone() { # a zombie is dead; whether it is collected is the business of process 1
    ! grep -qs '^State:.[^ZX]' "/proc/$1/status"
}

is_stopped() {
    grep -q '^State:.T' "/proc/$1/status"
}

children_of() {
    cat "/proc/$1/task/$1/children" 2>/dev/null || true
}

all_below() {
    local child
    for child in $(children_of "$1"); do
        echo "$child"
        all_below "$child"
    done
}

# Starts a world whose command has a child of its own and waits; its processes go to $all, its
# folder to $folder, its tool to $tool.
start_world() {
    mkfifo "$work/started"
    "$glasshsm" run -- sh -c 'dirname "$PCSCLITE_CSOCK_NAME" >"$0"; tail -f /dev/null; true' \
        "$work/started" >/dev/null 2>&1 &
    tool=$!
    read -r folder <"$work/started"
    eventually has_grandchild || fail "the command did not start its child"
    all=$(all_below "$tool")
}

has_grandchild() {
    local child
    for child in $(all_below "$tool"); do
        grep -qsx tail "/proc/$child/comm" && return 0
    done
    return 1
}

nothing_left() {
    local process
    [ ! -e "$folder" ] || return 1
    for process in $all; do
        is_gone "$process" || return 1
    done
}

# --- Cases ---

status_of() {
    local status=0
    "$@" 2>"$work/errors" || status=$?
    echo "$status"
}

exit_status_is_the_commands() {
    equal "exit status" 7 "$(status_of "$glasshsm" run -- sh -c 'exit 7')"
    equal "killed by a signal" 143 "$(status_of "$glasshsm" run -- sh -c 'kill -TERM $$')"
    equal "no such command" 127 "$(status_of "$glasshsm" run -- "$work/absent")"
    equal "not executable" 126 "$(status_of "$glasshsm" run -- /etc/passwd)"
    equal "no command" 2 "$(status_of "$glasshsm" run)"
}

refused_store_is_explained() {
    touch "$work/something"
    equal "no token to run it with" 125 "$(status_of "$glasshsm" run --store "$work" -- true)"
    grep -q "no store in $work" "$work/errors" || fail "the cause is not named"
}

streams_and_user_are_untouched() {
    equal "standard input and output" hello "$(echo hello | "$glasshsm" run -- cat)"
    equal "standard error" oops "$("$glasshsm" run -- sh -c 'echo oops >&2' 2>&1 >/dev/null)"
    equal "user" "$(id)" "$("$glasshsm" run -- id)"
    equal "network" "$(readlink /proc/self/ns/net)" \
        "$("$glasshsm" run -- readlink /proc/self/ns/net)"
    equal "mask of signals" "$(grep SigBlk /proc/self/status)" \
        "$("$glasshsm" run -- grep SigBlk /proc/self/status)"
}

card_is_there_when_the_command_starts() {
    "$glasshsm" run -- sh -c "'$glasshsm' status --json" >"$work/status"
    grep -q '"attached":true' "$work/status" || fail "$(cat "$work/status")"
}

folder_is_private_and_removed() {
    "$glasshsm" run -- sh -c 'dirname "$PCSCLITE_CSOCK_NAME"
        stat -c %a "${PCSCLITE_CSOCK_NAME%/*}"' \
        >"$work/said"
    equal "mode" 700 "$(sed -n 2p "$work/said")"
    [ ! -e "$(sed -n 1p "$work/said")" ] || fail "the folder is still there"
}

signals_reach_the_command() {
    mkfifo "$work/ready"
    "$glasshsm" run -- sh -c 'trap "exit 3" TERM; echo >"$0"; while :; do wait; done' \
        "$work/ready" &
    read -r <"$work/ready"
    kill -TERM $!
    local status=0
    wait $! || status=$?
    equal "exit status that the handler gave" 3 "$status"
}

tool_stops_and_goes_on_with_the_command() {
    start_world
    kill -TSTP "$tool"
    eventually is_stopped "$tool" || fail "the tool did not stop"
    kill -CONT "$tool"
    kill -TERM "$tool"
    local status=0
    wait "$tool" || status=$?
    equal "exit status" 143 "$status"
    eventually nothing_left || fail "something is left"
}

killed_tool_leaves_nothing() {
    start_world
    kill -KILL "$tool"
    wait "$tool" || true
    eventually nothing_left || fail "left: $folder, some of $all"
}

killed_guard_leaves_nothing() {
    start_world
    kill -KILL "$(children_of "$tool" | cut -d' ' -f1)"
    local status=0
    wait "$tool" || status=$?
    equal "exit status" 137 "$status"
    eventually nothing_left || fail "left: $folder, some of $all"
}

killed_world_leaves_no_folder() {
    start_world
    local guard
    guard=$(children_of "$tool" | cut -d' ' -f1)
    kill -KILL "$(children_of "$guard" | cut -d' ' -f1)"
    kill -TERM "$tool"
    wait "$tool" || true
    eventually nothing_left || fail "left: $folder, some of $all"
}

what_the_command_leaves_running_is_ended() {
    "$glasshsm" run -- sh -c 'setsid tail -f /dev/null & echo $! >"$0"' "$work/left"
    is_gone "$(cat "$work/left")" || fail "the process that the command left is still there"
}

worlds_stand_side_by_side() {
    "$glasshsm" run -- sh -c "'$glasshsm' status --json
        '$glasshsm' run -- '$glasshsm' status --json
        '$glasshsm' status --json" | grep -o '"incarnation":"[0-9a-f]*"' >"$work/tokens"
    equal "answers" 3 "$(wc -l <"$work/tokens")"
    equal "tokens" 2 "$(sort -u "$work/tokens" | wc -l)"
    equal "the outer one, again" "$(sed -n 1p "$work/tokens")" "$(sed -n 3p "$work/tokens")"
}

ordinary_user_needs_nothing_more() {
    need setpriv
    [ "$(id -u)" = 0 ] || exit 77 # all the other cases have shown it
    chmod 755 "$work"
    cp "$glasshsm" "${glasshsm}d" "$work"
    cd /
    setpriv --reuid=65534 --regid=65534 --clear-groups env -u XDG_RUNTIME_DIR TMPDIR=/tmp \
        "$work/glasshsm" run -- sh -c "id -u; '$work/glasshsm' status --json" >"$work/said"
    equal "user" 65534 "$(sed -n 1p "$work/said")"
    grep -q '"attached":true' "$work/said" || fail "$(cat "$work/said")"
}

"$2"
