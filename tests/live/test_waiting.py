#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Waiting and stopping, as a person at a terminal sees it: Ctrl-C during a long command cancels it
and leaves nothing; who waits for a busy token is told why. Usage: test_waiting.py TOOL"""
import json
import os
import pty
import signal
import subprocess
import sys
import time

LONG = ("key", "generate", "rsa:8192", "05", "--label", "never", "--pin-env", "PIN")
INTERRUPT = b"\x03"


def on_terminal(tool, *arguments):
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background ignores it
        os.execv(tool, [tool, *arguments])
    return child, terminal


def rest_of(terminal):
    seen = b""
    while True:
        try:
            more = os.read(terminal, 1000)
        except OSError:  # the other side is closed
            return seen
        if not more:
            return seen
        seen += more


def ask(tool, *arguments):
    return json.loads(subprocess.run([tool, *arguments, "--json"], check=True, capture_output=True).stdout)


def await_long_command(tool):
    deadline = time.monotonic() + 30
    while (ask(tool, "status")["command"] or {}).get("running_ms", 0) < 300:
        assert time.monotonic() < deadline, "the token is not busy"
        time.sleep(0.02)


def interrupt_cancels_and_leaves_nothing(tool):
    child, terminal = on_terminal(tool, *LONG)
    await_long_command(tool)
    os.write(terminal, INTERRUPT)
    seen = rest_of(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGINT, seen
    assert b"glasshsm: cancelled: nothing was changed on the token\r\n" in seen, seen
    assert ask(tool, "key", "list") == []
    assert ask(tool, "status")["command"] is None


def who_waits_is_told(tool):
    with subprocess.Popen([tool, *LONG], stderr=subprocess.PIPE) as busy:
        await_long_command(tool)
        serial = ask(tool, "status")["serial"].encode()
        child, terminal = on_terminal(tool, "key", "list")
        seen = b""
        while b"\n" not in seen:
            seen += os.read(terminal, 1000)
        assert seen.startswith(b"glasshsm: the token " + serial + b" is busy: GENERATE"), seen
        assert seen.endswith(b" s; `glasshsm cancel` stops a key generation\r\n"), seen
        ask(tool, "cancel")
        busy.communicate()
        rest_of(terminal)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def interrupt_while_waiting_stops_nobody_else(tool):
    with subprocess.Popen([tool, *LONG], stderr=subprocess.PIPE) as busy:
        await_long_command(tool)
        child, terminal = on_terminal(tool, "key", "list")
        time.sleep(0.3)
        os.write(terminal, INTERRUPT)
        rest_of(terminal)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGINT
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
    who_waits_is_told(tool)
    interrupt_while_waiting_stops_nobody_else(tool)
    return 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
