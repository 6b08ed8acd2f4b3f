#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every refusal of a store, as the user meets it: daemon and tool give the same sentence, which
names the place and what to do; the exit status tells the cause; the store is left as it was."""
import hashlib
import os
import shutil
import sqlite3
import subprocess

import harness

# storage/open.h; docs/ARCHITECTURE.md lists them as exit statuses.
MISSING = 10
FOREIGN, NEWER, LOCKED_OUT, DAMAGED, ROLLED_BACK, NO_ANCHOR, HELD, DENIED = range(12, 20)

# Root without its privileges: permissions bind it as anybody.
UNPRIVILEGED = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]


# --- What is wrong with a store. Each returns what the sentence must name beside the store. ---


def flip(path, offset, bit=0x10):
    octets = bytearray(path.read_bytes())
    octets[offset] ^= bit
    path.write_bytes(octets)


def nothing_there(place, other, old):
    shutil.rmtree(place)
    return "store create"


def text_instead(place, other, old):
    (place / "token.db").write_text("Dear diary, ...\n" * 100)
    return "token.db"


def other_database(place, other, old):
    (place / "token.db").unlink()
    connection = sqlite3.connect(place / "token.db")
    connection.execute("CREATE TABLE address (name, street)")
    connection.commit()
    connection.close()
    return "token.db"


def other_key_file(place, other, old):
    shutil.copy(other / "seal.key", place / "seal.key")
    return "seal.key"


def newer_version(place, other, old):
    """The user version in the file's header: https://www.sqlite.org/fileformat.html 1.3.15."""
    flip(place / "token.db", 62, 0x40)
    return "upgrade"


def no_key_file(place, other, old):
    (place / "seal.key").unlink()
    return "seal.key"


def with_sqlite(place, statement):
    connection = sqlite3.connect(place / "token.db")
    rows = connection.execute(statement).fetchall()
    connection.commit()
    connection.close()
    for name in ("token.db-wal", "token.db-shm"):
        (place / name).unlink(missing_ok=True)
    return rows


def flip_in(place, column):
    """One bit in the bytes of a row, wherever in the file they lie."""
    ((found,),) = with_sqlite(place, f"SELECT {column} ORDER BY 1 LIMIT 1")
    offset = (place / "token.db").read_bytes().index(found[:20])
    flip(place / "token.db", offset + 10)
    return "backup"


def flipped_bit_in_object(place, other, old):
    return flip_in(place, "sealed FROM object")


def flipped_bit_in_state(place, other, old):
    return flip_in(place, "facts FROM state")


def row_removed(place, other, old):
    with_sqlite(place, "DELETE FROM object WHERE serial = (SELECT min(serial) FROM object)")
    return "backup"


def record_removed(place, other, old):
    with_sqlite(place, "DELETE FROM log WHERE seq = (SELECT max(seq) FROM log)")
    return "backup"


def sealed_bytes_swapped(place, other, old):
    with_sqlite(
        place,
        "UPDATE object SET sealed = (SELECT sealed FROM object ORDER BY serial LIMIT 1)"
        " WHERE serial = (SELECT max(serial) FROM object)",
    )
    return "backup"


def cut_short(place, other, old):
    with open(place / "token.db", "r+b") as database:
        database.truncate(database.seek(0, os.SEEK_END) - 4096)
    return "backup"


def half_made(place, other, old):
    (place / "token.db-journal").write_bytes(b"")
    return "token.db-journal"


def database_put_back(place, other, old):
    shutil.copy(old / "token.db", place / "token.db")
    return "--accept-rollback"


def anchor_lost(place, other, old):
    (place / "anchor").unlink()
    return "anchor"


def anchor_of_another(place, other, old):
    shutil.copy(other / "anchor", place / "anchor")
    return "anchor"


def unreadable_database(place, other, old):
    (place / "token.db").chmod(0)
    return "token.db"


def unreadable_key(place, other, old):
    (place / "seal.key").chmod(0)
    return "seal.key"


def unwritable_anchor(place, other, old):
    (place / "anchor").chmod(0o400)
    return "anchor"


def unwritable_folder(place, other, old):
    place.chmod(0o500)
    return ""


def exposed_key(place, other, old):
    (place / "seal.key").chmod(0o644)
    return "seal.key"


CASES = [
    (MISSING, nothing_there), (FOREIGN, text_instead), (FOREIGN, other_database),
    (FOREIGN, other_key_file), (NEWER, newer_version), (LOCKED_OUT, no_key_file),
    (DAMAGED, flipped_bit_in_object), (DAMAGED, flipped_bit_in_state),
    (DAMAGED, row_removed), (DAMAGED, record_removed), (DAMAGED, sealed_bytes_swapped),
    (DAMAGED, cut_short), (DAMAGED, half_made),
    (ROLLED_BACK, database_put_back), (NO_ANCHOR, anchor_lost), (NO_ANCHOR, anchor_of_another),
    (DENIED, unreadable_database), (DENIED, unreadable_key), (DENIED, unwritable_anchor),
    (DENIED, unwritable_folder), (DENIED, exposed_key),
]


# --- What it must look like ---


def fingerprint(place):
    """Names, modes, times and contents; nothing for what is not there. Not the folder's own time:
    to look into a database, SQLite makes a write-ahead log beside it, which goes again."""
    if not place.exists():
        return None
    found = [place.stat().st_mode]
    for path in sorted(place.iterdir()):
        facts = path.stat()
        content = hashlib.sha256(path.read_bytes()).digest()
        found.append((path.name, facts.st_mode, facts.st_mtime_ns, content))
    return found


def ask(program, *options):
    command = [*UNPRIVILEGED, harness.build_folder() / program, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=10)


def sentence(result, program):
    lines = [line for line in result.stderr.splitlines() if line.startswith(f"{program}: ")]
    assert len(lines) == 1, result.stderr
    return lines[0].removeprefix(f"{program}: ")


def refused(place, case, status, named, options=()):
    before = fingerprint(place)
    daemon = ask("glasshsmd", f"--store={place}", *(f"--store.{option}" for option in options))
    tool = ask("glasshsm", "log", "show", "--store", place, *(f"--{option}" for option in options))
    said = sentence(daemon, "glasshsmd")
    assert daemon.returncode == status, f"{case}: daemon {daemon.returncode}: {said}"
    assert tool.returncode == status, f"{case}: tool {tool.returncode}"
    assert sentence(tool, "glasshsm") == said
    assert str(place) in said and named in said, f"{case}: {said}"
    assert fingerprint(place) == before, f"{case}: the store was modified"
    return said


# --- The stores ---


def used_store(world, name, **options):
    """With a few commits, so that there is something to lose; and a copy from before them."""
    place = world.new_store(name, **options)
    old = place.with_name(name + ".old")
    shutil.copytree(place, old)
    reader = harness.Reader()
    unlock = {f"store__{key}": value for key, value in options.items()}
    daemon = world.daemon(place, **unlock).ready()
    reader.accept()
    reader.expect(harness.initialize())
    assert daemon.stop() == 0
    reader.close()
    return place, old


def broken_stores(world):
    whole, old = used_store(world, "whole")
    other, _ = used_store(world, "other")
    said = {}
    for status, spoil in CASES:
        place = world.path(spoil.__name__)
        shutil.copytree(whole, place)
        named = spoil(place, other, old)
        said.setdefault(status, set()).add(refused(place, spoil.__name__, status, named))
        if place.exists():
            place.chmod(0o700)  # so that it can be removed
    assert len(said) == len({status for status, _ in CASES})


def wrong_passphrase(world):
    right, wrong = world.path("right"), world.path("wrong")
    right.write_text("correct horse battery staple\n")
    wrong.write_text("incorrect horse\n")
    place, _ = used_store(world, "sealed", passphrase_file=right)
    option = f"passphrase-file={wrong}"
    said = refused(place, "wrong passphrase", LOCKED_OUT, "passphrase", [option])
    assert "horse" not in said
    refused(place, "key file instead of a passphrase", LOCKED_OUT, "key file")


def held_store(world):
    """By a daemon at work: it is named, and not disturbed."""
    place, _ = used_store(world, "held")
    reader = harness.Reader()
    daemon = world.daemon(place).ready()
    reader.accept()
    named = f"process {daemon.process.pid} (glasshsmd)"
    refused(place, "held", HELD, named)
    reader.expect(harness.verify())
    assert daemon.stop() == 0
    reader.close()


def body(world):
    broken_stores(world)
    wrong_passphrase(world)
    held_store(world)


harness.run(body)
