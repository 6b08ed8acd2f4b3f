#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The systemd unit gives each token a user and folders of its own, hides those of the others, and does
not restart what would fail again. Its filter of system calls lets the daemon confine itself, and a
daemon that may not confine itself does not start. systemd itself reads it, where it is installed.

test_unit.py UNIT GLASSHSMD NO_NAMESPACES
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# docs/ARCHITECTURE.md tells them: 2 and what refuses a store; 20 medium failed, 22 self-test, 23 contradiction.
IN_USE = 18
NO_READER = 21
LASTING = {2, *range(10, 24)} - {IN_USE, NO_READER}
SOURCES = Path(__file__).resolve().parents[2] / "daemon"
LANDLOCK_UNKNOWN = ("landlock-unknown", "landlock-off")
LANDLOCK_FORBIDDEN = ("landlock-forbidden", "landlock-rules-forbidden", "landlock-end-forbidden")
SHARED = ("/var/lib/glasshsm", "/var/lib/glasshsm-anchor", "/run/glasshsm", "/etc/glasshsm")


def settings_of(text):
    found = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).extend(value.split())
    return found


def systemd_reads_it(text, daemon):
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "glasshsmd@.service"
        unit.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={Path(daemon).resolve()}", text))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True,
                              check=False)
        complaints = [line for line in done.stderr.splitlines() if "glasshsmd" in line and "pcscd" not in line]
        assert not complaints, complaints


def sets_of_systemd():
    """Its named sets of system calls, as it prints them: the members are indented."""
    done = subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True, check=True)
    sets, members = {}, []
    for line in done.stdout.splitlines():
        word = line.strip()
        if line.startswith("@"):
            members = sets.setdefault(word, [])
        elif line.startswith(" ") and not word.startswith("#"):
            members.append(word)
    return sets


def expand(sets, name):
    return set().union(*(expand(sets, member) for member in sets[name])) if name.startswith("@") else {name}


def filter_of(text):
    """The calls that the unit leaves: systemd.exec(5), a list that begins as one of what is allowed."""
    sets = sets_of_systemd()
    left = expand(sets, "@default")
    for value in re.findall(r"(?m)^SystemCallFilter=(.+)", text):
        named = set().union(*(expand(sets, name) for name in value.removeprefix("~").split()))
        left = left - named if value.startswith("~") else left | named
    return left


def needed():
    """What the daemon's own lists name, and the calls that have no function in the C library."""
    named = set(re.findall(r"SCMP_SYS\((\w+)\)", (SOURCES / "sandbox.c").read_text()))
    made = set(re.findall(r"SYS_(landlock_\w+)", (SOURCES / "confine.c").read_text()))
    assert len(named) > 50 and len(made) == 3, (named, made)
    return named | made | {"mlockall", "clone3", "execve", "setrlimit", "prlimit64"}


def start(how, daemon, runner, *options):
    """Its status and messages; one that is ready is ended."""
    with tempfile.TemporaryDirectory() as folder:
        command = [runner, how, daemon, "--ephemeral", f"--admin.socket={folder}/socket", *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            said = ""
            for line in process.stderr:
                said += line
                if "event=ready" in line:
                    process.terminate()
        return process.returncode, said


def unit_lets_the_daemon_confine_itself(text, daemon, runner):
    left = filter_of(text)
    assert needed() <= left, needed() - left
    with tempfile.NamedTemporaryFile("w") as names:
        names.write("\n".join(left))
        names.flush()
        status, said = start(names.name, daemon, runner)
    assert status == 0 and "files_confined=yes" in said, (status, said)


def who_may_not_confine_himself_does_not_start(daemon, runner):
    for how in LANDLOCK_UNKNOWN:
        status, said = start(how, daemon, runner)
        assert status == 0 and "files_confined=no" in said, (how, status, said)
    for how in LANDLOCK_FORBIDDEN:
        status, said = start(how, daemon, runner)
        assert status == 1 and "event=ready" not in said, (how, status, said)
        assert "landlock_" in said and "sandbox.files" in said, (how, said)
        status, said = start(how, daemon, runner, "--sandbox.files=no")
        assert status == 0 and "files_confined=no" in said, (how, status, said)


def kernel_has_landlock(daemon, runner):
    status, said = start("apparmor", daemon, runner)  # a filter that is none for a daemon
    assert status == 0 and "event=ready" in said, (status, said)
    return "files_confined=yes" in said


def main():
    text = Path(sys.argv[1]).read_text()
    settings = settings_of(text)
    assert settings["User"] == settings["Group"] == ["glasshsm-%i"], settings["User"]
    statuses = set(map(int, settings["RestartPreventExitStatus"]))
    assert statuses == LASTING, statuses
    hidden = [path.removesuffix(":ro") for path in settings["TemporaryFileSystem"]]
    assert sorted(hidden) == sorted(SHARED), hidden
    for key in ("BindPaths", "BindReadOnlyPaths", "StateDirectory", "RuntimeDirectory"):
        assert all("/%i" in value for value in settings[key]), settings[key]
    # Other addresses than this machine's: neither the daemon's filter nor Landlock looks at them.
    assert settings["IPAddressDeny"] == ["any"] and settings["IPAddressAllow"] == ["localhost"], settings
    for option in settings["ExecStart"][1:]:
        assert "%i" in option, option
    if shutil.which("systemd-analyze"):
        systemd_reads_it(text, sys.argv[2])
    if kernel_has_landlock(*sys.argv[2:]):
        who_may_not_confine_himself_does_not_start(*sys.argv[2:])
        if shutil.which("systemd-analyze"):
            unit_lets_the_daemon_confine_itself(text, *sys.argv[2:])


main()
