#!/usr/bin/python3
"""A terminal's signals reach the command of `glasshsm run` once. Usage: test_terminal.py TOOL"""
import os
import pty
import sys

SHELL = """
trap 'echo interrupted' INT
echo ready
while :; do read -r word; [ "$word" = end ] && exit 5; done
"""


def read_until(terminal, word, seen=b""):
    while word not in seen:
        seen += os.read(terminal, 1000)
    return seen


def main(tool):
    if not os.path.exists("/usr/sbin/pcscd"):
        return 77
    child, terminal = pty.fork()
    if child == 0:
        os.execv(tool, [tool, "run", "--", "sh", "-c", SHELL])
    read_until(terminal, b"ready")
    os.write(terminal, b"\x03")  # Ctrl-C, to the whole foreground process group
    seen = read_until(terminal, b"interrupted\r\n")
    os.write(terminal, b"end\n")
    try:
        seen = read_until(terminal, b"nothing more", seen)
    except OSError:  # the terminal's other side is closed
        pass
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(f"exit status {status}, said {seen!r}")
    return 0 if status == 5 and seen.count(b"interrupted") == 1 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
