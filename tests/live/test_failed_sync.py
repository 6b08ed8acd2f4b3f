#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A sync that fails stops the daemon: it is not tried again, nothing is answered that may not be
there, and the store opens afterwards with everything that was acknowledged before."""
import os

import harness

MEDIUM_FAILED = 20  # exit status
MEMORY_FAILURE = "6581"

COMMANDS = {
    "VERIFY": harness.verify(),
    "VERIFY, wrong": harness.verify(b"000000"),
    "SIGN": harness.sign_ec(1),
    "GENERATE": harness.generate_p256(2),
    "UPDATE": harness.update(0xCF01, b"a file"),
    "CHANGE PIN": harness.apdu("00240081", harness.USER_PIN + b"123456"),
    "INITIALIZE": harness.initialize(),
}


def preloaded(world, place, flag):
    library = harness.build_folder() / "tests/live/libfailing_sync.so"
    os.environ.update(LD_PRELOAD=str(library), GLASSHSM_FAILING_SYNC=str(flag))
    try:
        return world.daemon(place, sandbox__files="no").ready()  # it looks at the flag
    finally:
        del os.environ["LD_PRELOAD"], os.environ["GLASSHSM_FAILING_SYNC"]


def fails(world, place, command):
    flag = world.path("flag")
    reader = harness.Reader()
    daemon = preloaded(world, place, flag)
    reader.accept()
    reader.expect(harness.verify())
    flag.touch()
    try:
        assert reader.status(command) == MEMORY_FAILURE
    except harness.Lost:
        pass  # stopped before it could say so
    assert daemon.wait() == MEDIUM_FAILED
    assert flag.read_bytes() == b"s", "a failed sync was tried again"
    flag.unlink()
    reader.close()


def body(world):
    place = world.new_store()
    reader = harness.Reader()
    daemon = world.daemon(place).ready()
    reader.accept()
    reader.expect(harness.initialize())
    reader.expect(harness.generate_p256(1))
    assert daemon.stop() == 0
    reader.close()
    for name, command in COMMANDS.items():
        print(name)
        fails(world, place, command)
    reader = harness.Reader()
    daemon = world.daemon(place).ready()
    reader.accept()
    # What was written before the failed sync may be there or not: no half of it is.
    listed = reader.expect(harness.ENUMERATE)
    known = (harness.verify(), harness.verify(b"123456"))
    assert any(reader.status(command) == "9000" for command in known)
    if b"\xcc\x01" in listed:
        reader.expect(harness.sign_ec(1))
    assert daemon.stop() == 0
    records = harness.records(place)
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))


harness.run(body)
