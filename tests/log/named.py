# SPDX-License-Identifier: Apache-2.0
"""Forgeries by name: those that a verifier would let pass if it forgot one check. Each is mended in every
other respect, with all keys at hand, so that nothing else finds it.

Each is a name, a case, and the verdicts that are right, with the record or None where it is free."""
import base64
import random
import re

import forge
from forge import b64, sha256


def note(log, end, epoch, key, following=None, /, **change):
    """The note over the first `end` records, with some of its lines changed, signed all the same."""
    fields = {"origin": f"glasshsm/{log.device}", "size": end,
              "root": b64(forge.Hashes(log.lines[:end]).root(0, end)), "epoch": epoch,
              "incarnation": log.lines[end - 1].split('"inc":"')[1][:16]}
    fields.update(change)
    text = "{origin}\n{size}\n{root}\nepoch {epoch}\nincarnation {incarnation}\n".format(**fields)
    return key.sign(text + (f"next {following.vkey}\n" if following else ""))


def sign_again(log):
    """All handovers and the checkpoint over the lines as they are now."""
    log.handovers = [note(log, end, i + 1, log.keys[i], log.keys[i + 1]) for i, end in enumerate(log.ends)]


def two_logs(seed, epochs=2):
    """One that went on, with so many ended epochs in the older part and one more after it."""
    old = forge.Log(random.Random(seed))
    for _ in range(epochs):
        old.use(4)
        old.begin_epoch()
    old.use(5)
    new = old.copy()
    new.use(3)
    new.begin_epoch()
    new.use(3)
    return old, new


# --- Signatures ---

def flipped(text, signer, stranger):
    """One bit."""
    head, line = text.rsplit(" ", 1)
    data = bytearray(base64.b64decode(line))
    data[-1] ^= 1
    return f"{head} {b64(bytes(data))}\n"


def by_stranger(text, signer, stranger):
    return stranger.sign(text.split("\n\n")[0] + "\n")


def by_pretender(text, signer, stranger):
    """Another's key, under the name of the right one."""
    body = text.split("\n\n")[0] + "\n"
    return f"{body}\n\u2014 {signer.origin} {b64(signer.id + stranger.private.sign(body.encode()))}\n"


def over_other_text(text, signer, stranger):
    """The right key's, over other lines than those that are there."""
    body = text.split("\n\n")[0] + "\n"
    other = signer.private.sign(body.replace("\nepoch ", "\nepoch 1").encode())
    return f"{body}\n\u2014 {signer.origin} {b64(signer.id + other)}\n"


def signature_cases():
    old, new = two_logs(1)
    stranger = forge.Key(random.Random(2), old.device)
    texts = {"old": old.snapshot(), "new": new.snapshot(), "proof": new.proof(old.size), "receipt": old.receipt()}
    notes = {"old": [*zip(old.handovers, old.keys), (old.checkpoint(), old.keys[-1])],
             "new": [*zip(new.handovers, new.keys), (new.checkpoint(), new.keys[-1])],
             "proof": [(new.handovers[-1], new.keys[-2]), (new.checkpoint(), new.keys[-1])],
             "bare": [(old.checkpoint(), old.keys[-1])]}
    beside = {"old": ["new", "proof"], "new": ["old"], "proof": ["old"], "bare": ["new", "proof"]}
    for file, found in notes.items():
        for number, (text, signer) in enumerate(found):
            for spoil in (flipped, by_stranger, by_pretender, over_other_text):
                for other in beside[file]:
                    case = {"old": texts["old"], "receipt": texts["receipt"], other: texts[other]}
                    if file == "bare" and other == "proof":
                        case["new"] = texts["new"]
                    name = "old" if file == "bare" else file
                    whole = old.checkpoint() if file == "bare" else texts[file]
                    case[name] = whole.replace(text, spoil(text, signer, stranger))
                    assert case[name] != whole
                    yield (f"{file}, note {number + 1}, beside {other}: signature {spoil.__name__}", case,
                           {"INVALID"}, 0)


# --- Handovers: the record names the key, the note names it, the key signs ---

def handover_cases():
    for file in ("old", "new"):
        for which in range(2):
            old, new = two_logs(3 + which)
            other = forge.Key(random.Random(9), old.device)
            for log in (old, new) if file == "old" else (new,):
                log.keys[which + 1] = other  # the epoch's record still names the one before
                sign_again(log)
            yield (f"{file}: handover {which + 1} to a key that its record does not name",
                   {"old": old.snapshot(), "new": new.snapshot(), "receipt": old.receipt()}, {"INVALID"},
                   new.ends[which])
            old, new = two_logs(5 + which)
            log = old if file == "old" else new
            changed = [note(log, end, i + 1, log.keys[i], log.keys[i + 1],
                            **({"incarnation": "00" * 8} if i == which else {})) for i, end in enumerate(log.ends)]
            log.handovers = changed
            yield (f"{file}: handover {which + 1} of another incarnation than its record",
                   {"old": old.snapshot(), "new": new.snapshot(), "receipt": old.receipt()}, {"INVALID"},
                   log.ends[which])
            old, new = two_logs(7 + which)
            log = old if file == "old" else new
            log.handovers[which] = note(log, log.ends[which], which + 1, log.keys[which], log.keys[which + 1],
                                        root=b64(sha256(b"other records")))
            yield (f"{file}: handover {which + 1} over other records",
                   {"old": old.snapshot(), "new": new.snapshot(), "receipt": old.receipt()}, {"INVALID"},
                   log.ends[which])
            old, new = two_logs(11 + which)
            log = old if file == "old" else new
            log.ends[which] -= 1
            sign_again(log)
            yield (f"{file}: handover {which + 1} a record too early",
                   {"old": old.snapshot(), "new": new.snapshot(), "receipt": old.receipt()}, {"INVALID"},
                   log.ends[which])


def checkpoint_cases():
    for change, where in (({"incarnation": "00" * 8}, "end"), ({"root": b64(sha256(b"x"))}, "end")):
        for file in ("old", "new"):
            old, new = two_logs(13)
            log = old if file == "old" else new
            checkpoint = note(log, log.size, len(log.keys), log.keys[-1], **change)
            texts = {"old": old.snapshot(), "new": new.snapshot(), "receipt": old.receipt()}
            texts[file] = log.snapshot(checkpoint=checkpoint)
            yield f"{file}: checkpoint with another {next(iter(change))}", texts, {"INVALID"}, log.size
    old, new = two_logs(15)
    stranger = forge.Key(random.Random(16), old.device)
    # Of an epoch that nobody knows: by whom it is signed cannot be verified, so nothing is said of its size.
    for size in (old.size, new.size, new.size + 100):
        invented = note(old, old.size, 9, stranger, size=size)
        yield (f"an old checkpoint of an invented epoch, {size} records",
               {"old": invented, "new": new.snapshot(), "receipt": old.receipt()}, {"UNPROVEN"}, 0)
        yield (f"an old checkpoint of an invented epoch, {size} records, with a proof",
               {"old": invented, "new": new.snapshot(), "proof": new.proof(old.size), "receipt": old.receipt()},
               {"INVALID"}, 0)
    for start in (1, old.size - 1, old.size + 1):
        for other in (old.checkpoint(), note(old, old.size, 9, stranger)):
            yield ("an old checkpoint, a snapshot and a proof of another size",
                   {"old": other, "new": new.snapshot(), "proof": new.proof(start), "receipt": old.receipt()},
                   {"INVALID"}, 0)
            yield ("an old checkpoint and a proof of another size",
                   {"old": other, "proof": new.proof(start), "receipt": old.receipt()}, {"INVALID"}, 0)
    yield ("another first key in the receipt", {"old": old.snapshot(4), "new": new.snapshot(4),
           "receipt": forge.Log(random.Random(17), old.device).receipt()}, {"REPLACED"}, 0)


# --- Lines: one spelling ---

NUMBERS = {"boot": 32, "ms": 64, "us": 64, "cont": 64, "act": 32, "role": 32, "uid": 32, "age": 32, "cnt": 32}
HEXES = {"inc": 8, "rand": 16, "cmd": 4, "sw": 2, "appr": 16, "obj": 2, "key": 12, "dig": 32}
OPTIONAL = ("appr", "obj", "key", "dig")


def bad_numbers(bits):
    return [str(2**bits), str(2**bits + 1), "18446744073709551616", "9" * 25, "01", "00", "-1", "-0", "+1", "1.0", "1e3",
            "0x1", "", '"1"', " 1", "1 ", "null", "true"] + (["9999999999"] if bits == 32 else [])


def bad_hexes(name, size):
    good = "a1" * size
    bad = [good[:-1], good + "b", good[:-2], good + "c2", good.upper(), "g" * 2 * size, good[:-1] + " ", "é" * size]
    return [f'"{value}"' for value in bad + (["00" * size] if name in OPTIONAL else [""])] + ["null", "1", good]


def bad_lines(line):
    """(what, line) of everything that is not the one spelling of this record."""
    for name, bits in NUMBERS.items():
        for value in bad_numbers(bits):
            yield f"{name} {value}", re.sub(rf'"{name}":\d+', lambda m: f'"{name}":{value}', line)
    for name, size in HEXES.items():
        for value in bad_hexes(name, size):
            yield f"{name} {value}", re.sub(rf'"{name}":"[^"]*"', lambda m: f'"{name}":{value}', line)
    parts = line[1:-1].split(",")
    for i in range(1, len(parts) - 1):  # the number and the hash before are looked at by themselves
        yield f"without {parts[i]}", "{" + ",".join(parts[:i] + parts[i + 1:]) + "}"
        yield f"twice {parts[i]}", "{" + ",".join(parts[:i + 1] + parts[i:]) + "}"
        if i < len(parts) - 2:
            yield f"swapped {parts[i]}", "{" + ",".join(parts[:i] + [parts[i + 1], parts[i]] + parts[i + 2:]) + "}"
    yield "another field", line[:-1] + ',"x":1}'
    yield "blanks", line.replace(",", ", ")
    yield "a carriage return", line + "\r"
    yield "a blank at the end", line + " "
    yield "rubbish at the end", line + "x"
    yield "two objects", line + line
    yield "a byte order mark", "\ufeff" + line
    yield "beyond 512 bytes", line[:-1] + " " * 200 + "}"
    yield "nothing", ""


def line_cases(thin=1):
    base = forge.Log(random.Random(21))
    base.use(8)
    old = base.copy()
    base.use(6)
    for at in (4, 11):
        good = base.lines[at]
        for number, (what, bad) in enumerate(bad_lines(good)):
            if number % thin:
                continue
            assert bad != good, what
            log = base.copy()
            log.lines[at] = bad
            if at + 1 < log.size:
                following = re.sub(r'"prev":"[^"]*"', f'"prev":"{sha256(bad.encode()).hex()}"', log.lines[at + 1])
                log.lines[at + 1] = following
                forge.rechain(log.lines, at + 2)
            yield (f"record {at + 1}: {what}", {"new": log.snapshot(), "receipt": base.receipt()}, {"INVALID"}, at + 1)


def cases(thin=1):
    yield from signature_cases()
    yield from handover_cases()
    yield from checkpoint_cases()
    yield from line_cases(thin)
