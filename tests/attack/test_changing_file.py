#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever can write to a log's file while it is judged: the tool reads it once, and what it tells is
what it judged. The file is rewritten, and cut to nothing, at a moment when the tool has judged it and
waits for us: for the key's file, which is a pipe, or for room in the pipe that it prints to.

    test_changing_file.py GLASSHSM"""
import fcntl
import hashlib
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "log"))
import forge  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: E402

TOOL = os.path.abspath(sys.argv[1])
GENERATED, IMPORTED = 30, 51
NOT_ATTESTED = 61


def imported_key():
    """A log that says of a key that it was brought in, and the key."""
    key = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    log = forge.Log(random.Random(1))
    log.use(5)
    log.append(IMPORTED, 1, "", obj="cc01", key=hashlib.sha256(point).hexdigest()[:24])
    log.use(5)
    return log, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def wait_for_reader(path):
    """Opens the pipe as soon as the tool does: by then it has judged the log."""
    return os.open(path, os.O_WRONLY)


def attest(path, change):
    log, key = imported_key()
    snapshot, receipt, pipe = path / "snapshot", path / "receipt", path / "key"
    snapshot.write_text(log.snapshot())
    receipt.write_text(log.receipt())
    os.mkfifo(pipe)
    tool = subprocess.Popen([TOOL, "attest", "verify", "--log", snapshot, "--receipt", receipt, "--json", pipe],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = wait_for_reader(pipe)
    change(snapshot)
    os.write(end, key)
    os.close(end)
    said, complaint = tool.communicate(timeout=60)
    os.unlink(pipe)
    assert tool.returncode == NOT_ATTESTED, (tool.returncode, said, complaint)
    assert b'"origin":"imported"' in said, said


def pretend(snapshot):
    """In place: the same number of bytes, so that a mapping shows it."""
    text = snapshot.read_text()
    forged = text.replace(f'"act":{IMPORTED},', f'"act":{GENERATED},')
    assert len(forged) == len(text) and forged != text
    with open(snapshot, "r+") as file:
        file.write(forged)


def cut(snapshot):
    os.truncate(snapshot, 0)


def verify(path, change):
    """The list of new records is longer than the pipe: the tool is in the midst of it."""
    old = forge.Log(random.Random(2))
    new = old.copy()
    new.use(2000)
    for name, text in (("old", old.snapshot()), ("new", new.snapshot())):
        (path / name).write_text(text)
    command = [TOOL, "log", "verify", "--old", path / "old", "--new", path / "new"]
    honest = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    tool = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    fcntl.fcntl(tool.stdout, fcntl.F_SETPIPE_SZ, 4096)
    begin = os.read(tool.stdout.fileno(), 1)
    change(path / "new")
    rest, complaint = tool.communicate(timeout=60)
    assert tool.returncode == 0, (tool.returncode, complaint)
    assert begin + rest == honest, "what is told is not what was judged"


def swap_words(snapshot):
    text = snapshot.read_text()
    with open(snapshot, "r+") as file:
        file.write(text.replace('"role":1', '"role":2'))


with tempfile.TemporaryDirectory() as folder:
    for number, (play, change) in enumerate(((attest, pretend), (attest, cut), (verify, swap_words), (verify, cut))):
        place = Path(folder) / str(number)
        place.mkdir()
        play(place, change)
