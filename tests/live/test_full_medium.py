#!/usr/bin/python3
"""A medium without space: the card says 6A84 and changes nothing, tries included; when there is
space again it goes on, without a restart."""
import subprocess

import harness

NO_SPACE = "6a84"
FILE = 0xCF01
ROOM = 2 << 20  # bytes of the medium
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


def body(world):
    medium = small_medium(world)
    place = world.new_store("medium/store")
    filler = medium / "filler"
    reader = harness.Reader()
    daemon = world.daemon(place).ready()
    reader.accept()
    reader.expect(harness.initialize())
    reader.expect(harness.generate_p256(1))

    fill_up(filler)
    assert use_up(reader, FILE) == NO_SPACE
    fill_up(filler)  # what the last attempt gave back
    reader.reset()
    before, log = seen(reader), daemon.ask("status")["log"]
    for command in (harness.verify(b"000000"), harness.verify()):
        assert reader.status(command) == NO_SPACE, "a try that cannot be spent is no try"
        assert seen(reader) == before
    assert daemon.ask("status")["log"] == log
    assert daemon.ask("status")["store"]["usable"]

    filler.unlink()
    assert reader.status(harness.verify(b"000000")) == "63c2"
    reader.expect(harness.verify())
    reader.expect(harness.sign_ec(1))
    reader.expect(harness.update(FILE, b"there is space again"))
    assert daemon.stop() == 0

    daemon = world.daemon(place).ready()
    reader.accept()
    reader.expect(harness.verify())
    reader.expect(harness.sign_ec(1))
    assert daemon.stop() == 0


harness.run(body)
