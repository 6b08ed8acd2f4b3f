#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A key with a use counter signs, and the daemon is killed meanwhile, again and again: every use that
was spent has its record, no signature was given out without one, what the card shows is what was
given less what was spent, and when nothing is left it never signs again.

30 times; with GLASSHSM_LONG in the environment 1,000."""
import os
import random

import harness

ROUNDS = 1000 if os.environ.get("GLASSHSM_LONG") else 30
IN_FLIGHT = 8
USES = 4 * ROUNDS  # fewer than the rounds ask for
KEY = 1
SIGN = 40  # action: formats/audit_record.h
USED_UP = "6984"


def shown(reader):
    """The uses left: DO 90 within A5 of what SELECT tells of the key."""
    told = reader.expect(harness.apdu("00A40000", bytes([0xCC, KEY]), b"\0"))
    at = told.index(b"\x90\x04") + 2
    return int.from_bytes(told[at : at + 4], "big")


class Account:
    def __init__(self):
        self.answered = 0
        self.seen = self.spent = 0  # records; those of signatures
        self.chance = random.Random(2)

    def read_log(self, daemon):
        for record in harness.log_since(daemon, self.seen):
            self.seen = record["seq"]
            self.spent += record["act"] == SIGN and record["sw"] == "9000"

    def sign_a_while(self, reader):
        """Leaves some commands without their answers."""
        for _ in range(IN_FLIGHT):
            reader.send(harness.sign_ec(KEY))
        for _ in range(self.chance.randrange(IN_FLIGHT)):
            status = reader.receive()[-2:].hex()
            assert status in ("9000", USED_UP), status
            self.answered += status == "9000"

    def is_true(self, reader, daemon):
        self.read_log(daemon)
        left = shown(reader)
        assert self.answered <= self.spent <= USES, (self.answered, self.spent)
        assert left == USES - self.spent, (left, self.spent)


def body(world):
    place = world.new_store()
    reader = harness.Reader()
    account = Account()
    daemon = world.daemon(place).ready()
    reader.accept()
    reader.expect(harness.initialize())
    reader.expect(harness.generate_p256(KEY, uses=USES))
    for number in range(ROUNDS):
        account.sign_a_while(reader)
        daemon.kill()
        daemon = world.daemon(place).ready()
        reader.accept()
        account.is_true(reader, daemon)
        reader.expect(harness.verify())
    while shown(reader):
        reader.expect(harness.sign_ec(KEY))
        account.answered += 1
    account.is_true(reader, daemon)
    assert account.spent == USES
    for _ in range(2):  # also for the next daemon
        assert reader.status(harness.sign_ec(KEY)) == USED_UP
        daemon.kill()
        daemon = world.daemon(place).ready()
        reader.accept()
        reader.expect(harness.verify())
    account.is_true(reader, daemon)
    print(f"{USES} uses: {account.answered} signatures received")


harness.run(body)
