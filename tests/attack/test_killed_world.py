#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Processes of a running `glasshsm run` are killed with SIGKILL, one and two at a time: nothing is
left, no process and no file, although the command ignores what asks it to end and has descendants in
sessions of their own.

test_killed_world.py GLASSHSM LEVEL [--long]
"""

import ctypes
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

SOON = 2  # seconds, what is promised
LATE = 20  # ... and what a busy machine may need: longer is for ever
PR_SET_CHILD_SUBREAPER = 36
RANDOM_KILLS = 300

COMMAND = """
trap '' TERM HUP INT QUIT
case $1 in
command) setsid sh "$0" session & ;;
session) setsid sh "$0" further & ;;
further) echo up >"$UP" ;;
esac
while :; do sleep 1000; done
"""


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def children_of(pid):
    return [int(child) for child in read(f"/proc/{pid}/task/{pid}/children").split()]


def descendants_of(pid):
    found = []
    for child in children_of(pid):
        found += [child, *descendants_of(child)]
    return found


def start_time(pid):
    """Tells a process from a later one of the same number."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()[19:20]


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass
    except ChildProcessError:
        pass


def kill(victims):
    for victim in victims:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            pass


class World:
    def __init__(self, tool, level, folder, options=()):
        self.folder = folder
        self.up = os.path.join(folder, "up")
        self.runtime = os.path.join(folder, "runtime")
        os.makedirs(self.runtime, exist_ok=True)
        script = os.path.join(folder, "command")
        if not os.path.exists(script):
            os.mkfifo(self.up)
            with open(script, "w", encoding="ascii") as file:
                file.write(COMMAND)
        self.front = subprocess.Popen(
            [tool, "run", "--level", level, *options, "--", "sh", script, "command"],
            env=dict(os.environ, XDG_RUNTIME_DIR=self.runtime, UP=self.up),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def await_command(self):
        with open(self.up, "rb") as up:
            assert up.read() == b"up\n"
        return self

    def roles(self):
        """Each process by what it is."""
        front = self.front.pid
        keeper, = children_of(front)
        guard, = children_of(keeper)
        first, = (child for child in children_of(guard) if "glasshsm run" in read(f"/proc/{child}/cmdline"))
        command, = (child for child in children_of(guard) if child != first)
        inside = {read(f"/proc/{child}/comm").strip(): child for child in children_of(first)}
        further = [child for child in descendants_of(command) if "further" in read(f"/proc/{child}/cmdline")]
        return {"front": front, "keeper": keeper, "guard": guard, "world": first, "command": command,
                "pcscd": inside["pcscd"], "daemon": inside["glasshsmd"], "descendant": further[0]}

    def everybody(self):
        return {pid: start_time(pid) for pid in [self.front.pid, *descendants_of(self.front.pid)]}

    def nothing_left(self, everybody):
        """How long it took."""
        begin = time.monotonic()
        while time.monotonic() < begin + LATE:
            ended = self.front.poll() is not None
            left = [pid for pid, began in everybody.items()
                    if pid != self.front.pid and began and start_time(pid) == began]
            if ended and not left:
                reap()
                if not children_of(os.getpid()) and not os.listdir(self.runtime):
                    return time.monotonic() - begin
            if ended:
                reap()
            time.sleep(0.005)
        what = [(pid, read(f"/proc/{pid}/cmdline")) for pid in left + children_of(os.getpid())]
        kill(pid for pid, _ in what)
        raise AssertionError(f"ended: {ended}; left: {what}, {os.listdir(self.runtime)}")


def kill_roles(tool, level, folder, victims):
    world = World(tool, level, folder).await_command()
    roles, everybody = world.roles(), world.everybody()
    kill(roles[victim] for victim in victims)
    try:
        return world.nothing_left(everybody)
    except AssertionError as why:
        sys.exit(f"{' and '.join(victims)} killed: {why}")


def kill_at_random(tool, level, folder, chance):
    """Also while it starts."""
    world = World(tool, level, folder)
    time.sleep(chance.random() * 0.3)  # the moment is what is varied
    everybody = world.everybody()
    mine = [pid for pid in everybody if not read(f"/proc/{pid}/cmdline").endswith(("session ", "further "))]
    victims = chance.sample(mine, min(len(mine), chance.choice((1, 2))))
    names = [read(f"/proc/{victim}/cmdline") for victim in victims]
    kill(victims)
    everybody.update(world.everybody())
    try:
        world.front.wait(SOON + 1)
    except subprocess.TimeoutExpired:  # who was killed had ended, or was not needed
        kill([world.front.pid])
    try:
        world.nothing_left(everybody)
    except AssertionError as why:
        sys.exit(f"{names} killed: {why}")


ROLES = ("front", "keeper", "guard", "world", "command", "pcscd", "daemon", "descendant")
SHORT = [(role,) for role in ROLES[:-1]] + list(itertools.combinations(ROLES[:4], 2)) + [("pcscd", "daemon")]
LONG = [(role,) for role in ROLES] + list(itertools.combinations(ROLES, 2))


def main():
    tool, level, long = os.path.abspath(sys.argv[1]), sys.argv[2], "--long" in sys.argv
    if not os.path.exists("/usr/sbin/pcscd"):
        print("skipped: pcscd is not installed")
        sys.exit(77)
    # What outlives a world becomes our child.
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("cannot become a subreaper")
    took = {}
    with tempfile.TemporaryDirectory() as folder:
        for victims in LONG if long else SHORT:
            if victims != ("descendant",):  # whose end is nothing to the others
                took[victims] = kill_roles(tool, level, folder, victims)
        print(f"{len(took)} kills, at worst {max(took.values()):.2f} s after {max(took, key=took.get)}")
        late = [victims for victims, seconds in took.items() if seconds > SOON]
        assert len(late) <= len(took) // 5, late  # a busy machine
        chance = random.Random(level)
        for _ in range(RANDOM_KILLS if long else 0):
            kill_at_random(tool, level, folder, chance)
    sys.exit(0)


main()
