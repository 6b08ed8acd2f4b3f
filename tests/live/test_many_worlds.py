#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many private worlds at once, again and again: each has its own token, none leaves anything.

test_many_worlds.py GLASSHSM LEVEL ROUNDS

Eight at a time. In the world with number n the user logs in n times through the reader; its own
daemon must have recorded n logins, and each daemon is another. After each round there is no process
below this one, no file in the folder given to the worlds, no socket in it, and nobody listens on
the worlds' ports.
"""

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

AT_ONCE = 8
PR_SET_CHILD_SUBREAPER = 36
SKIPPED = 77
COMMAND = '''"$0" status --json && opensc-tool "$@" >&2 && "$0" status --json'''


def become_subreaper():
    """What outlives a world becomes our child."""
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit('cannot become a subreaper')


def start(tool, level, folder, number):
    logins = ['-s', '0020008106363438323139'] * number
    return subprocess.Popen([tool, 'run', '--level', level, '--', 'sh', '-c', COMMAND, tool] + logins,
                            env=dict(os.environ, XDG_RUNTIME_DIR=folder),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def told(world):
    """What a world's daemon has said before and after, when it has ended well."""
    out, errors = world.communicate()
    if world.returncode != 0:
        sys.exit(f'a world ended with {world.returncode}: {errors.decode()}')
    before, after = (json.loads(line) for line in out.decode().splitlines())
    return before, after


def children():
    with open(f'/proc/self/task/{os.getpid()}/children', encoding='ascii') as listing:
        return listing.read().split()


def listening():
    """Ports on which anybody listens, on all addresses."""
    with open('/proc/net/tcp', encoding='ascii') as table:
        return {int(port, 16)
                for port in re.findall(r': 00000000:([0-9A-F]{4}) [0-9A-F:]+ 0A', table.read())}


def sockets_in(folder):
    with open('/proc/net/unix', encoding='ascii', errors='replace') as table:
        return [line.split()[-1] for line in table if folder in line]


def one_round(tool, level, folder):
    started = [start(tool, level, folder, number + 1) for number in range(AT_ONCE)]
    worlds = [told(world) for world in started]
    lives = {after['store']['incarnation'] for _, after in worlds}
    assert len(lives) == AT_ONCE, worlds
    for number, (before, after) in enumerate(worlds):
        recorded = after['log']['size'] - before['log']['size']
        assert recorded == number + 1, f'{recorded} of {number + 1} logins'
    assert children() == [], children()
    assert os.listdir(folder) == [], os.listdir(folder)
    assert sockets_in(folder) == [], sockets_in(folder)
    if level == '2':
        ports = {after['port'] for _, after in worlds}
        assert len(ports) == AT_ONCE, ports
        assert not ports & listening(), ports & listening()


def main():
    tool, level, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if not os.path.exists('/usr/sbin/pcscd') or not shutil.which('opensc-tool'):
        print('skipped: pcscd or opensc-tool is not installed')
        sys.exit(SKIPPED)
    become_subreaper()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            try:
                one_round(tool, level, folder)
            except AssertionError as broken:
                sys.exit(f'round {number + 1}: {broken}')


main()
