#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon is killed at work, or loses its reader, again and again: the store opens every time;
keys that were acknowledged work; every signature that was given out has its record, and so have a
changed PIN and an initialised device; and no PIN try comes back.

50 times; with GLASSHSM_LONG in the environment 2,000."""
import os
import random
import time

import harness

ROUNDS = 2000 if os.environ.get("GLASSHSM_LONG") else 50
IN_FLIGHT = 6
TRIES = 10
KEYS_MAX = 40
CHANGED, INITIALIZED, SIGN, GENERATED = 12, 21, 40, 30  # actions: formats/audit_record.h
DELAY = 0.004  # seconds at most from a command to the kill; a PIN is changed in one or two


class Ledger:
    """What the host has been told."""

    def __init__(self):
        self.pin, self.other_pin = harness.USER_PIN, b"314159"
        self.keys = set()
        self.signatures = self.generated = 0
        self.tries = TRIES
        self.seen = 0  # records
        self.counts = {CHANGED: 0, INITIALIZED: 0, SIGN: 0, GENERATED: 0}
        self.chance = random.Random(1)


def read_log(daemon, ledger):
    """Counts what was done, record by record."""
    for record in harness.log_since(daemon, ledger.seen):
        ledger.seen = record["seq"]
        if record["act"] in ledger.counts and record["sw"] == "9000":
            ledger.counts[record["act"]] += 1
    return dict(ledger.counts)


def tries(reader):
    status = reader.status(harness.QUERY_USER)
    assert status.startswith("63c"), status
    return int(status[3], 16)


def sign(reader, ledger, key):
    reader.expect(harness.sign_ec(key))
    ledger.signatures += 1


def generate(reader, ledger, key):
    reader.expect(harness.generate_p256(key))
    ledger.keys.add(key)
    ledger.generated += 1


def listed_keys(reader):
    listed = reader.expect(harness.ENUMERATE)
    pairs = (listed[i : i + 2] for i in range(0, len(listed), 2))
    return {pair[1] for pair in pairs if pair[0] == 0xCC and pair[1]}


# --- Ways to end. Each gets the number of a key that is free. ---


def wait_a_moment(ledger):
    time.sleep(ledger.chance.random() * DELAY)


def signing(reader, ledger, _number):
    """With commands on their way, after some answers."""
    for _ in range(IN_FLIGHT):
        reader.send(harness.sign_ec(1))
    for _ in range(ledger.chance.randrange(IN_FLIGHT)):
        assert reader.receive()[-2:] == b"\x90\0"
        ledger.signatures += 1


def making_a_key(reader, ledger, number):
    generate(reader, ledger, number)
    reader.send(harness.generate_p256(number + 1))
    wait_a_moment(ledger)


def guessing(reader, ledger, _number):
    reader.reset()
    for _ in range(ledger.chance.randrange(3)):
        ledger.tries = int(reader.status(harness.verify(b"000000"))[3], 16)
    reader.send(harness.verify(b"111111"))
    wait_a_moment(ledger)


def changing_the_pin(reader, ledger, _number):
    reader.send(harness.apdu("00240081", ledger.pin + ledger.other_pin))
    wait_a_moment(ledger)


def initializing(reader, ledger, _number):
    reader.send(harness.initialize(ledger.pin, tries=TRIES))
    wait_a_moment(ledger)


WAYS = (making_a_key, signing, guessing, changing_the_pin, initializing)


def hang_up(reader, _world, _place, daemon):
    """The daemon comes back by itself."""
    reader.drop()
    reader.accept()
    return daemon


def kill(reader, world, place, daemon):
    daemon.kill()
    daemon = world.daemon(place).ready()
    reader.accept()
    return daemon


# --- What must hold ---


def took_place(reader, daemon, ledger):
    """What was under way has happened if its record is there, and only then."""
    before = dict(ledger.counts)
    now = read_log(daemon, ledger)
    if now[CHANGED] > before[CHANGED]:
        ledger.pin, ledger.other_pin = ledger.other_pin, ledger.pin
        ledger.tries = TRIES
    if now[INITIALIZED] > before[INITIALIZED]:
        ledger.keys.clear()
        ledger.tries = TRIES
        assert not listed_keys(reader)


def kept_what_was_promised(reader, ledger):
    assert tries(reader) <= ledger.tries, "a try came back"
    reader.expect(harness.verify(ledger.pin))
    ledger.tries = TRIES
    there = listed_keys(reader)
    assert ledger.keys <= there, f"keys are lost: {ledger.keys - there}"
    for key in there - ledger.keys:  # made, but not told
        ledger.keys.add(key)
    for key in ledger.chance.sample(sorted(there), min(3, len(there))):
        sign(reader, ledger, key)
    if 1 not in there:
        generate(reader, ledger, 1)


def body(world):
    place = world.new_store()
    reader = harness.Reader()
    ledger = Ledger()
    daemon = world.daemon(place).ready()
    reader.accept()
    reader.expect(harness.initialize(tries=TRIES))
    generate(reader, ledger, 1)
    read_log(daemon, ledger)
    for number in range(ROUNDS):
        free = max(ledger.keys) + 1
        if free > KEYS_MAX:
            reader.expect(harness.initialize(ledger.pin, tries=TRIES))
            ledger.keys.clear()
            generate(reader, ledger, 1)
            read_log(daemon, ledger)
            free = 2
        WAYS[number % len(WAYS)](reader, ledger, free)
        end = hang_up if number % 3 == 2 else kill
        daemon = end(reader, world, place, daemon)
        took_place(reader, daemon, ledger)
        kept_what_was_promised(reader, ledger)
    assert daemon.stop() == 0

    records = harness.records(place)
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    done = [record["act"] for record in records if record["sw"] == "9000"]
    assert done.count(SIGN) >= ledger.signatures, "a signature has no record"
    assert done.count(SIGN) <= ledger.signatures + ROUNDS * IN_FLIGHT
    assert done.count(GENERATED) >= ledger.generated
    print({action: done.count(action) for action in ledger.counts}, f"{len(records)} records")


harness.run(body)
