# SPDX-License-Identifier: Apache-2.0
"""A long log costs what is asked of it, and copies of it do not stop the card: the last records are
read alone; while a snapshot of the log or of the store is made, commands are answered.

Here by counting lines, and the commands that were answered meanwhile. GLASSHSM_LONG: a million records,
and the goals in seconds, which a machine with nothing else to do meets."""
import json
import os
import socket
import threading
import time

import harness

LONG = bool(os.environ.get("GLASSHSM_LONG"))
RECORDS = 1000000 if LONG else 20000
# Seconds; on a million records.
LAST_GOAL, SNAPSHOT_GOAL, VERIFY_GOAL, STOP_GOAL = 0.05, 10, 5, 0.05


class Proxy(threading.Thread):
    """Between tool and daemon: counts the records that pass."""

    def __init__(self, world, daemon):
        super().__init__(daemon=True)
        self.path, self.to, self.records = world.path("proxy.sock"), daemon.socket, 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(1)
        self.start()

    def run(self):
        while True:
            tool = self.listener.accept()[0]
            with socket.socket(socket.AF_UNIX) as there, tool:
                there.connect(str(self.to))
                back = threading.Thread(target=self.answers, args=(there, tool))
                back.start()
                while more := tool.recv(65536):
                    there.sendall(more)
                there.shutdown(socket.SHUT_RDWR)
                back.join()

    def answers(self, there, tool):
        while more := there.recv(65536):
            self.records += more.count(b'"prev":"')
            tool.sendall(more)


class Host(threading.Thread):
    """Asks the card without a pause, and notes when each answer came; and how many commands were sent and
    answered while a copy of the store was in the making."""

    def __init__(self, reader, part):
        super().__init__()
        self.reader, self.part, self.done, self.times, self.within = reader, part, False, [], 0

    def run(self):
        while not self.done:
            copying = self.part.exists()
            begin = time.monotonic()
            self.reader.expect(harness.SELECT)
            self.times.append((begin, time.monotonic()))
            self.within += copying and self.part.exists()

    def longest(self, begin, end):
        return max(min(b, end) - max(a, begin) for a, b in self.times if b > begin and a < end)


def timed(work):
    begin = time.monotonic()
    result = work()
    return result, begin, time.monotonic()


def met(what, seconds, goal):
    print(f"{what}: {seconds:.3f} s, goal {goal} s")
    return not LONG or seconds <= goal


def done(*arguments):
    result = harness.tool(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def last_records(world, daemon):
    proxy = Proxy(world, daemon)
    for options, most in ((["--last", "10"], 12), (["--last", "1", "--action", "power on"], 40)):
        proxy.records = 0
        shown = done("log", "show", "--json", *options, "--socket", proxy.path).splitlines()
        assert len(shown) == int(options[1]), shown
        assert proxy.records <= most, f"{proxy.records} records were sent for {options}"
    numbers = [json.loads(line)["seq"] for line in
               done("log", "show", "--json", "--last", "10", "--socket", daemon.socket).splitlines()]
    assert numbers == list(range(numbers[0], numbers[0] + 10)) and numbers[-1] >= RECORDS, numbers
    _, begin, end = timed(lambda: done("log", "show", "--last", "10", "--socket", daemon.socket))
    return met("last 10 records", end - begin, LAST_GOAL)


def card_goes_on(what, host, work):
    """How long the card stopped at most, and what the work took."""
    _, begin, end = timed(work)
    good = met(f"{what}, longest stop of the card", host.longest(begin, end), STOP_GOAL)
    return good, end - begin


def body(world):
    place = world.new_store()
    filled = harness.call("tests/support/fill_log", place, str(RECORDS))
    assert filled.returncode == 0, filled.stderr
    reader = harness.Reader()
    daemon = world.daemon(place, allow_clone="yes").ready()
    reader.accept()
    reader.power_on()
    good = [last_records(world, daemon)]

    host = Host(reader, place / "token.snapshot.part")
    host.start()
    log, copy = world.path("log"), world.path("copy")
    try:
        stops, seconds = card_goes_on("log snapshot", host, lambda: done("log", "snapshot", "--socket", daemon.socket, log))
        good += [stops, met("log snapshot", seconds, SNAPSHOT_GOAL)]
        stops, seconds = card_goes_on("store snapshot", host, lambda: done("store", "snapshot", "--socket", daemon.socket, copy))
        good += [stops]
        print(f"store snapshot: {seconds:.3f} s, {host.within} commands in the midst of it")
        assert host.within >= 5, "it was not made in steps"
    finally:
        host.done = True
        host.join()
    receipt = world.path("receipt")
    done("log", "receipt", "--socket", daemon.socket, receipt)
    _, begin, end = timed(lambda: done("log", "verify", "--json", "--new", log, "--receipt", receipt))
    good += [met("log verify", end - begin, VERIFY_GOAL)]
    daemon.stop()

    # The copy is a store, and the log says when it was made.
    done("store", "restore", "--key-file", place / "seal.key", copy, world.path("restored"))
    done("store", "verify", world.path("restored"))
    actions = [record["act"] for record in harness.records(world.path("restored"))[-4:]]
    assert 72 in actions, actions
    assert all(good), "a goal was missed"


harness.run(body)
