#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which level a private world has, by what is forbidden. Usage: test_levels.sh TOOL NO_NAMESPACES
set -eu
glasshsm=$1
no_namespaces=$2
here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

# What is expected, and why; then the command.
starts() {
    local level=$1
    shift
    "$@" -v -- true 2>"$work/errors" || fail "$*: $(cat "$work/errors")"
    grep -q "^glasshsm: level $level, " "$work/errors" || fail "not level $level: $(cat "$work/errors")"
}

refused() { # the words that say what to allow
    local words=$1 status=0
    shift
    "$@" -- true 2>"$work/errors" || status=$?
    equal "exit status of $*" 125 "$status"
    equal "lines that say why" 1 "$(grep -c "$words" "$work/errors")"
}

starts 1 "$glasshsm" run
starts 1 "$glasshsm" run --level 1
starts 2 "$glasshsm" run --level 2
starts 2 "$no_namespaces" container "$glasshsm" run
# Namespaces can be made, but nothing can be done with them: noticed in the middle of the start.
starts 2 "$no_namespaces" apparmor "$glasshsm" run
refused 'forbids user, mount, PID or network namespaces' \
    "$no_namespaces" container "$glasshsm" run --level 1
refused 'forbids .* namespaces.*; without namespaces: .*allow socket' \
    "$no_namespaces" nothing "$glasshsm" run
refused 'allow socket' "$no_namespaces" nothing "$glasshsm" run --level 2

# pcscd would write its pid file over that of the machine's pcscd, and remove it at its end, if it
# could; here it has the rights to do it. In a /run of our own.
in_a_machine_with_pcscd() {
    unshare --user --map-root-user --mount sh -eu -c 'mount -t tmpfs tmpfs /run
        mkdir -m 700 /run/pcscd
        echo machine >/run/pcscd/pcscd.pid
        "$@"
        stat -c "%a %n" /run/pcscd /run/pcscd/*
        cat /run/pcscd/pcscd.pid' sh "$@"
}
in_a_machine_with_pcscd "$glasshsm" run --level 2 -- true >"$work/run" 2>"$work/errors" ||
    fail "$(cat "$work/errors")"
equal "folder and pid file" "$(printf '700 /run/pcscd\n644 /run/pcscd/pcscd.pid\nmachine')" \
    "$(cat "$work/run")"

# pcscd from 2.0 on asks polkit who may use it, unless it is told not to. Here is one that hangs up
# on everybody, and is the installed one when it gets the option; in the place of the machine's.
cp /usr/sbin/pcscd "$work/pcscd"
own_option=$("$work/pcscd" --help | grep -o -e --disable-polkit || true) # where it has that, too
cat >"$work/asks-polkit" <<END
#!/bin/sh
case "\$*" in
*--help*) cat "$work/help" ;;
*' --disable-polkit') exec "$work/pcscd" "\$1" "\$2" "\$3" $own_option ;;
*) exec perl -e 'open(my \$service, "+<&=3"); while (accept(my \$client, \$service)) { close(\$client) }' ;;
esac
END
chmod +x "$work/asks-polkit"
with_pcscd_that_asks() {
    unshare --user --map-root-user --mount sh -eu -c \
        'mount --bind "$1" /usr/sbin/pcscd; shift; exec "$@"' sh "$work/asks-polkit" "$@"
}
echo '  --disable-polkit	disable polkit support' >"$work/help"
starts 1 with_pcscd_that_asks "$glasshsm" run
starts 2 with_pcscd_that_asks "$glasshsm" run --level 2
echo '  --disable-polkit-of-another	nothing that helps' >"$work/help"
refused 'pcscd serves, and refuses us: it asks polkit' with_pcscd_that_asks "$glasshsm" run --level 1
refused 'pcscd serves, and refuses us: it asks polkit' with_pcscd_that_asks "$glasshsm" run --level 2

# The same in JSON, and what doctor finds.
member() { # of the JSON object on standard input
    /usr/bin/python3 -c 'import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    value = value[int(name) if name.isdigit() else name]
print(json.dumps(value))' "$1"
}

"$glasshsm" run --level 1 --json -- true 2>"$work/start"
equal "level" 1 "$(member level <"$work/start")"
equal "port outside of the world" 0 "$(member port <"$work/start")"
equal "no reason" null "$(member why_not_level_1 <"$work/start")"
"$no_namespaces" container "$glasshsm" run --json -- true 2>"$work/start"
equal "level" 2 "$(member level <"$work/start")"
member why_not_level_1 <"$work/start" | grep -q 'forbids' || fail "$(cat "$work/start")"
[ "$(member reached_us.answer <"$work/start")" -gt 0 ] || fail "$(cat "$work/start")"

doctor_says() { # verdict, words, how the tool is run
    local verdict=$1 words=$2
    shift 2
    local got=0
    "$@" "$glasshsm" doctor --json >"$work/found" || got=$?
    [ "$got" = 0 ] || [ "$got" = 50 ] || fail "doctor gave $got"
    equal "row" '"worlds"' "$(member checks.2.check <"$work/found")"
    equal "verdict" "\"$verdict\"" "$(member checks.2.verdict <"$work/found")"
    member checks.2 <"$work/found" | grep -q "$words" || fail "$(cat "$work/found")"
}

doctor_says well 'level 1 (with namespaces) works, level 2 (without) works' env
doctor_says note 'level 1 (with namespaces) does not work, level 2 (without) works.*forbids' \
    "$no_namespaces" container
doctor_says must 'level 1 (with namespaces) does not work, level 2 (without) does not work: .*allow' \
    "$no_namespaces" nothing
doctor_says must 'does not work: .*pcscd serves, and refuses us' with_pcscd_that_asks

# A machine on which nobody else runs anything, and one whose pcscd nobody may use.
alone() {
    unshare --user --map-root-user --mount --net sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh "$@"
}
if [ "$(ulimit -l)" = unlimited ] || [ "$(ulimit -l)" -ge 8192 ]; then
    alone "$glasshsm" doctor >"$work/found" || fail "$(cat "$work/found")"
    equal "what doctor says of a machine that is well" \
        "This machine is well: nothing needs to be done." "$(tail -n 1 "$work/found")"
    equal "rows that are well" "$(grep -c '^[a-z]*  ' "$work/found")" \
        "$(grep -c '^well  ' "$work/found")"
fi
/usr/bin/python3 - "$glasshsm" <<'END'
import os, socket, subprocess, sys, tempfile, threading
path = tempfile.mkdtemp() + "/service"
service = socket.socket(socket.AF_UNIX)
service.bind(path)
service.listen()
def refuse_everybody():
    while True:
        service.accept()[0].close()
threading.Thread(target=refuse_everybody, daemon=True).start()
found = subprocess.run([sys.argv[1], "doctor"], env=os.environ | {"PCSCLITE_CSOCK_NAME": path},
                       capture_output=True, text=True)
os.remove(path)
os.rmdir(os.path.dirname(path))
assert "must  service     polkit forbids this user the use of pcscd" in found.stdout, found
assert found.returncode == 50, found
END
