#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A daemon's memory: with 255 keys, each used once, it stays within 24 MiB; and 10,000 commands
later it is no larger. The store lies in memory here, for the sake of time: nothing of that counts
as the daemon's.

    test_footprint.py
"""
import re
import subprocess
from pathlib import Path

import harness
from harness import ENUMERATE, QUERY_USER, SELECT, apdu

MIB = 1 << 20
MOST = 24 * MIB
RSA_KEYS = 6  # the last ones, so that they are among the live keys
KEYS = 255
WARM_UP, COMMANDS = 3000, 10_000
SLACK = 256 * 1024  # pages of code and stack that were not touched before


def resident(daemon):
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def fill(reader):
    reader.expect(SELECT)
    reader.expect(harness.initialize())
    reader.expect(harness.verify())
    for key in range(1, KEYS + 1):
        make = harness.generate_rsa if key > KEYS - RSA_KEYS else harness.generate_p256
        reader.expect(make(key))


def use_each_key(reader):
    reader.expect(harness.verify())
    for key in range(1, KEYS + 1):
        sign = harness.sign_rsa if key > KEYS - RSA_KEYS else harness.sign_ec
        reader.expect(sign(key))


def work(reader, commands):
    """Commands of all sorts, refused ones among them; signatures with more keys than stay live."""
    for number in range(commands // 5):
        reader.expect(harness.sign_ec(1 + number % 40))
        reader.transmit(QUERY_USER)
        reader.transmit(apdu(f"00B1CE{1 + number % KEYS:02X}", b"\x54\2\0\0", b"\0\0"))
        reader.transmit(ENUMERATE)
        reader.transmit(apdu("00A40000", b"\xce\x77"))  # no such file


def body(world):
    subprocess.run(["mount", "-t", "tmpfs", "none", str(world.folder)], check=True)
    place = world.new_store()
    reader = harness.Reader()
    daemon = world.daemon(place).ready()
    reader.accept()
    fill(reader)
    assert daemon.stop() == 0

    daemon = world.daemon(place).ready()
    reader.accept()
    use_each_key(reader)
    used_once = resident(daemon)
    work(reader, WARM_UP)
    before = resident(daemon)
    work(reader, COMMANDS)
    growth = resident(daemon) - before
    print(f"{KEYS} keys used once: {used_once / MIB:.1f} MiB resident; "
          f"{COMMANDS} commands more: {growth / 1024:+.0f} KiB")
    assert used_once <= MOST
    assert growth <= SLACK
    assert daemon.stop() == 0


harness.run(body)
