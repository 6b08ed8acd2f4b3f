#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A terminal's signals reach the command of `glasshsm run` once; before there is a command, they
end the tool, and the command is not run. Usage: test_terminal.py TOOL"""
import os
import signal
import sys
import time

from terminal import read_until, rest_of, start, status_of

SHELL = """
trap 'echo interrupted' INT
echo ready
while :; do read -r word; [ "$word" = end ] && exit 5; done
"""


def descendants_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listing:
            children = [int(child) for child in listing.read().split()]
    except OSError:
        children = []
    return children + [other for child in children for other in descendants_of(child)]


def comm_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
            return comm.read().strip()
    except OSError:
        return ""


def once(tool):
    child, terminal = start(tool, "run", "--", "sh", "-c", SHELL)
    read_until(terminal, b"ready")
    os.write(terminal, b"\x03")  # Ctrl-C, to the whole foreground process group
    seen = read_until(terminal, b"interrupted\r\n")
    os.write(terminal, b"end\n")
    seen += rest_of(terminal)
    status = status_of(child)
    assert status == 5 and seen.count(b"interrupted") == 1, (status, seen)


def stop_the_daemon(child):
    """So that the start waits for it."""
    while True:
        for pid in descendants_of(child):
            if comm_of(pid) == "glasshsmd":
                os.kill(pid, signal.SIGSTOP)
                return


def before_the_command(tool):
    for key, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)):
        child, terminal = start(tool, "run", "--", "echo", "the command runs")
        stop_the_daemon(child)
        begin = time.monotonic()
        os.write(terminal, key)
        seen = rest_of(terminal)
        status = status_of(child)
        assert status == 128 + number, (status, seen)
        assert b"the command runs" not in seen, seen
        assert time.monotonic() - begin < 10  # and not the 15 that a start may take


def what_ends_nobody_does_not_end_it(tool):
    """The terminal's window changes while the world starts."""
    child, terminal = start(tool, "run", "--", "echo", "the command runs")
    while "glasshsmd" not in map(comm_of, descendants_of(child)):
        os.kill(child, signal.SIGWINCH)
    os.kill(child, signal.SIGWINCH)
    seen = rest_of(terminal)
    status = status_of(child)
    assert status == 0 and b"the command runs" in seen, (status, seen)


def main(tool):
    if not os.path.exists("/usr/sbin/pcscd"):
        print("skipped: pcscd is not installed")
        return 77
    once(tool)
    before_the_command(tool)
    what_ends_nobody_does_not_end_it(tool)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
