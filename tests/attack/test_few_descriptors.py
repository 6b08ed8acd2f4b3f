#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`glasshsm run` with too few descriptors ends, and says why, whatever the limit is; and a pcscd that
has too few fills no disk with its complaints.

test_few_descriptors.py GLASSHSM LEVEL
"""

import contextlib
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 20  # seconds, for any of these
MESSAGES_MAX = 256 * 1024
NO_WORLD = 125


def run(tool, level, limits, *command, **more):
    return subprocess.run(
        [tool, "run", "--level", level, "--", *command], stdin=subprocess.DEVNULL, capture_output=True,
        timeout=LIMIT, check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits),
        close_fds=True, **more)


def too_few_are_refused(tool, level, runtime):
    for most in [*range(4, 16), 24, 32, 47]:
        done = run(tool, level, (most, most), "true")
        assert done.returncode == NO_WORLD and done.stderr, (most, done)
        assert not os.listdir(runtime), most


def a_low_limit_of_the_command_is_its_own(tool, level, runtime):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for soft in (4, 10, 11, 12, 20):
        done = run(tool, level, (soft, hard), "sh", "-c", "ulimit -Sn")
        assert done.returncode == 0 and int(done.stdout) == soft, (soft, done)
    assert not os.listdir(runtime)


# --- In the world: pcscd is made to complain ---


def pcscd_above(pid):
    """The pcscd of the world whose command this is: below the parent of us."""
    pending = [pid]
    while pending:
        one = pending.pop()
        with contextlib.suppress(OSError):
            if Path(f"/proc/{one}/comm").read_text().strip() == "pcscd":
                return one
            pending += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
    sys.exit("no pcscd")


def complain():
    path = os.environ["PCSCLITE_CSOCK_NAME"]
    messages = Path(path).parent / "messages"
    pcscd = pcscd_above(os.getppid())
    resource.prlimit(pcscd, resource.RLIMIT_NOFILE, (8, 8))
    most, seen, ended = 0, 0, time.monotonic() + 3
    with contextlib.ExitStack() as held:
        for _ in range(4):
            held.enter_context(socket.socket(socket.AF_UNIX)).connect(path)
        while time.monotonic() < ended and seen < 3:
            size = messages.stat().st_size
            seen += size < most
            most = max(most, size)
    print(f"at most {most} bytes, begun again {seen} times")
    sys.exit(0 if 0 < most <= MESSAGES_MAX + 4096 else f"{most} bytes")


def complaints_fill_no_disk(tool, level, _):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    done = run(tool, level, limits, sys.executable, os.path.abspath(__file__), "complain")
    print(done.stdout.decode(), end="")
    assert done.returncode == 0, done


def main():
    if sys.argv[1] == "complain":
        complain()
    tool, level = os.path.abspath(sys.argv[1]), sys.argv[2]
    if not os.path.exists("/usr/sbin/pcscd"):
        print("skipped: pcscd is not installed")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as runtime:
        os.environ["XDG_RUNTIME_DIR"] = runtime
        for test in (too_few_are_refused, a_low_limit_of_the_command_is_its_own, complaints_fill_no_disk):
            test(tool, level, runtime)


main()
