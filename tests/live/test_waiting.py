#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Waiting and stopping, as a person at a terminal sees it: Ctrl-C during a long command cancels it
and leaves nothing; who waits for a busy token is told why. Usage: test_waiting.py TOOL"""
import json
import os
import signal
import subprocess
import sys
import time

from terminal import rest_of, start, status_of

LONG = ("key", "generate", "rsa:8192", "05", "--label", "never", "--pin-env", "PIN")
INTERRUPT = b"\x03"


def ask(tool, *arguments):
    return json.loads(subprocess.run([tool, *arguments, "--json"], check=True, capture_output=True).stdout)


def await_long_command(tool):
    deadline = time.monotonic() + 30
    while (ask(tool, "status")["command"] or {}).get("running_ms", 0) < 300:
        assert time.monotonic() < deadline, "the token is not busy"
        time.sleep(0.02)


def interrupt_cancels_and_leaves_nothing(tool):
    child, terminal = start(tool, *LONG)
    await_long_command(tool)
    os.write(terminal, INTERRUPT)
    seen = rest_of(terminal)
    assert status_of(child) == -signal.SIGINT, seen
    assert b"glasshsm: cancelled: the token has stopped the command, which changed nothing\r\n" in seen, seen
    assert ask(tool, "key", "list") == []
    assert ask(tool, "status")["command"] is None


def what_is_said_is_so(tool):
    """Ctrl-C at any moment of a command that may just be done: a key that is not there, or one with its label."""
    for number in range(24):
        child, terminal = start(tool, "key", "generate", "rsa:1024", "06", "--label", "maybe", "--pin-env", "PIN")
        time.sleep(0.01 * number)  # the moment is what is varied
        os.write(terminal, INTERRUPT)
        seen = rest_of(terminal)
        status = status_of(child)
        keys = [(key["file"], key["label"]) for key in ask(tool, "key", "list")]
        if status == 0 or b"too late to cancel" in seen:
            assert status == 0 and keys == [("cc06", "maybe")], (status, seen, keys)
            subprocess.run([tool, "key", "delete", "06", "--yes", "--pin-env", "PIN"], check=True)
        else:
            assert status == -signal.SIGINT and keys == [], (status, seen, keys)


def who_waits_is_told(tool):
    with subprocess.Popen([tool, *LONG], stderr=subprocess.PIPE) as busy:
        await_long_command(tool)
        serial = ask(tool, "status")["serial"].encode()
        child, terminal = start(tool, "key", "list")
        seen = b""
        while b"\n" not in seen:
            seen += os.read(terminal, 1000)
        assert seen.startswith(b"glasshsm: the token " + serial + b" is busy: GENERATE"), seen
        assert seen.endswith(b" s; `glasshsm cancel` stops a key generation\r\n"), seen
        ask(tool, "cancel")
        busy.communicate()
        rest_of(terminal)
        assert status_of(child) == 0


def interrupt_while_waiting_stops_nobody_else(tool):
    with subprocess.Popen([tool, *LONG], stderr=subprocess.PIPE) as busy:
        await_long_command(tool)
        child, terminal = start(tool, "key", "list")
        time.sleep(0.3)
        os.write(terminal, INTERRUPT)
        rest_of(terminal)
        assert status_of(child) == -signal.SIGINT
        assert ask(tool, "status")["command"], "somebody else's command was stopped"
        ask(tool, "cancel")
        busy.communicate()


def main(tool):
    if "GLASSHSM_SOCKET" not in os.environ:
        if not os.path.exists("/usr/sbin/pcscd"):
            print("skipped: pcscd is not installed")
            return 77
        os.execv(tool, [tool, "run", "--", sys.executable, __file__, tool])
    os.environ["PIN"] = "648219"
    interrupt_cancels_and_leaves_nothing(tool)
    what_is_said_is_so(tool)
    who_waits_is_told(tool)
    interrupt_while_waiting_stops_nobody_else(tool)
    return 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
