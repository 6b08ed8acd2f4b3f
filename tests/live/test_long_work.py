#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""While a large key is made: the daemon answers what it is asked at once, and gives the work up
when it is told to, when the reader goes away, and when it is to end; nothing is changed then."""
import time

import harness

SOON = 0.1  # seconds; the promise is about a status, not about a benchmark
SIZE = 4096
TRIES = 20  # a lucky prime search may end before anybody can stop it


def prepared(world):
    reader = harness.Reader()
    place = world.new_store()
    daemon = world.daemon(place).ready()
    reader.accept()
    reader.expect(harness.initialize())
    return reader, daemon, place


def start_generation(reader, daemon):
    reader.send(harness.generate_rsa(1, SIZE))
    harness.within(harness.LIMIT, lambda: daemon.ask("status")["command"])


def status_answers_at_once(reader, daemon):
    """Through the tool, as a user asks, its own start included. A machine that is busy with other
    things gets several chances: a daemon that makes its callers wait for the key has none."""
    took_longer = []
    for _ in range(TRIES):
        start_generation(reader, daemon)
        before = time.monotonic()
        told = harness.tool("status", "--json", "--socket", str(daemon.socket))
        took = time.monotonic() - before
        assert told.returncode == 0, told.stderr
        busy = '"name":"GENERATE ASYMMETRIC KEY PAIR"' in told.stdout
        daemon.ask("cancel")
        reader.receive()
        if busy and took < SOON:
            return
        took_longer.append(f"{took * 1000:.0f} ms{'' if busy else ', too late'}")
    raise AssertionError(f"no status met the generation in time: {took_longer}")


def cancel_stops_it(reader, daemon):
    for _ in range(TRIES):
        before = reader.expect(harness.ENUMERATE)
        start_generation(reader, daemon)
        told = harness.tool("cancel", "--socket", str(daemon.socket))
        assert told.returncode == 0, told.stderr
        answer = reader.receive()
        if told.stdout != "GENERATE ASYMMETRIC KEY PAIR is being stopped\n":
            assert told.stdout == "nothing was running\n", told.stdout
            continue
        if answer == b"\x64\x00":
            assert reader.expect(harness.ENUMERATE) == before
            return
    raise AssertionError("no generation was stopped")


def reader_that_leaves_stops_it(reader, daemon):
    """And takes the session with it."""
    start_generation(reader, daemon)
    reader.drop()
    harness.within(harness.LIMIT, lambda: not daemon.ask("status")["command"])
    reader.accept()
    assert reader.status(harness.generate_p256(2)) == "6982"
    reader.expect(harness.verify())


def work_goes_on(reader, daemon):
    reader.expect(harness.generate_p256(2))
    reader.expect(harness.sign_ec(2))
    assert daemon.ask("cancel") == {"cancelled": False, "command": None}
    reader.expect(harness.sign_ec(2))


def end_stops_it(reader, daemon):
    start_generation(reader, daemon)
    before = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - before < 5


def body(world):
    reader, daemon, place = prepared(world)
    status_answers_at_once(reader, daemon)
    cancel_stops_it(reader, daemon)
    reader_that_leaves_stops_it(reader, daemon)
    work_goes_on(reader, daemon)
    end_stops_it(reader, daemon)
    told = [record["sw"] for record in harness.records(place) if record["act"] == 30]
    assert "6400" in told, "what was stopped is on record"


harness.run(body)
