#!/usr/bin/python3
"""Verifies the log of a Glass HSM from files alone: a second opinion beside `glasshsm log verify`.

    verify_log.py --old FILE [--new FILE] [--proof FILE] [--receipt FILE]

It needs Python 3.9 and python3-cryptography, shares no code with Glass HSM, and is short so that you
can read it before you believe it. docs/AUDIT.md says what the files contain and what is compared.
Verdicts and exit statuses are those of `glasshsm log verify`."""

import argparse
import base64
import hashlib
import json
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EXIT = {"SAME": 0, "EXTENDS": 0, "UNPROVEN": 52, "FORKED": 53, "TRUNCATED": 54, "REPLACED": 55,
        "INVALID": 56, "MISSING": 57}


class Verdict(Exception):
    """Ends the verification. record: where (0: nowhere in particular); why: empty when all is well."""

    def __init__(self, name, record=0, why="", file=""):
        super().__init__(name, record, why)
        self.name, self.record, self.why, self.file = name, record, why, file


# --- Hashes: RFC 6962 section 2.1 ---

def sha256(data):
    return hashlib.sha256(data).digest()


def parent(left, right):
    return sha256(b"\x01" + left + right)


class Tree:
    """A growing Merkle tree: the roots of its complete subtrees, the largest (leftmost) first."""

    def __init__(self, size=0, peaks=()):
        self.size, self.peaks = size, list(peaks)

    def append(self, line):
        node, size = sha256(b"\x00" + line), self.size
        while size & 1:  # like a carry: two subtrees of one size become one
            node, size = parent(self.peaks.pop(), node), size >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = parent(peak, node)
        return node


def consistent(old, old_root, new, new_root, proof):
    """RFC 9162 section 2.1.4.2: does a tree of `new` leaves go on from one of `old`?"""
    if old == 0 or old == new:
        return not proof and (old == 0 or old_root == new_root)
    proof = list(proof)
    if old & (old - 1) == 0:
        proof.insert(0, old_root)
    if not proof:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    a = b = proof[0]
    for node in proof[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            a, b = parent(node, a), parent(node, b)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            b = parent(b, node)
        first, last = first >> 1, last >> 1
    return last == 0 and a == old_root and b == new_root


# --- Forms. Everything has one spelling; what is spelled otherwise does not match. ---

NUMBER, B64_32 = r"(0|[1-9][0-9]{0,19})", r"([A-Za-z0-9+/]{43}=)"
ORIGIN, VKEY = r"glasshsm/[0-9a-f]{32}", r"(glasshsm/[0-9a-f]{32}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44})"
NOTE = re.compile(rf"(({ORIGIN})\n{NUMBER}\n{B64_32}\nepoch {NUMBER}\nincarnation ([0-9a-f]{{16}})\n"
                  rf"(?:next {VKEY}\n)?)\n— ({ORIGIN}) ([A-Za-z0-9+/]{{91}}=)\n".encode())
RECEIPT = re.compile(rf"glasshsm-log-receipt 1\nincarnation ([0-9a-f]{{16}})\nkey {VKEY}\n".encode())
U16, U32, U64 = 2**16, 2**32, 2**64


def number(text, limit=U64):
    if int(text) >= limit:
        raise ValueError("a number is too large")
    return int(text)


def unbase64(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data) != text:
        raise ValueError("Base64 has one spelling")
    return data


def read_vkey(text):
    """A verifier key ORIGIN+KEYID+BASE64(01 || key): gives origin, key id and key."""
    origin, key_id, typed = text.split(b"+", 2)
    typed = unbase64(typed)
    wanted = sha256(origin + b"\n" + typed)[:4]
    if typed[0] != 1 or wanted.hex().encode() != key_id:
        raise ValueError("a verifier key contradicts itself")
    return origin, typed[1:]


class Note:
    """A signed checkpoint; with `next` (the key of the next epoch) it is a handover."""

    def __init__(self, match):
        self.raw, self.text = match[0], match[1]
        self.origin, self.size, self.epoch = match[2], number(match[3]), number(match[5], U32)
        self.root, self.incarnation, self.next = unbase64(match[4]), match[6], None
        signature = unbase64(match[9])
        self.key_id, self.signature = signature[:4], signature[4:]
        if match[7]:
            origin, self.next = read_vkey(match[7])
            if origin != self.origin:
                raise ValueError("a handover to another log")
        if match[8] != self.origin or not self.size or not self.epoch:
            raise ValueError("a note of no log")


class File:
    """A snapshot, a checkpoint or a proof, taken apart."""

    def __init__(self, name, data):
        self.name, self.data, self.at = name, data, 0
        self.handovers, self.steps, self.begin, self.tree = [], [], 0, Tree()
        self.lines_at = None  # of a snapshot: where its records begin
        try:
            if data.startswith(b"glasshsm/"):
                self.kind, self.checkpoint = "checkpoint", self.note()
                self.must(self.at == len(data) and not self.checkpoint.next)
            elif self.maybe(rb"glasshsm-log-snapshot 1\n"):
                self.kind = "snapshot"
                self.read_snapshot()
            else:
                self.kind = "proof"
                self.read_proof()
        except (ValueError, OverflowError) as error:
            raise Verdict("INVALID", 0, f"malformed: {error}", name) from None

    def must(self, good):
        if not good:
            raise ValueError(f"near byte {self.at}")

    def maybe(self, pattern):
        match = re.compile(pattern).match(self.data, self.at)
        self.at = match.end() if match else self.at
        return match

    def expect(self, pattern):
        match = self.maybe(pattern)
        self.must(match)
        return match

    def note(self):
        match = NOTE.match(self.data, self.at)
        self.must(match)
        self.at = match.end()
        return Note(match)

    def hashes(self):
        found = []
        while self.at < len(self.data) and not self.data.startswith(b"-- ", self.at):
            found.append(unbase64(self.expect(rb"([A-Za-z0-9+/]{43}=)\n")[1]))
        return found

    def read_notes(self, after):
        """Handovers and checkpoint follow each other by epoch and by size."""
        while match := self.maybe(rf"-- handover {NUMBER}\n".encode()):
            note = self.note()
            self.must(note.next and note.epoch == int(match[1]) and note.epoch + 1 < U32)
            self.must(note.size > after)
            self.handovers.append(note)
            after = note.size
        self.expect(rb"-- checkpoint\n")
        self.checkpoint = self.note()
        self.must(not self.checkpoint.next and self.checkpoint.size >= after)
        notes = self.handovers + [self.checkpoint]
        for one, other in zip(notes, notes[1:]):
            self.must(one.epoch + 1 == other.epoch and one.origin == other.origin)
        self.first_epoch = notes[0].epoch

    def read_snapshot(self):
        self.read_notes(0)
        self.must(self.first_epoch == 1)
        size = self.checkpoint.size
        if match := self.maybe(rf"-- pruned {NUMBER}\n".encode()):
            pruned, peaks = number(match[1]), self.hashes()
            self.must(0 < pruned <= size and len(peaks) == bin(pruned).count("1"))
            self.tree = Tree(pruned, peaks)
        match = self.expect(rf"-- records {NUMBER} {NUMBER}\n".encode())
        self.must(int(match[1]) == self.tree.size + 1 and int(match[2]) == size - self.tree.size)
        self.lines_at = self.at

    def read_proof(self):
        self.begin = number(self.expect(rf"glasshsm-log-proof 1\n-- from {NUMBER}\n".encode())[1])
        self.read_notes(self.begin)
        bounds = sorted({self.begin, self.checkpoint.size, *(h.size for h in self.handovers)})
        for one, other in zip(bounds, bounds[1:]):
            self.expect(f"-- consistency {one} {other}\n".encode())
            self.steps.append((one, other, self.hashes()))
        self.must(self.at == len(self.data))

    def lines(self):
        """Numbers and lines of a snapshot's records; None for a line that is missing or unended."""
        at = self.lines_at if self.lines_at is not None else len(self.data)
        for seq in range(self.tree.size + 1, self.checkpoint.size + 1) if self.lines_at else ():
            end = self.data.find(b"\n", at)
            if end < 0:
                yield seq, None, at
                return
            yield seq, self.data[at:end], end + 1
            at = end + 1


# --- Records ---

FIELDS = [("seq", U64), ("inc", 8), ("boot", U32), ("ms", U64), ("us", U64), ("cont", U64), ("rand", 16),
          ("act", U32), ("cmd", 4), ("sw", 2), ("role", U32), ("appr", "16"), ("uid", U32), ("obj", "2"),
          ("key", "12"), ("dig", "32"), ("age", U32), ("cnt", U32), ("prev", 32)]


def field_pattern(name, form):
    if isinstance(form, str):
        return rf'"{name}":"(?P<{name}>(?:[0-9a-f]{{{2 * int(form)}}})?)"'
    return rf'"{name}":"(?P<{name}>[0-9a-f]{{{2 * form}}})"' if form < U16 else rf'"{name}":(?P<{name}>0|[1-9][0-9]*)'


RECORD = re.compile(r"\{" + ",".join(field_pattern(*field) for field in FIELDS) + r"\}")


def read_record(line):
    """The fields of a line in canonical form; None for any other line."""
    match = RECORD.fullmatch(line.decode("latin-1")) if line is not None and len(line) <= 512 else None
    if not match:
        return None
    for name, form in FIELDS:
        value = match[name]
        if isinstance(form, str) and value and not value.strip("0"):
            return None  # zeros are written as nothing
        if not isinstance(form, str) and form >= U16 and int(value) >= form:
            return None
    return match


def first_key(file):
    """(incarnation of record 1, first key), as the first record that announces a key tells."""
    incarnation = None
    for _, line, _ in file.lines() if file and file.tree.size == 0 else ():
        record = read_record(line)
        if not record:
            return None
        incarnation = incarnation or record["inc"].encode()
        if int(record["act"]) in (4, 20, 77) and record["dig"]:
            return incarnation, bytes.fromhex(record["dig"])
    return None


def check_records(file, wanted):
    """Form, numbers, chain and tree of a snapshot; the root at size `wanted`, None if it is not known."""
    notes, tree, root, last = {}, Tree(file.tree.size, file.tree.peaks), None, None
    for note in file.handovers + [file.checkpoint]:
        notes.setdefault(note.size, []).append(note)
    if file.lines_at is None:
        return None
    if tree.size == 0:
        last = "00" * 32

    def stop(record):
        for note in notes.get(tree.size, []) if tree.size else ():
            if tree.root() != note.root:
                raise Verdict("INVALID", tree.size, "the records are not those that were signed", file.name)
            if record and record["inc"].encode() != note.incarnation:
                raise Verdict("INVALID", tree.size, "the incarnation is not the note's", file.name)
            if record and note.next and bytes.fromhex(record["dig"]) != note.next:
                raise Verdict("INVALID", tree.size, "the record does not name the next key", file.name)
        return tree.root() if tree.size and tree.size == wanted else root

    root, end = stop(None), file.lines_at
    for seq, line, end in file.lines():
        record = read_record(line)
        if not record or int(record["seq"]) != seq:
            raise Verdict("INVALID", seq, "the line is no record, or not of this number", file.name)
        if last is not None and record["prev"] != last:
            raise Verdict("INVALID", seq, "the record does not follow the one before", file.name)
        last = sha256(line).hex()
        tree.append(line)
        root = stop(record)
    if end != len(file.data):
        raise Verdict("INVALID", tree.size + 1, "there are more lines than the checkpoint covers", file.name)
    return root


# --- Signatures ---

def verify_note(file, note, key, own):
    if note.key_id != sha256(note.origin + b"\n\x01" + key)[:4]:
        if note.epoch == 1 and not own:
            raise Verdict("REPLACED", 0, "it was signed with another first key")
        raise Verdict("INVALID", 0, "a note is not signed with the key of its epoch", file.name)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(note.signature, note.text)
    except InvalidSignature:
        raise Verdict("INVALID", 0, "a signature does not hold", file.name) from None


def verify_notes(file, key, own):
    for note in file.handovers:
        verify_note(file, note, key, own)
        key = note.next
    verify_note(file, file.checkpoint, key, own)


def key_of_epoch(first, file, epoch):
    keys = [first] + [note.next for note in file.handovers] if file and file.kind == "snapshot" else [first]
    return keys[epoch - 1] if epoch <= len(keys) else None


def verify_signatures(first, old, new, proof, old_names, new_names):
    no_key = Verdict("UNPROVEN", 0, "none of these files tells the key of the old checkpoint")
    if old and old.kind == "snapshot":
        verify_notes(old, first, old_names)
    elif old:
        key = key_of_epoch(first, new, old.checkpoint.epoch)
        if key:
            verify_note(old, old.checkpoint, key, False)
        elif not new:
            raise no_key
    if new:
        verify_notes(new, first, new_names)
    if proof:
        if proof.begin != old.checkpoint.size or proof.first_epoch != old.checkpoint.epoch:
            raise Verdict("INVALID", 0, "it does not begin where the old file ends", "proof")
        key = key_of_epoch(first, old if old.kind == "snapshot" else new, old.checkpoint.epoch)
        if not key:
            raise no_key
        verify_notes(proof, key, False)


# --- Comparing ---

def forked(old, new, why):
    others = {seq: line for seq, line, _ in new.lines()}
    differ = (seq for seq, line, _ in old.lines() if seq in others and others[seq] != line)
    raise Verdict("FORKED", next(differ, 0), why)


def compare_epochs(old, new):
    a, b = old.checkpoint, new.checkpoint
    longer, shorter = (old, b) if b.size < a.size else (new, a)
    if old.kind == "snapshot" and any(x.raw != y.raw for x, y in zip(old.handovers, new.handovers)):
        forked(old, new, "an epoch ended in two ways")
    if longer.checkpoint.epoch < shorter.epoch or (a.size == b.size and a.epoch != b.epoch):
        forked(old, new, "the longer log has fewer epochs")
    if any(note.epoch == shorter.epoch and note.size < shorter.size for note in longer.handovers):
        forked(old, new, "in one of them the epoch had ended before")


def check_proof(old, new, proof):
    root, notes = old.checkpoint.root, proof.handovers + [proof.checkpoint]
    for (one, other, hashes), note in zip(proof.steps, notes):
        if not consistent(one, root, other, note.root, hashes):
            raise Verdict("INVALID", 0, "the log does not go on from the old file like that", "proof")
        root = note.root
    end = proof.checkpoint
    if root != end.root:
        raise Verdict("FORKED", 0, "two logs of one size have different records")
    if not new:
        raise Verdict("SAME" if end.size == old.checkpoint.size else "EXTENDS")
    if (end.size, end.epoch, end.root) != (new.checkpoint.size, new.checkpoint.epoch, new.checkpoint.root):
        raise Verdict("INVALID", 0, "it leads to another checkpoint than the new file's", "proof")


def judge(receipt, old, new, proof):
    """Raises the verdict. receipt: bytes or None; the others: File or None."""
    origins = [file.checkpoint.origin for file in (old, new, proof) if file]
    known = [first_key(old), first_key(new)]
    if receipt is not None:
        origin, key = read_vkey(receipt[2])
        origins, known = [origin] + origins, [(receipt[1], key)] + known
    if len(set(origins)) > 1:
        raise Verdict("REPLACED", 0, "it is the log of another token")
    beginnings = {beginning for beginning in known if beginning}
    if len(beginnings) > 1:
        raise Verdict("REPLACED", 1, "the log begins with another key or incarnation")
    if not beginnings:
        raise Verdict("UNPROVEN", 0, "none of these files tells the first key: give the receipt")
    first = beginnings.pop()[1]
    verify_signatures(first, old, new, proof, bool(known[-2]), bool(known[-1]))
    root_in_old = check_records(old, new.checkpoint.size if new else 0) if old else None
    root_in_new = check_records(new, old.checkpoint.size if old else 0) if new else None
    if proof:
        check_proof(old, new, proof)
    if not (old and new):
        raise Verdict("EXTENDS") if receipt else Verdict(
            "UNPROVEN", 0, "self-consistent, proves nothing about history")
    a, b = old.checkpoint, new.checkpoint
    compare_epochs(old, new)
    if b.size < a.size:
        if root_in_old not in (None, b.root):
            forked(old, new, "the new log is shorter, and has another history")
        raise Verdict("TRUNCATED", b.size + 1, "the new log ends before this record")
    if root_in_new not in (None, a.root):
        forked(old, new, "the new log has another history")
    if root_in_new is None and not proof:
        raise Verdict("MISSING", a.size + 1, "records from this one on were pruned: a proof is needed")
    raise Verdict("SAME" if a.size == b.size else "EXTENDS")


def verify(receipt=None, old=None, new=None, proof=None):
    """The verdict on these files, given as bytes; and the new one, taken apart."""
    file = None
    try:
        if receipt is not None:
            receipt = RECEIPT.fullmatch(receipt)
            try:
                read_vkey(receipt[2])
            except (TypeError, ValueError):
                raise Verdict("INVALID", 0, "it is no receipt", "receipt") from None
        kept = {}
        for name, data, kinds in (("old", old, ("snapshot", "checkpoint")), ("new", new, ("snapshot",)),
                                  ("proof", proof, ("proof",))):
            kept[name] = File(name, data) if data is not None else None
            if kept[name] and kept[name].kind not in kinds:
                raise Verdict("INVALID", 0, "it is another kind of file", name)
        file = kept["new"] or kept["old"]
        judge(receipt, **kept)
    except Verdict as verdict:
        return verdict, file
    raise AssertionError("no verdict")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("old", "new", "proof", "receipt"):
        parser.add_argument(f"--{name}", type=lambda path: open(path, "rb").read())
    args = parser.parse_args()
    if args.old is None and (args.new is None or args.proof is not None):
        parser.error("what shall be verified? give --old, or --new")
    verdict, file = verify(args.receipt, args.old, args.new, args.proof)
    where = f" at record {verdict.record}" if verdict.record else ""
    print(f"{verdict.name}{where}" + (f": {verdict.file + ' file: ' if verdict.file else ''}{verdict.why}"
                                      if verdict.why else ""))
    if verdict.name == "EXTENDS" and file.kind == "snapshot":
        since = Note(NOTE.search(args.old)).size if args.old and args.new else 0
        for seq, line, _ in file.lines():
            if seq > since:
                print(json.dumps(json.loads(line)))
    return EXIT[verdict.name]


if __name__ == "__main__":
    sys.exit(main())
