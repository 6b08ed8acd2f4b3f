#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tool, its keeper or its guard is killed at many moments of the start of a private world: nothing is
left, no process and no file.

test_killed_start.py GLASSHSM LEVEL
"""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time

MOMENTS = 14
STEP = 0.017  # seconds; the moment is what is varied, nothing waits for it
LIMIT = 30
WHO = ('tool', 'keeper', 'guard')  # each the parent of the next
PR_SET_CHILD_SUBREAPER = 36


def children_of(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as listing:
            return [int(child) for child in listing.read().split()]
    except OSError:
        return []


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass
    except ChildProcessError:
        pass


def nothing_left(folder):
    """Within the limit: the end is asynchronous when nobody is left to wait for it."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        reap()
        if not children_of(os.getpid()) and not os.listdir(folder):
            return True
        time.sleep(0.005)
    return False


def kill(victim):
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        pass


def one(tool, level, folder, moment, whom):
    with subprocess.Popen([tool, 'run', '--level', level, '--', 'true'],
                          env=dict(os.environ, XDG_RUNTIME_DIR=folder),
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as world:
        time.sleep(moment)
        victims = [world.pid]
        for _ in range(WHO.index(whom)):
            victims = [child for victim in victims for child in children_of(victim)[:1]]
        for victim in victims:
            kill(victim)
        world.wait()
    if not nothing_left(folder):
        sys.exit(f'{whom} killed after {moment} s: left {children_of(os.getpid())}, '
                 f'{os.listdir(folder)}')


def main():
    if not os.path.exists('/usr/sbin/pcscd'):
        print('skipped: pcscd is not installed')
        sys.exit(77)
    # What outlives a world becomes our child.
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit('cannot become a subreaper')
    with tempfile.TemporaryDirectory() as folder:
        for number in range(MOMENTS):
            for whom in WHO:
                one(sys.argv[1], sys.argv[2], folder, number * STEP, whom)


main()
