#!/usr/bin/python3
"""Verifies the log of a Glass HSM from files alone: a second opinion beside `glasshsm log verify`.

    verify_log.py --old FILE [--new FILE] [--proof FILE] [--receipt FILE]

It needs python3-cryptography, shares no code with Glass HSM, and is short, so that you can read it
before you believe it. docs/AUDIT.md tells what is in the files and what is compared, in which order.
Verdicts and exit statuses are those of `glasshsm log verify`."""
import argparse
import base64
import hashlib
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EXIT = {"SAME": 0, "EXTENDS": 0, "UNPROVEN": 52, "FORKED": 53, "TRUNCATED": 54, "REPLACED": 55,
        "INVALID": 56, "MISSING": 57}


class Verdict(Exception):
    """Ends the verification. record: where it was found, 0: nowhere in particular."""
    def __init__(self, name, record=0, why="", file=""):
        super().__init__(name, record, why)
        self.name, self.record, self.why, self.file = name, record, why, file


# --- Hashes, RFC 6962 section 2.1 ---

def sha256(data):
    return hashlib.sha256(data).digest()

def parent(left, right):
    return sha256(b"\x01" + left + right)


class Tree:
    """A growing tree: its size, and the roots of its complete subtrees, the largest first."""
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
    """RFC 9162 section 2.1.4.2: whether a tree of `new` leaves goes on from one of `old` < `new`."""
    first, last = old - 1, new - 1
    proof = ([old_root] if old & first == 0 else []) + proof
    while first & 1:
        first, last = first >> 1, last >> 1
    a = b = proof[0] if proof else b""
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


# --- Forms. Each thing has one spelling; what is spelled otherwise does not match. ---

NUM, HASH, KEY = "(0|[1-9][0-9]{0,19})", "([A-Za-z0-9+/]{43}=)", "[A-Za-z0-9+/]{44}"
ORIGIN = "glasshsm/[0-9a-f]{32}"
VKEY = rf"({ORIGIN}\+[0-9a-f]{{8}}\+{KEY})"
NOTE = re.compile(rf"(({ORIGIN})\n{NUM}\n{HASH}\nepoch {NUM}\nincarnation ([0-9a-f]{{16}})\n(?:next {VKEY}\n)?)"
                  rf"\n— ({ORIGIN}) ([A-Za-z0-9+/]{{91}}=)\n".encode())
RECEIPT = re.compile(rf"glasshsm-log-receipt 1\nincarnation ([0-9a-f]{{16}})\nkey {VKEY}\n".encode())
HASHES = re.compile(rf"(?:{HASH}\n)*".encode())

def must(good, what):
    if not good:
        raise ValueError(what)

def unbase64(text):
    data = base64.b64decode(text, validate=True)
    must(base64.b64encode(data) == text, "Base64 has one spelling")
    return data

def read_vkey(text):
    """ORIGIN+KEYID+BASE64(01 || key): gives origin and key."""
    origin, key_id, typed = text.split(b"+", 2)
    typed = unbase64(typed)
    must(typed[0] == 1 and sha256(origin + b"\n" + typed)[:4].hex().encode() == key_id, "a verifier key")
    return origin, typed[1:]

def read_hashes(text):
    must(HASHES.fullmatch(text), "a list of hashes")
    return [unbase64(line) for line in text.splitlines()]


class Note:
    """A signed checkpoint. With `next`, the key of the next epoch, it is a handover."""
    def __init__(self, text):
        match = NOTE.fullmatch(text)
        must(match, "a note")
        self.raw, self.text, self.origin, self.incarnation = text, match[1], match[2], match[6]
        self.size, self.epoch, self.root = int(match[3]), int(match[5]), unbase64(match[4])
        self.key_id, self.signature = unbase64(match[9])[:4], unbase64(match[9])[4:]
        origin, self.next = read_vkey(match[7]) if match[7] else (self.origin, None)
        must(match[8] == origin == self.origin, "one name in a note")
        must(0 < self.size < 2**64 and 0 < self.epoch < 2**32 - bool(self.next), "numbers in a note")


class File:
    """A snapshot, a checkpoint or a proof, taken apart."""
    def __init__(self, name, data, kinds):
        self.name, self.handovers, self.steps, self.begin, self.tree, self.rest = name, [], [], 0, Tree(), b""
        head, found, records = data.partition(b"\n-- records ")
        try:
            if data.startswith(b"glasshsm/"):
                self.kind, self.checkpoint = "checkpoint", Note(data)
                must(not self.checkpoint.next, "a checkpoint")
            elif data.startswith(b"glasshsm-log-snapshot 1\n"):
                self.kind = "snapshot"
                self.read_snapshot(self.sections(head + b"\n"), *records.partition(b"\n")[::2])
                must(found, "records")
            else:
                self.kind = "proof"
                self.read_proof(self.sections(data))
        except (ValueError, IndexError) as error:
            raise Verdict("INVALID", 0, f"malformed: {error}", name) from None
        if self.kind not in kinds:
            raise Verdict("INVALID", 0, "it is another kind of file", name)

    def sections(self, text):
        first, *rest = re.split(rb"(?m)^-- (.*)\n", text)
        must(first == f"glasshsm-log-{self.kind} 1\n".encode(), "the first line")
        return list(zip(rest[::2], rest[1::2]))

    def read_notes(self, sections):
        """Takes handovers and checkpoint; they follow each other by epoch and by size."""
        size = self.begin
        while sections[0][0].startswith(b"handover "):
            title, text = sections.pop(0)
            note = Note(text)
            must(note.next and title == b"handover %d" % note.epoch and note.size > size, "a handover")
            self.handovers.append(note)
            size = note.size
        title, text = sections.pop(0)
        self.checkpoint = Note(text)
        must(title == b"checkpoint" and not self.checkpoint.next and self.checkpoint.size >= size, "a checkpoint")
        self.notes = self.handovers + [self.checkpoint]
        for one, other in zip(self.notes, self.notes[1:]):
            must(one.epoch + 1 == other.epoch and one.origin == other.origin, "the line of epochs")

    def read_snapshot(self, sections, title, rest):
        self.read_notes(sections)
        must(self.notes[0].epoch == 1, "the first epoch")
        if sections:
            pruned, text = sections.pop(0)
            match = re.fullmatch(f"pruned {NUM}".encode(), pruned)
            must(match and int(match[1]) > 0, "what was pruned")
            self.tree = Tree(int(match[1]), read_hashes(text))
        count = self.checkpoint.size - self.tree.size
        must(len(self.tree.peaks) == bin(self.tree.size).count("1") and count >= 0, "what was pruned")
        must(not sections and title == b"%d %d" % (self.tree.size + 1, count), "records")
        self.rest = rest

    def read_proof(self, sections):
        match = re.fullmatch(f"from {NUM}".encode(), sections[0][0])
        must(match and not sections.pop(0)[1] and int(match[1]) < 2**64, "from where")
        self.begin = int(match[1])
        self.read_notes(sections)
        bounds = sorted({self.begin} | {note.size for note in self.notes})
        must(len(sections) == len(bounds) - 1, "as many steps as sizes")
        for one, other, (title, text) in zip(bounds, bounds[1:], sections):
            must(title == b"consistency %d %d" % (one, other), "a step")
            must(len(text) < 66 * 45, "a proof no longer than one can be")
            self.steps.append((one, other, read_hashes(text)))

    def lines(self):
        """Number and line of each record, and where the next one begins; None for a missing line."""
        at = 0
        for seq in range(self.tree.size + 1, self.checkpoint.size + 1) if self.kind == "snapshot" else ():
            end = self.rest.find(b"\n", at)
            yield seq, self.rest[at:end] if end >= 0 else None, end + 1
            if end < 0:
                return
            at = end + 1


# --- Records. Form of a field: how many bytes as hex; "N", that or nothing; or a bound for a number. ---

FIELDS = [("seq", 2**64), ("inc", 8), ("boot", 2**32), ("ms", 2**64), ("us", 2**64), ("cont", 2**64), ("rand", 16),
          ("act", 2**32), ("cmd", 4), ("sw", 2), ("role", 2**32), ("appr", "16"), ("uid", 2**32), ("obj", "2"),
          ("key", "12"), ("dig", "32"), ("age", 2**32), ("cnt", 2**32), ("prev", 32)]

def pattern(name, form):
    if isinstance(form, str):
        return rf'"{name}":"(?P<{name}>(?!0*")[0-9a-f]{{{2 * int(form)}}}|)"'  # zeros are written as nothing
    return rf'"{name}":"(?P<{name}>[0-9a-f]{{{2 * form}}})"' if form <= 32 else rf'"{name}":(?P<{name}>0|[1-9][0-9]*)'

RECORD = re.compile(r"\{" + ",".join(pattern(*field) for field in FIELDS) + r"\}")

def read_record(line):
    """The fields of a line in canonical form; None for any other line."""
    match = RECORD.fullmatch(line.decode("latin-1")) if line is not None and len(line) <= 512 else None
    large = match and any(form not in (2, 4, 8, 16, 32) and int(match[name]) >= form
                          for name, form in FIELDS if not isinstance(form, str))
    return None if large else match

def first_key(file):
    """(incarnation, key) of the first record that announces a key: the store's creation, or an epoch's begin."""
    for _, line, _ in file.lines() if file and file.tree.size == 0 else ():
        record = read_record(line)
        if not record:
            return None
        if int(record["act"]) in (4, 20, 77) and record["dig"]:
            return record["inc"].encode(), bytes.fromhex(record["dig"])
    return None

def check_records(file, wanted):
    """Form, numbers, chain and tree. Gives the root at size `wanted`; None if that is not known."""
    def invalid(why, record):
        raise Verdict("INVALID", record, why, file.name)

    def stop(record):
        for note in file.notes if tree.size in sizes else ():
            if note.size == tree.size and note.root != tree.root():
                invalid("the records up to this one are not those that were signed", tree.size)
            if note.size == tree.size and record and note.incarnation != record["inc"].encode():
                invalid("the record is of another incarnation than the note over it", tree.size)
            if note.size == tree.size and record and note.next and record["dig"] != note.next.hex():
                invalid("the record does not name the key to which its epoch hands over", tree.size)
        return tree.root() if 0 < tree.size == wanted else root

    if file.kind != "snapshot":
        return None
    tree, sizes, root, end = Tree(file.tree.size, file.tree.peaks), {n.size for n in file.notes}, None, 0
    last = None if tree.size else bytes(32).hex()
    root = stop(None)
    for seq, line, end in file.lines():
        record = read_record(line)
        if not record or int(record["seq"]) != seq:
            invalid("the line is missing, no record, or not of this number", seq)
        if last not in (None, record["prev"]):
            invalid("the record does not follow the one before", seq)
        last = sha256(line).hex()
        tree.append(line)
        root = stop(record)
    if end != len(file.rest):
        invalid("there are more lines than the checkpoint covers", tree.size + 1)
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
    for note in file.notes:  # each handover names the key of the next epoch
        verify_note(file, note, key, own)
        key = note.next

def key_of_epoch(epoch, first, file):
    keys = [first] + [note.next for note in file.handovers] if file and file.kind == "snapshot" else [first]
    return keys[epoch - 1] if epoch <= len(keys) else None

def verify_signatures(first, old, new, proof, old_own, new_own):
    key = key_of_epoch(old.checkpoint.epoch, first, old if old.kind == "snapshot" else new) if old else None
    unknown = Verdict("UNPROVEN", 0, "none of these files tells the key of the old checkpoint")
    if old and old.kind == "snapshot":
        verify_notes(old, first, old_own)
    elif key:
        verify_note(old, old.checkpoint, key, False)
    elif old and not new:
        raise unknown
    if new:
        verify_notes(new, first, new_own)
    if proof:
        if (proof.begin, proof.notes[0].epoch) != (old.checkpoint.size, old.checkpoint.epoch):
            raise Verdict("INVALID", 0, "it does not begin where the old file ends", "proof")
        if not key:
            raise unknown
        verify_notes(proof, key, False)


# --- Comparing ---

def forked(old, new, why):
    lines = {seq: line for seq, line, _ in new.lines()}
    raise Verdict("FORKED", next((seq for seq, line, _ in old.lines() if lines.get(seq, line) != line), 0), why)

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
    root, end = old.checkpoint.root, proof.checkpoint
    for (one, other, hashes), note in zip(proof.steps, proof.notes):
        if not consistent(one, root, other, note.root, hashes):
            raise Verdict("INVALID", 0, "the log does not go on from the old file like that", "proof")
        root = note.root
    if root != end.root:
        raise Verdict("FORKED", 0, "two logs of one size have different records")
    if not new:
        raise Verdict("SAME" if end.size == old.checkpoint.size else "EXTENDS")
    if (end.size, end.epoch, end.root) != (new.checkpoint.size, new.checkpoint.epoch, new.checkpoint.root):
        raise Verdict("INVALID", 0, "it leads to another checkpoint than the new file's", "proof")

def judge(receipt, old, new, proof):
    """Raises the verdict. receipt: (origin, incarnation, key) or None; the others: File or None."""
    known = [receipt and receipt[1:], first_key(old), first_key(new)]
    if len({file.checkpoint.origin for file in (old, new, proof) if file} | ({receipt[0]} if receipt else set())) > 1:
        raise Verdict("REPLACED", 0, "it is the log of another token")
    beginnings = set(known) - {None}
    if len(beginnings) > 1:
        raise Verdict("REPLACED", 1, "the log begins with another key or incarnation")
    if not beginnings:
        raise Verdict("UNPROVEN", 0, "none of these files tells the first key: give the receipt")
    verify_signatures(beginnings.pop()[1], old, new, proof, known[1], known[2])
    root_in_old = check_records(old, new.checkpoint.size if new else 0) if old else None
    root_in_new = check_records(new, old.checkpoint.size if old else 0) if new else None
    if proof:
        check_proof(old, new, proof)
    if not (old and new):
        raise Verdict("EXTENDS") if receipt else Verdict("UNPROVEN", 0, "self-consistent, proves nothing about history")
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
    """The verdict on these files, given as bytes, and the newest snapshot."""
    snapshot = None
    try:
        if receipt is not None:
            match = RECEIPT.fullmatch(receipt)
            try:
                origin, key = read_vkey(match[2])
            except (TypeError, ValueError):
                raise Verdict("INVALID", 0, "it is no receipt", "receipt") from None
            receipt = origin, match[1], key
        old = old if old is None else File("old", old, ("snapshot", "checkpoint"))
        new = new if new is None else File("new", new, ("snapshot",))
        proof = proof if proof is None else File("proof", proof, ("proof",))
        snapshot = new or old
        judge(receipt, old, new, proof)
    except Verdict as verdict:
        return verdict, snapshot
    return None

def main():
    parser = argparse.ArgumentParser(description="Verifies the log of a Glass HSM from files alone.")
    for name in ("old", "new", "proof", "receipt"):
        parser.add_argument(f"--{name}", type=argparse.FileType("rb"))
    given = {name: file.read() for name, file in vars(parser.parse_args()).items() if file}
    if "old" not in given and ("new" not in given or "proof" in given):
        parser.error("what shall be verified? give --old, or --new")
    verdict, snapshot = verify(**given)
    print(verdict.name + (f" at record {verdict.record}" if verdict.record else "") +
          (f": {verdict.file and verdict.file + ' file: '}{verdict.why}" if verdict.why else ""))
    if verdict.name == "EXTENDS" and "new" in given and "old" in given:
        known = File("old", given["old"], ("snapshot", "checkpoint")).checkpoint.size
        sys.stdout.writelines(line.decode() + "\n" for seq, line, _ in snapshot.lines() if seq > known)
    return EXIT[verdict.name]

if __name__ == "__main__":
    sys.exit(main())
