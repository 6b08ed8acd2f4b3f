# SPDX-License-Identifier: Apache-2.0
"""Nobody cries wolf: a token's log is read again and again, while records are added, an auditor
acknowledges (which lets lines go), copies of the store are made and the daemon is started anew. Each
reading is whole and holds, goes on from the one before, and leaves no file where it could not be made.

GLASSHSM_LONG: a thousand readings instead of forty."""
import json
import os
import random
import socket
import threading

import harness

READINGS = 1000 if os.environ.get("GLASSHSM_LONG") else 40
A_LIFE = 20  # readings between two starts of the daemon
AT_REST = 3000  # records that are added while it is down: so reading takes its time
ALARMS = range(51, 58)


class Busy(threading.Thread):
    """Everybody else: what happens to the token meanwhile, as fast as it goes."""

    def __init__(self, daemon, copies):
        super().__init__()
        self.daemon, self.copies, self.done = daemon, copies, False
        self.acknowledged = self.failure = 0

    def run(self):
        try:
            with socket.socket(socket.AF_UNIX) as self.connection:
                self.connection.settimeout(harness.LIMIT)
                self.connection.connect(str(self.daemon.socket))
                self.answers = self.connection.makefile()
                while not self.done:
                    self.turn()
        except BaseException as failure:  # told in the main thread
            self.failure = failure

    def ask(self, **request):
        self.connection.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(self.answers.readline())

    def turn(self):
        for _ in range(random.randrange(30)):
            assert "record" in self.ask(request="note", text="n")
        if self.copies:
            assert "snapshot" in self.ask(request="snapshot"), "no copy"
        told = self.ask(request="acknowledge", note=self.ask(request="checkpoint")["checkpoint"])
        assert told.get("pruned"), told
        self.acknowledged += 1


def tool(*arguments):
    """It may fail, but not with an alarm."""
    result = harness.tool("log", *arguments)
    assert result.returncode not in ALARMS, (arguments, result.returncode, result.stderr)
    return result


class Auditor:
    def __init__(self, world, receipt):
        self.world, self.receipt = world, receipt
        self.kept = None
        self.count = 0

    def new(self, kind):
        self.count += 1
        return self.world.path(f"{kind}-{self.count}")

    def read(self, daemon):
        how = random.choice([self.snapshot, self.snapshot, self.proof, self.show, self.show_last])
        how(daemon.socket)

    def make(self, verb, path, *options):
        result = tool(verb, *options, path)
        assert result.returncode == 0, result.stderr
        assert path.exists()
        return path

    def proof(self, place):
        if self.kept:
            proof = self.make("proof", self.new("proof"), "--socket", place, "--from", self.kept)
            self.must_extend("--old", self.kept, "--proof", proof)
            proof.unlink()

    def snapshot(self, place):
        """Alone; and from the one before, where a proof stands in for what was let go."""
        new = self.make("snapshot", self.new("snapshot"), "--socket", place)
        self.must_extend("--new", new)
        self.proof(place)
        if self.kept:
            self.kept.unlink()
        self.kept = new

    def must_extend(self, *files):
        result = tool("verify", "--receipt", self.receipt, *files)
        assert result.returncode == 0, result.stdout

    def show(self, place):
        result = tool("show", "--json", "--socket", place)
        assert result.returncode == 0, result.stderr
        numbers = [json.loads(line)["seq"] for line in result.stdout.splitlines()]
        assert numbers == sorted(set(numbers)), "each record once, in order"
        gaps = sum(two != one + 1 for one, two in zip(numbers, numbers[1:]))
        assert gaps <= result.stderr.count("pruned meanwhile"), "a gap is explained"

    def show_last(self, place):
        result = tool("show", "--json", "--last", "5", "--socket", place)
        assert result.returncode == 0, result.stderr
        numbers = [json.loads(line)["seq"] for line in result.stdout.splitlines()]
        assert numbers == list(range(numbers[-1] - 4, numbers[-1] + 1)), numbers


def make_long(place):
    result = harness.call("tests/support/fill_log", place, str(AT_REST))
    assert result.returncode == 0, result.stderr


def files_beside(world):
    return sorted(name for name in os.listdir(world.folder) if name.startswith(("snapshot", "proof")))


def body(world):
    place = world.new_store()
    receipt = world.path("receipt")
    assert harness.tool("log", "receipt", "--store", place, receipt).returncode == 0
    auditor, acknowledged = Auditor(world, receipt), 0
    for life in range(READINGS // A_LIFE):
        make_long(place)
        daemon = world.daemon(place, allow_clone="yes").ready()
        if life == 0:
            told = harness.tool("log", "policy", "--keep", "10", "--socket", daemon.socket)
            assert told.returncode == 0, told.stderr
        busy = Busy(daemon, copies=life % 2 == 1)
        busy.start()
        try:
            for _ in range(A_LIFE):
                auditor.read(daemon)
        finally:
            busy.done = True
            busy.join()
        assert not busy.failure, busy.failure
        acknowledged += busy.acknowledged
        # A reader whose daemon goes away leaves nothing, and says what it is.
        daemon.stop()
        gone = world.path("snapshot-gone")
        assert tool("snapshot", "--socket", daemon.socket, gone).returncode == 1
        assert not gone.exists()
    assert acknowledged >= READINGS // 4, f"only {acknowledged} acknowledgements"
    assert files_beside(world) == ([auditor.kept.name] if auditor.kept else []), files_beside(world)
    print(f"{READINGS} readings, {acknowledged} acknowledgements")


harness.run(body)
