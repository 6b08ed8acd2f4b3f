#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A medium without space, filled up to the last block: reading, logging in and the log go on, for
logins have a reserve; what else would change the token is refused with 6A84 and changes nothing,
tries included. When there is space again it goes on, without a restart and without a repair."""
import subprocess

import harness

NO_SPACE = "6a84"
FILE = 0xCF01
ROOM = 4 << 20  # bytes of the medium
CHUNK = 4096


def small_medium(world):
    place = world.path("medium")
    place.mkdir()
    size = f"size={ROOM},mode=700"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", place], capture_output=True)
    if made.returncode:
        raise harness.Skip("no file system can be mounted here")
    return place


def fill_up(path):
    with open(path, "ab", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(CHUNK))
        except OSError:
            pass


def use_up(reader, file):
    """New files until one does not fit: the write-ahead log has some pages to spare."""
    for number in range(1000):
        status = reader.status(harness.update(file + number % 8, bytes([number % 256]) * 20000))
        if status != "9000":
            return status
    raise AssertionError("the medium does not get full")


def seen(reader):
    return reader.expect(harness.ENUMERATE), reader.status(harness.QUERY_USER)


def change_pin(old, new):
    return harness.apdu("00240081", old + new)


def changes_are_refused(reader):
    """Also those that a right PIN allows: it costs no try."""
    for command in (
        change_pin(harness.USER_PIN, b"123456"),
        harness.initialize(),
        harness.update(FILE, bytes(3000)),
        harness.generate_p256(2),
    ):
        reader.expect(harness.verify())
        listed = reader.expect(harness.ENUMERATE)
        assert reader.status(command) == NO_SPACE, command[:4].hex()
        reader.reset()
        assert reader.status(harness.QUERY_USER) == "63c3", command[:4].hex()
        assert reader.status(harness.QUERY_OFFICER) == "63cf", command[:4].hex()
        assert reader.expect(harness.ENUMERATE) == listed


def logins_go_on(reader, daemon, count):
    for _ in range(count):
        size = daemon.ask("status")["log"]["size"]
        assert reader.status(harness.verify(b"000000")) == "63c2"
        reader.expect(harness.verify())
        assert daemon.ask("status")["log"]["size"] > size
        reader.reset()
        assert reader.status(harness.QUERY_USER) == "63c3"
    assert daemon.ask("status")["store"]["usable"]


def log_of(daemon):
    """As `glasshsm log show` reads it from a daemon at work."""
    shown = harness.tool("log", "show", "--json", "--socket", daemon.socket)
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.splitlines()


def log_is_given_out(world, reader, daemon):
    """By APDU and by the daemon; and an auditor can acknowledge it."""
    reader.expect(harness.verify())
    checkpoint = harness.apdu("00B1D000", harness.tlv("54", b"\0\0"), b"\0\0")
    assert reader.status(checkpoint) in ("9000", "6282")
    reader.reset()
    assert len(log_of(daemon)) == daemon.ask("status")["log"]["size"]
    note = world.path("checkpoint")
    note.write_text(daemon.ask("checkpoint")["checkpoint"])
    done = harness.tool("log", "acknowledge", note, "--socket", daemon.socket)
    assert done.returncode == 0, done.stderr


def at_rest(place):
    records = harness.records(place)
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    return len(records)


def goes_on(reader):
    reader.expect(harness.verify())
    reader.expect(harness.sign_ec(1))
    reader.expect(harness.update(FILE, b"there is space again"))


def fill_step_by_step(medium, reader, daemon):
    """So that a commit meets the end of the space at each of its blocks."""
    for free in range(0, 12):
        filler = medium / "step"
        fill_up(filler)
        with open(filler, "r+b") as file:
            file.truncate(max(0, filler.stat().st_size - free * CHUNK))
        reader.expect(harness.verify())
        for number in range(8):
            status = reader.status(harness.update(FILE + number, bytes([free]) * 3000))
            assert status in ("9000", NO_SPACE), status
            if status == NO_SPACE:
                break
        reader.reset()
        logins_go_on(reader, daemon, 1)
        filler.unlink()
        goes_on(reader)
        reader.reset()


def nobody_uses_it_up(reader):
    """Who has no login: openings of the channel, which succeed, and refusals of all kinds."""
    generator = bytes.fromhex(
        "048BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262"
        "547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997")
    for number in range(500):
        reader.expect(bytes.fromhex("002241A40C800A04007F00070202030202"))
        point = harness.tlv("7C", harness.tlv("80", generator))
        reader.expect(harness.apdu("00860000", point, b"\0"))
        sign = harness.apdu(f"8068{number % 250 + 1:02X}70", b"x", b"\0")
        assert reader.status(sign) in ("6982", NO_SPACE)
        reader.reset()


def body(world):
    medium = small_medium(world)
    place = world.new_store("medium/store")
    filler = medium / "filler"
    reader = harness.Reader()
    daemon = world.daemon(place).ready()
    reader.accept()
    reader.expect(harness.initialize())
    reader.expect(harness.generate_p256(1))
    fill_step_by_step(medium, reader, daemon)

    reader.expect(harness.verify())
    fill_up(filler)
    assert use_up(reader, FILE) == NO_SPACE
    fill_up(filler)  # what the last attempt gave back
    reader.reset()
    nobody_uses_it_up(reader)
    logins_go_on(reader, daemon, 10)
    changes_are_refused(reader)
    logins_go_on(reader, daemon, 5)
    log_is_given_out(world, reader, daemon)

    daemon.kill()  # the reserve lies in the file: it survives
    daemon = world.daemon(place).ready()
    reader.accept()
    logins_go_on(reader, daemon, 3)

    filler.unlink()
    goes_on(reader)
    assert daemon.stop() == 0
    fill_up(filler)  # while it is stopped: it has left the reserve for the next start
    daemon = world.daemon(place).ready()
    reader.accept()
    logins_go_on(reader, daemon, 3)

    filler.unlink()
    goes_on(reader)
    assert daemon.stop() == 0
    records = at_rest(place)
    daemon = world.daemon(place).ready()
    reader.accept()
    goes_on(reader)
    assert daemon.stop() == 0
    assert at_rest(place) > records


harness.run(body)
