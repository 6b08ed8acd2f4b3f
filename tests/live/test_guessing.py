#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing that leaves a token is a hash of its PIN: after a session with a six-digit PIN, all
million PINs are tried against everything that others may see. The search itself is tried, too: with
digests that are put there."""
import base64
import hashlib
import hmac
import json
import os
import subprocess

import harness

PIN = b"271828"
SALTS_MAX = 40 if os.environ.get("GLASSHSM_LONG") else 3


def session(reader):
    reader.expect(harness.initialize(PIN))
    assert reader.status(harness.verify(b"271829")) == "63c2"
    reader.expect(harness.verify(PIN))
    reader.expect(harness.generate_p256(1))
    reader.expect(harness.sign_ec(1))
    reader.expect(harness.update(0xCF01, b"a file"))
    reader.expect(harness.apdu("00240081", PIN + PIN))
    reader.expect(harness.apdu("002C0181", harness.OFFICER_PIN))
    reader.expect(harness.apdu("002C0081", harness.OFFICER_PIN + PIN))
    reader.expect(harness.verify(PIN))


def public_objects(reader):
    """All that can be read without login."""
    reader.reset()
    listed = reader.expect(harness.ENUMERATE)
    found = b""
    for at in range(0, len(listed), 2):
        header = "00B1" + listed[at : at + 2].hex()
        found += reader.transmit(harness.apdu(header, harness.tlv("54", b"\0\0"), b"\0\0"))
    return found


def exported(world, place, daemon, reader):
    """Files with everything that leaves the token, but for the key file."""
    shown = harness.tool("log", "show", "--json", "--socket", daemon.socket)
    assert shown.returncode == 0, shown.stderr
    contents = {
        "log": shown.stdout.encode(),
        "status": json.dumps(daemon.ask("status")).encode(),
        "objects": public_objects(reader),
    }
    contents["checkpoint"] = json.dumps(daemon.ask("checkpoint")).encode()
    assert daemon.stop() == 0
    contents["messages"] = daemon.messages().encode()
    for name in ("token.db", "anchor"):
        contents[name] = (place / name).read_bytes()
    paths = []
    for name, content in contents.items():
        path = world.path("exported-" + name)
        path.write_bytes(content)
        paths.append(path)
    return paths


def salts_of(paths):
    """What looks like a salt: the random numbers of the records about PINs, incarnation, device."""
    text = next(path for path in paths if path.name.endswith("log")).read_text()
    records = [json.loads(line) for line in text.splitlines()]
    found = {records[0]["inc"]}
    found |= {record["rand"] for record in records if record["act"] in (10, 12, 13, 21)}
    return sorted(found)[:SALTS_MAX]


def guess(paths, salts):
    options = [word for salt in salts for word in ("--salt", salt)]
    command = [harness.build_folder() / "tests/live/guess_pins", *options, *paths]
    result = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert result.returncode in (0, 1), result.stderr
    return result.stdout.splitlines()


def planted(salt):
    """Digests as somebody might write them down; each with how it is told."""
    key = bytes.fromhex(salt)
    in_base64 = b"12" + hashlib.blake2b(b"314159", digest_size=32).digest()
    with_reference = hashlib.md5(b"\x81000000").hexdigest()
    return {
        "PIN 271828: SHA-256, behind nothing": hashlib.sha256(PIN).hexdigest().encode(),
        f"PIN 648219: SHA-1, before {salt}": hashlib.sha1(b"648219" + key).digest(),
        "PIN 000000: MD5, behind the reference 81": b"f" + with_reference.upper().encode(),
        f"PIN 999999: SHA-256, HMAC under {salt}": hmac.digest(key, b"999999", "sha256")[-8:],
        "PIN 123456: SHA-512, behind nothing": hashlib.sha512(b"123456").digest()[:8],
        "PIN 314159: BLAKE2b, behind nothing": b"x" + base64.b64encode(in_base64),
    }


def body(world):
    place = world.new_store()
    reader = harness.Reader()
    daemon = world.daemon(place).ready()
    reader.accept()
    session(reader)
    paths = exported(world, place, daemon, reader)
    salts = salts_of(paths)
    assert len(salts) >= 3, salts
    for path in paths:
        assert PIN not in path.read_bytes(), path

    bait = planted(salts[0])
    trap = world.path("trap")
    trap.write_bytes(b" some text \0".join(bait.values()))
    hits = guess([*paths, trap], salts)
    assert sorted(hits) == sorted(bait), hits


harness.run(body)
