#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Where a running daemon keeps its secrets: on locked pages that no dump holds, and nowhere else.

The keys are known: a first daemon makes them, and the store at rest is asked. A second one opens
the store, checks PINs and signs. Then its whole memory is read, and each secret is looked for, as
bytes and as the library keeps numbers, lowest byte first.

    test_memory.py [--ordinary]     as an ordinary user, whose limit of locked memory is low
"""
import re
import sys
from pathlib import Path

import harness
from harness import SELECT, apdu

PIN = b"Canary41726984"
OFFICER_PIN = b"\xc4\x1d\x9b\x77\x02\xe6\x5a\xf3"
WRONG_PIN = b"Wr0ngCanary77"

PIECE = 24  # bytes: enough to recognise a number by one of its ends


def make_keys(world):
    place = world.new_store()
    reader = harness.Reader()
    daemon = world.daemon(place).ready()
    reader.accept()
    reader.expect(SELECT, "9000")
    reader.expect(harness.initialize(PIN, OFFICER_PIN))
    reader.expect(harness.generate_rsa(1))
    reader.expect(harness.generate_p256(2))
    assert daemon.stop() == 0
    reader.close()
    return place


def pieces(secret):
    """The secret's ends, in both orders of its bytes."""
    ends = {secret[:PIECE], secret[-PIECE:]}
    return ends | {end[::-1] for end in ends}


# --- The memory of a process ---


class Mapping:
    def __init__(self, line):
        parts = line.split(maxsplit=5)
        self.start, self.end = (int(side, 16) for side in parts[0].split("-"))
        self.rights = parts[1]
        self.name = parts[5].strip() if len(parts) > 5 else ""
        self.flags = set()

    def __str__(self):
        flags = " ".join(sorted(self.flags))
        return f"{self.start:x}-{self.end:x} {self.rights} {self.name} {flags}"


def mappings(pid):
    found = []
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            found.append(Mapping(line))
        elif line.startswith("VmFlags:"):
            found[-1].flags = set(line.split()[1:])
    return found


def readable(pid):
    """(mapping, content) of everything that can be read."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for mapping in mappings(pid):
            if "r" not in mapping.rights or mapping.name.startswith("[v"):  # the kernel's own
                continue
            memory.seek(mapping.start)
            content, missing = b"", mapping.end - mapping.start
            while missing:
                part = memory.read(min(missing, 1 << 20))
                if not part:
                    break
                content, missing = content + part, missing - len(part)
            yield mapping, content


def hits(pid, secrets):
    """(name, mapping) for each place where a piece of a secret lies."""
    found = []
    for mapping, content in readable(pid):
        for name, secret in secrets.items():
            found += [(name, mapping) for piece in pieces(secret) if piece in content]
    return found


# --- The test ---


def exposed(found, wanted_flags):
    wrong = {(name, str(mapping)) for name, mapping in found if not wanted_flags <= mapping.flags}
    return sorted(f"{name} in {mapping}" for name, mapping in wrong)


def use_keys(reader):
    reader.accept()
    reader.expect(SELECT)
    reader.transmit(harness.verify(WRONG_PIN))
    reader.expect(harness.verify(PIN))
    reader.expect(harness.verify_officer(OFFICER_PIN))
    reader.expect(harness.verify(PIN))
    for _ in range(3):
        reader.expect(harness.sign_rsa(1))
        reader.expect(harness.sign_ec(2))
    reader.transmit(apdu("00840000", le=b"\x20"))


def body(world):
    place = make_keys(world)
    secrets = harness.reveal(place)
    secrets.update({"user PIN": PIN, "SO-PIN": OFFICER_PIN, "wrong PIN": WRONG_PIN})

    reader = harness.Reader()
    daemon = world.daemon(place).ready()
    use_keys(reader)
    status = daemon.ask("status")
    wanted = {"dd", "lo"} if status["secrets_locked"] else {"dd"}
    found = hits(daemon.process.pid, secrets)
    names = {name for name, _ in found}

    assert {"key01.p", "key01.q", "key02.d"} <= names, f"the search finds no live key: {names}"
    assert "root" not in names, "the root secret outlives the derivation"
    bad = exposed(found, wanted)
    assert not bad, "\n".join(bad)

    # Gone with the session, as far as nobody needs them: no PIN, right or wrong, is kept.
    left = names & {"user PIN", "SO-PIN", "wrong PIN"}
    assert not left, f"{left} still in memory after its command"
    assert daemon.stop() == 0


programs = ("glasshsmd", "glasshsm", "tests/support/reveal")
harness.run(body, programs, ordinary="--ordinary" in sys.argv)
