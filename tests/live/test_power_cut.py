#!/usr/bin/python3
"""The daemon is killed at work, again and again: the store opens every time; keys that were
acknowledged work; every signature that was given out has its record; and no PIN try comes back."""
import harness

ROUNDS = 12
IN_FLIGHT = 6
SIGN, GENERATED = 40, 30  # actions: formats/audit_record.h


class Ledger:
    """What the host has been told."""

    def __init__(self):
        self.keys = set()
        self.signatures = 0
        self.tries = 10


def count(records, action):
    return sum(record["act"] == action and record["sw"] == "9000" for record in records)


def log_in(reader, ledger):
    reader.expect(harness.verify())
    ledger.tries = 10


def tries(reader):
    status = reader.status(harness.QUERY_USER)
    assert status.startswith("63c"), status
    return int(status[3], 16)


def kept_what_was_promised(reader, ledger):
    assert tries(reader) <= ledger.tries, "a try came back"
    log_in(reader, ledger)
    listed = reader.expect(harness.ENUMERATE)
    pairs = {listed[i : i + 2] for i in range(0, len(listed), 2)}
    for key in ledger.keys:
        assert bytes([0xCC, key]) in pairs, f"key {key} is lost"
        reader.expect(harness.sign_ec(key))
        ledger.signatures += 1


def die_signing(reader, daemon, ledger, answers):
    """With commands on their way, after some answers."""
    for _ in range(IN_FLIGHT):
        reader.send(harness.sign_ec(1))
    for _ in range(answers):
        assert reader.receive()[-2:] == b"\x90\0"
        ledger.signatures += 1
    daemon.kill()


def die_making_a_key(reader, daemon, ledger, number):
    reader.expect(harness.generate_p256(number))
    ledger.keys.add(number)
    reader.send(harness.generate_p256(number + 1))
    daemon.kill()


def die_guessing(reader, daemon, ledger, guesses):
    reader.reset()
    for _ in range(guesses):
        ledger.tries = int(reader.status(harness.verify(b"000000"))[3], 16)
    reader.send(harness.verify(b"111111"))
    daemon.kill()


def body(world):
    place = world.new_store()
    reader = harness.Reader()
    ledger = Ledger()
    daemon = world.daemon(place).ready()
    reader.accept()
    reader.expect(harness.initialize(tries=10))
    for round_number in range(ROUNDS):
        die = (die_making_a_key, die_signing, die_guessing)[round_number % 3]
        if round_number == 0:
            die(reader, daemon, ledger, 1)
        elif die is die_making_a_key:
            die(reader, daemon, ledger, 10 * round_number)
        else:
            die(reader, daemon, ledger, round_number % IN_FLIGHT)
        daemon = world.daemon(place).ready()
        reader.accept()
        kept_what_was_promised(reader, ledger)
    daemon.kill()

    records = harness.records(place)
    assert count(records, SIGN) >= ledger.signatures, "a signature has no record"
    assert count(records, SIGN) <= ledger.signatures + ROUNDS * IN_FLIGHT
    assert count(records, GENERATED) >= len(ledger.keys)
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))


harness.run(body)
