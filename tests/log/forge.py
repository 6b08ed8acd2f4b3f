# SPDX-License-Identifier: Apache-2.0
"""Logs as a token would keep them, honest ones and forged ones, for the tests of the verifiers.

Keys are the forge's own, so it can also do what only a thief of keys could. Written from docs/AUDIT.md
and the RFCs; shares no code with the verifiers."""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

STORE_CREATED, EPOCH_BEGUN, POWER_ON, USER_LOGIN, SO_LOGIN, SIGN, EXPORT = 20, 4, 1, 10, 11, 40, 50


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode()


def split(count):
    half = 1
    while half * 2 < count:
        half *= 2
    return half


class Hashes:
    """RFC 6962 2.1, straight from its recursive definitions, over leaf hashes; what was hashed once
    is remembered."""

    def __init__(self, lines):
        self.leaves = [sha256(b"\0" + line.encode()) for line in lines]
        self.known = {}

    def root(self, begin, end):
        if end - begin == 1:
            return self.leaves[begin]
        if (begin, end) not in self.known:
            middle = begin + split(end - begin)
            self.known[begin, end] = sha256(b"\1" + self.root(begin, middle) + self.root(middle, end))
        return self.known[begin, end]

    def peaks(self, size):
        begin, found = 0, []
        while begin < size:
            part = 1 << ((size - begin).bit_length() - 1)
            found.append(self.root(begin, begin + part))
            begin += part
        return found

    def consistency(self, old, begin, end, whole=True):
        if old == end - begin:
            return [] if whole else [self.root(begin, end)]
        half = split(end - begin)
        middle = begin + half
        if old <= half:
            return self.consistency(old, begin, middle, whole) + [self.root(middle, end)]
        return self.consistency(old - half, middle, end, False) + [self.root(begin, middle)]


class Key:
    def __init__(self, rng, device):
        self.origin = f"glasshsm/{device}"
        self.private = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = sha256(self.origin.encode() + b"\n\1" + self.public)[:4]
        self.vkey = f"{self.origin}+{self.id.hex()}+{b64(bytes([1]) + self.public)}"

    def sign(self, text):
        return f"{text}\n\u2014 {self.origin} {b64(self.id + self.private.sign(text.encode()))}\n"


def record(seq, incarnation, boot, ms, rand, act, sw, role, dig, prev, obj="", key=""):
    """One canonical line."""
    return (f'{{"seq":{seq},"inc":"{incarnation}","boot":{boot},"ms":{ms},"us":{seq * 977},'
            f'"cont":{seq * 1000},"rand":"{rand}","act":{act},"cmd":"80680120","sw":"{sw}",'
            f'"role":{role},"appr":"","uid":0,"obj":"{obj}","key":"{key}","dig":"{dig}","age":0,"cnt":1,'
            f'"prev":"{prev}"}}')


def rechain(lines, start):
    """Number and hash of the line before made right again, from line index `start` on."""
    for i in range(start, len(lines)):
        head, rest = lines[i].split(",", 1)
        prev = sha256(lines[i - 1].encode()).hex() if i else "00" * 32
        lines[i] = f'{{"seq":{i + 1},' + rest[:rest.rindex('"prev"')] + f'"prev":"{prev}"}}'


class Log:
    def __init__(self, rng, device=None):
        self.rng = rng
        self.device = device or rng.randbytes(16).hex()
        self.incarnation = self.first_incarnation = rng.randbytes(8).hex()
        self.keys = [Key(rng, self.device)]  # the keys of past epochs too: the forge forgets nothing
        self.lines, self.handovers, self.ends = [], [], []
        self.boot, self.ms = 1, 1764000000000
        self.append(STORE_CREATED, 4, self.keys[0].public.hex())

    def copy(self):
        other = object.__new__(Log)
        other.__dict__.update(self.__dict__)
        for name in ("keys", "lines", "handovers", "ends"):
            setattr(other, name, list(getattr(self, name)))
        return other

    @property
    def size(self):
        return len(self.lines)

    def append(self, act, role, dig="", sw="9000", obj="", key=""):
        self.ms += self.rng.randrange(100000)
        prev = sha256(self.lines[-1].encode()).hex() if self.lines else "00" * 32
        self.lines.append(record(self.size + 1, self.incarnation, self.boot, self.ms,
                                 self.rng.randbytes(16).hex(), act, sw, role, dig, prev, obj, key))

    def use(self, count):
        for _ in range(count):
            act, role = self.rng.choice([(USER_LOGIN, 1), (SO_LOGIN, 2), (SIGN, 1), (EXPORT, 1), (POWER_ON, 4)])
            self.boot += act == POWER_ON
            dig = self.rng.randbytes(32).hex() if act in (SIGN, EXPORT) else ""
            self.append(act, role, dig, self.rng.choice(["9000", "9000", "6982", "63c2"]))

    def begin_epoch(self, new_incarnation=False):
        if new_incarnation:
            self.incarnation = self.rng.randbytes(8).hex()
        self.keys.append(Key(self.rng, self.device))
        self.append(EPOCH_BEGUN, 4, self.keys[-1].public.hex())
        self.ends.append(self.size)
        self.handovers.append(self.keys[-2].sign(self.body(len(self.keys) - 1) + f"next {self.keys[-1].vkey}\n"))

    def body(self, epoch, hashes=None):
        root = (hashes or Hashes(self.lines)).root(0, self.size)
        incarnation = self.lines[-1].split('"inc":"')[1][:16]
        return f"glasshsm/{self.device}\n{self.size}\n{b64(root)}\nepoch {epoch}\nincarnation {incarnation}\n"

    def checkpoint(self, key=None, epoch=None):
        return (key or self.keys[-1]).sign(self.body(epoch or len(self.keys)))

    def receipt(self):
        return f"glasshsm-log-receipt 1\nincarnation {self.first_incarnation}\nkey {self.keys[0].vkey}\n"

    def snapshot(self, pruned=0, checkpoint=None, handovers=None):
        notes = self.handovers if handovers is None else handovers
        text = "glasshsm-log-snapshot 1\n"
        text += "".join(f"-- handover {i + 1}\n{note}" for i, note in enumerate(notes))
        text += "-- checkpoint\n" + (checkpoint or self.checkpoint())
        if pruned:
            peaks = Hashes(self.lines[:pruned]).peaks(pruned)
            text += f"-- pruned {pruned}\n" + "".join(b64(peak) + "\n" for peak in peaks)
        text += f"-- records {pruned + 1} {self.size - pruned}\n"
        return text + "".join(line + "\n" for line in self.lines[pruned:])

    def proof(self, start):
        hashes = Hashes(self.lines)
        text = f"glasshsm-log-proof 1\n-- from {start}\n"
        bounds = [start] + [end for end in self.ends if end > start]
        text += "".join(f"-- handover {i + 1}\n{note}"
                        for i, (note, end) in enumerate(zip(self.handovers, self.ends)) if end > start)
        text += "-- checkpoint\n" + self.checkpoint()
        if self.size > bounds[-1]:
            bounds.append(self.size)
        for one, other in zip(bounds, bounds[1:]):
            text += f"-- consistency {one} {other}\n"
            text += "".join(b64(node) + "\n" for node in hashes.consistency(one, 0, other))
        return text


def honest_log(rng):
    log = Log(rng)
    for _ in range(rng.randrange(4)):
        log.use(rng.randrange(12))
        log.begin_epoch(rng.random() < 0.3)
    log.use(rng.randrange(20))
    return log


def go_on(log):
    """What happens to a token between two snapshots."""
    rng, later = log.rng, log.copy()
    if rng.random() < 0.1:
        return later
    for _ in range(rng.choice([0, 0, 1, 2])):
        later.use(rng.randrange(12))
        later.begin_epoch(rng.random() < 0.3)
    later.use(rng.randrange(20))
    return later
