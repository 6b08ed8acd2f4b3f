#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A reader that is not there, goes, comes back, is taken by another card, or talks nonsense: the
daemon says so in one line, and is back within a second of the reader's return."""
import time

import harness

BACK = 1.0  # seconds
NO_READER = 21  # exit status


def count(daemon, event):
    return daemon.messages().count(f"event={event} ")


def await_return(reader, daemon):
    """How long it took, in seconds."""
    before = time.monotonic()
    reader.accept()
    took = time.monotonic() - before
    harness.within(harness.LIMIT, lambda: daemon.ask("status")["attached"])
    return took


def missing_reader_is_told_once(world):
    daemon = world.daemon().ready()
    daemon.await_message("event=no_reader")
    assert "advice=" in daemon.messages()
    assert daemon.ask("status")["attached"] is False
    reader = harness.Reader()
    await_return(reader, daemon)
    reader.close()
    assert daemon.stop() == 0
    assert count(daemon, "no_reader") == 1


def missing_reader_can_end_it(world):
    daemon = world.daemon(reader__retry="exit")
    assert daemon.wait() == NO_READER


def reader_goes_and_comes_back(world):
    """With its login gone, and its keys not."""
    reader = harness.Reader()
    daemon = world.daemon().ready()
    reader.accept()
    reader.expect(harness.verify())
    reader.expect(harness.generate_p256(1))
    took = []
    for _ in range(3):
        reader.close()
        daemon.await_message("event=detached")
        reader = harness.Reader()
        took.append(await_return(reader, daemon))
        assert reader.status(harness.sign_ec(1)) == "6982"
        reader.expect(harness.verify())
        reader.expect(harness.sign_ec(1))
    assert min(took) < BACK, took  # the machine may be busy with other things once or twice
    reader.close()
    assert daemon.stop() == 0


def half_a_frame_is_no_command(world):
    """Whatever part of a command comes before the line is cut, nothing of it is done."""
    guess = harness.verify(b"000000")  # it would spend a try
    command = len(guess).to_bytes(2, "big") + guess
    reader = harness.Reader()
    daemon = world.daemon().ready()
    reader.accept()
    before = reader.status(harness.QUERY_USER)
    for size in range(1, len(command)):
        reader.send_raw(command[:size])
        reader.drop()
        reader.accept()
        assert reader.status(harness.QUERY_USER) == before
    reader.expect(harness.verify())
    reader.close()
    assert daemon.stop() == 0


def nonsense_is_answered_and_changes_nothing(world):
    reader = harness.Reader()
    daemon = world.daemon().ready()
    reader.accept()
    before = daemon.ask("status")["store"]
    for frame in (b"", b"\x03", b"\xff"):  # empty, and controls that nobody knows: ignored
        reader.send(frame)
    for command in (b"\0\0", b"\xff" * 5, b"\0\xa4" * 100, b"\0" * 65535, b"\0\x20\0\x81\xff\0"):
        assert reader.status(command)[0] == "6"
    assert reader.atr() == reader.atr()
    assert daemon.ask("status")["store"] == before
    reader.close()
    assert daemon.stop() == 0


def occupied_slot_is_told_and_waited_for(world):
    """As vpcd does, the reader takes one card and leaves the other in its backlog."""
    reader = harness.Reader()
    first = world.daemon(token__name="first").ready()
    reader.accept()
    second = world.daemon(token__name="second").ready()
    second.await_message("event=reader_occupied")
    assert second.ask("status")["attached"] is False
    reader.expect(harness.verify())
    assert first.stop() == 0
    await_return(reader, second)
    reader.expect(harness.verify())
    reader.close()
    assert second.stop() == 0
    assert count(second, "reader_occupied") == 1


def looking_for_the_card_costs_nothing(world):
    """pcscd asks for the ATR 2.5 times a second for ever: no log line, no commit, no write."""
    reader = harness.Reader()
    place = world.new_store()
    daemon = world.daemon(place).ready()
    reader.accept()
    harness.within(harness.LIMIT, lambda: daemon.ask("status")["attached"])
    status, messages = daemon.ask("status"), daemon.messages()
    files = {path.name: path.stat().st_mtime_ns for path in place.iterdir()}
    for _ in range(500):
        reader.atr()
    assert daemon.ask("status") == status
    assert daemon.messages() == messages
    assert {path.name: path.stat().st_mtime_ns for path in place.iterdir()} == files
    reader.close()
    assert daemon.stop() == 0


def body(world):
    missing_reader_is_told_once(world)
    missing_reader_can_end_it(world)
    reader_goes_and_comes_back(world)
    half_a_frame_is_no_command(world)
    nonsense_is_answered_and_changes_nothing(world)
    occupied_slot_is_told_and_waited_for(world)
    looking_for_the_card_costs_nothing(world)


harness.run(body)
