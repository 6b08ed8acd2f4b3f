#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154 # commands for inner shells; $work is made by lib.sh
# The private world of `glasshsm run`. Usage: test_world.sh TOOL CASE LEVEL
# It is expected to be of this level without being told.
set -eu
glasshsm=$1
level=$3
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
# folder to $folder, its port to $port, its tool to $tool.
start_world() {
    mkfifo "$work/started"
    "$glasshsm" run -- sh -c 'echo "$(dirname "$PCSCLITE_CSOCK_NAME") $("$1" status --json |
            grep -o "\"port\":[0-9]*")" >"$0"
        tail -f /dev/null; true' \
        "$work/started" "$glasshsm" >/dev/null 2>&1 &
    tool=$!
    read -r folder port <"$work/started"
    port=${port#*:}
    [ "$level" = 1 ] || listens "$port" || fail "nobody listens on port $port"
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

listens() { # whether somebody does on all addresses, on this port
    grep -qs "^ *[0-9]*: 00000000:$(printf %04X "$1") [0-9A-F:]* 0A" /proc/net/tcp
}

nothing_left() {
    local process
    [ ! -e "$folder" ] || return 1
    [ "$level" = 1 ] || ! listens "$port" || return 1
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
    equal "no store there" 10 "$(status_of "$glasshsm" run --store "$work" -- true)"
    grep -q "^glasshsmd: There is no store in $work" "$work/errors" || fail "the cause is not named"
}

streams_and_user_are_untouched() {
    equal "standard input and output" hello "$(echo hello | "$glasshsm" run -- cat)"
    "$glasshsm" run -- sh -c 'echo oops >&2' 2>"$work/errors" >/dev/null
    equal "standard error" oops "$(tail -n 1 "$work/errors")"
    equal "lines of ours, a warning in level 2" "$((level - 1))" \
        "$(head -n -1 "$work/errors" | grep -c 'listens on port [0-9]* of all addresses' || true)"
    equal "lines" "$level" "$(wc -l <"$work/errors")"
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

only_child_of() {
    children_of "$1" | cut -d' ' -f1
}

killed_guard_leaves_nothing() {
    start_world
    kill -KILL "$(only_child_of "$(only_child_of "$tool")")"
    local status=0
    wait "$tool" || status=$?
    equal "exit status" 137 "$status"
    eventually nothing_left || fail "left: $folder, some of $all"
}

killed_world_leaves_no_folder() {
    start_world
    kill -KILL "$(only_child_of "$(only_child_of "$(only_child_of "$tool")")")" # before the command
    local status=0
    wait "$tool" || status=$?
    equal "exit status without a world" 125 "$status"
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

as_ordinary_user() { # the tool's arguments
    need setpriv
    [ "$(id -u)" = 0 ] || {
        echo "skipped: not root, so that all the other cases have shown it"
        exit 77
    }
    chmod 755 "$work"
    cp "$glasshsm" "${glasshsm}d" "$work"
    cd /
    setpriv --reuid=65534 --regid=65534 --clear-groups env -u XDG_RUNTIME_DIR TMPDIR=/tmp \
        "$work/glasshsm" "$@"
}

ordinary_user_needs_nothing_more() {
    as_ordinary_user run -- sh -c "id -u; '$work/glasshsm' status --json" >"$work/said"
    equal "user" 65534 "$(sed -n 1p "$work/said")"
    grep -q '"attached":true' "$work/said" || fail "$(cat "$work/said")"
}

# A wrong PIN in one reader stands in the log of one token: the one of the reader's number.
tokens_have_readers_of_their_own() {
    need opensc-tool
    "$glasshsm" run --tokens 3 -- sh -c 'opensc-tool --list-readers
        opensc-tool --reader "Glass HSM 3-4 00 00" --send-apdu "00 20 00 81 06 31 31 31 31 31 31"
        for token in admin admin-2 admin-3; do
            echo "$token $("$0" log show --socket "${GLASSHSM_SOCKET%/*}/$token.sock" | grep -c 63C2)"
        done' "$glasshsm" >"$work/said"
    equal "readers with a card, and an empty one at the end" \
        "$(printf '%s\n' 'Yes Glass HSM 1-2 00 00' 'Yes Glass HSM 1-2 00 01' \
            'Yes Glass HSM 3-4 00 00' 'No Glass HSM 3-4 00 01')" \
        "$(sed -n 's/^[0-9]  *\(Yes\|No\)  */\1 /p' "$work/said")"
    equal "wrong PINs in the logs" "$(printf 'admin 0\nadmin-2 0\nadmin-3 1')" \
        "$(grep ^admin "$work/said")"
}

# What happened to a token is told at a login to this one, whichever socket is the customary one.
each_token_has_its_own_story() {
    "$glasshsm" run --tokens 3 -- sh -c 'export PIN=648219 WRONG=111111
        "$0" token label x --pin-env WRONG --reader "3-4 00 00"
        for reader in "1-2 00 00" "1-2 00 01" "3-4 00 00"; do
            echo "reader $reader"
            "$0" token label x --pin-env PIN --reader "$reader"
        done
        GLASSHSM_SOCKET="${GLASSHSM_SOCKET%/*}/admin-3.sock"
        echo "from another"
        "$0" token label x --pin-env PIN --reader "1-2 00 01"
        unset GLASSHSM_SOCKET
        echo "no socket"
        "$0" token label x --pin-env PIN --reader "1-2 00 01"' "$glasshsm" >"$work/said" 2>&1 ||
        fail "$(cat "$work/said")"
    equal "stories" "$(printf '%s\n' 'reader 1-2 00 00' 'no user login yet; since then: initialisations 1' \
        'reader 1-2 00 01' 'no user login yet; since then: initialisations 1' \
        'reader 3-4 00 00' 'no user login yet; since then: failed logins 1, initialisations 1' \
        'from another' 'last user login; since then: files written 1' 'no socket')" \
        "$(sed -e '/^glasshsm: /d' -e 's/login [0-9: -]*;/login;/' "$work/said")"
}

sixteen_tokens() {
    "$glasshsm" run --tokens 16 -- sh -c 'for socket in "${GLASSHSM_SOCKET%/*}"/admin*.sock; do
            "$0" status --json --socket "$socket"
        done' "$glasshsm" >"$work/said"
    equal "tokens in a reader" 16 "$(grep -c '"attached":true' "$work/said")"
    equal "different tokens" 16 \
        "$(grep -o '"incarnation":"[0-9a-f]*"' "$work/said" | sort -u | wc -l)"
    equal "too many" 2 "$(status_of "$glasshsm" run --tokens 17 -- true)"
    equal "none" 2 "$(status_of "$glasshsm" run --tokens 0 -- true)"
}

stores_and_memory_side_by_side() {
    "$glasshsm" run --store "$work/one" --store "$work/two" --create --tokens 3 -- \
        sh -c 'for token in admin admin-2 admin-3; do
            "$0" status --json --socket "${GLASSHSM_SOCKET%/*}/$token.sock"
        done' "$glasshsm" 2>/dev/null >"$work/said"
    equal "in memory" "$(printf 'false\nfalse\ntrue')" \
        "$(sed 's/.*"ephemeral":\([a-z]*\).*/\1/' "$work/said")"
    equal "fewer tokens than folders" 2 \
        "$(status_of "$glasshsm" run --store "$work/one" --store "$work/two" --tokens 1 -- true)"
    equal "one folder for two" 18 \
        "$(status_of "$glasshsm" run --store "$work/one" --store "$work/one" -- true)"
}

what_cannot_be_done_is_said() {
    equal "no such level" 2 "$(status_of "$glasshsm" run --level 3 -- true)"
    equal "no network without namespaces" 2 \
        "$(status_of "$glasshsm" run --level 2 --no-network -- true)"
    grep -q 'works in level 1 only' "$work/errors" || fail "$(cat "$work/errors")"
}

logs_are_kept() {
    local tool
    tool=$(realpath "$glasshsm")
    "$glasshsm" run --keep-logs "$work/logs" -- true
    grep -q 'level=info .*ready' "$work/logs/messages" || fail "$(cat "$work/logs/messages")"
    equal "mode" 600 "$(stat -c %a "$work/logs/messages")"
    echo something >"$work/something"
    equal "a store that is none" 10 \
        "$(cd "$work" && status_of "$tool" run --keep-logs logs --store something -- true)"
    if grep -q 'ready' "$work/logs/messages"; then fail "messages of the world before"; fi
    equal "no folder there" 125 "$(status_of "$glasshsm" run --keep-logs "$work/a/b" -- true)"
    grep -q "cannot keep messages in $work/a/b/messages: No such file" "$work/errors" || fail "$(cat "$work/errors")"
}

quiet_says_nothing() {
    "$glasshsm" run --quiet -- true 2>"$work/errors"
    equal "what it says" "" "$(cat "$work/errors")"
}

new_tokens_have_label_and_keys() {
    need pkcs11-tool
    "$glasshsm" run --label 'of the job' --key 'rsa:1024:10:RSA key' --key P-256:11 --tokens 2 -- \
        sh -c 'pkcs11-tool --list-slots
            for reader in 00 01; do "$0" key list --reader "00 $reader"; done' "$glasshsm" >"$work/said"
    equal "labels" 2 "$(grep -c 'token label *: of the job' "$work/said")"
    equal "RSA keys" 2 "$(grep -c '^cc10 .* RSA  *1024 .* RSA key' "$work/said")"
    equal "EC keys" 2 "$(grep -c '^cc11 .* P-256' "$work/said")"
    equal "not a key" 2 "$(status_of "$glasshsm" run --key rsa:2048 -- true)"
    equal "a token that is kept" 2 "$(status_of "$glasshsm" run --store "$work/x" --label x -- true)"
    equal "no such curve" 125 "$(status_of "$glasshsm" run --key P-257:11:x -- touch "$work/ran")"
    grep -q -e '--key P-257:11:x: the key was not made' "$work/errors" || fail "$(cat "$work/errors")"
    [ ! -e "$work/ran" ] || fail "the command ran without its key"
}

# What is preloaded and absent is complained about by every process that is to load it.
environment_is_the_commands() {
    export LD_PRELOAD=$work/absent.so LSAN_OPTIONS=exitcode=9 OPENSSL_CONF=$work/absent.cnf
    equal "what COMMAND has" "$LD_PRELOAD $LSAN_OPTIONS $OPENSSL_CONF" \
        "$("$glasshsm" run --keep-logs "$work/logs" --key P-256:11 -- \
            sh -c 'echo "$LD_PRELOAD $LSAN_OPTIONS $OPENSSL_CONF"' 2>/dev/null)"
    grep -q 'ready' "$work/logs/messages" || fail "no messages"
    if grep 'absent' "$work/logs/messages"; then fail "the daemon or pcscd loads it, too"; fi
    unset LD_PRELOAD OPENSSL_CONF
    export LD_AUDIT='' A_VARIABLE=1
    start_world
    local process name names=
    for process in $all; do
        name=$(cat "/proc/$process/comm")
        [ -r "/proc/$process/environ" ] || continue
        case $name in pcscd | glasshsmd) names="$names $name" ;; *) continue ;; esac
        if tr '\0' '\n' <"/proc/$process/environ" |
            grep -v -e '^PATH=' -e '^LISTEN_' -e '^NOTIFY_SOCKET=' -e '^TMPDIR=' -e '^TZ=' -e '^MUTANT' \
                -e '^[A-Z]*SAN_OPTIONS='; then
            fail "$name has variables of the caller"
        fi
    done
    [ "$(id -u)" != 0 ] || equal "programs looked at" 2 "$(echo "$names" | wc -w)"
    kill "$tool"
    wait "$tool" || true
}

# A folder of PATH that this user may not search does not hold the command.
ordinary_user_has_no_such_command() {
    mkdir -m 700 "$work/locked"
    mkdir "$work/open"
    touch "$work/open/no-program"
    export PATH="$work/locked:$work/open:$PATH"
    local status=0
    as_ordinary_user run -- no-such-command 2>"$work/errors" || status=$?
    equal "no such command" 127 "$status"
    grep -q 'no-such-command: No such file' "$work/errors" || fail "$(cat "$work/errors")"
    status=0
    "$work/glasshsm" run -- no-program 2>"$work/errors" || status=$?
    equal "not executable" 126 "$status"
}

# --- Level 2 ---

no_network_needs_namespaces() {
    equal "exit status" 125 "$(status_of "$glasshsm" run --no-network -- true)"
    grep -q 'no-network works with namespaces only' "$work/errors" || fail "$(cat "$work/errors")"
}

# --- Level 1 ---

# What a command without network says of itself.
in_no_network='id -u; id -g; cat /proc/net/dev | tail -n +3 | cut -d: -f1
    "$0" status --json | grep -o "\"attached\":true"; exit 3'

no_network_but_a_reader() {
    local status=0
    "$glasshsm" run --no-network -- sh -c "$in_no_network" "$glasshsm" >"$work/said" || status=$?
    equal "exit status" 3 "$status"
    equal "user, group, networks, card" \
        "$(printf '%s\n' "$(id -u)" "$(id -g)" '    lo' '"attached":true')" "$(cat "$work/said")"
}

ordinary_user_without_network() {
    local status=0
    as_ordinary_user run --no-network -- sh -c "$in_no_network" "$work/glasshsm" \
        >"$work/said" || status=$?
    equal "exit status" 3 "$status"
    equal "user, group, networks, card" \
        "$(printf '%s\n' 65534 65534 '    lo' '"attached":true')" "$(cat "$work/said")"
}

"$2"
