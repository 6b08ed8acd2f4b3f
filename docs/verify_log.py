#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies the log of a Glass HSM from files alone: a second opinion beside `glasshsm log verify`.
    verify_log.py --old FILE [--new FILE] [--proof FILE] [--receipt FILE]
It needs python3-cryptography and shares no code with Glass HSM. Read it before you believe it: docs/AUDIT.md
tells what is in the files and what is compared in which order; verdicts and exit statuses are the tool's."""
import argparse, base64, hashlib, re, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
EXIT = dict(SAME=0, EXTENDS=0, UNPROVEN=52, FORKED=53, TRUNCATED=54, REPLACED=55, INVALID=56, MISSING=57)

class Verdict(Exception):
    """Ends the verification. record: where it was found, 0: nowhere in particular."""
    def __init__(self, name, why="", record=0):
        self.name, self.why, self.record = name, why, record

def invalid(file, why, record=0): raise Verdict("INVALID", f"{file} file: {why}", record)
# --- Hashes, RFC 6962 section 2.1 ---
def sha256(data): return hashlib.sha256(data).digest()
def parent(left, right): return sha256(b"\x01" + left + right)

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
    """Whether a tree of `new` leaves goes on from one of `old` < `new`: 2.1.2, read backwards."""
    def take():
        return proof.pop() if proof else b"none left"
    def roots(m, n, whole):
        if m == n:
            return (old_root if whole else take(),) * 2
        half, sibling = 1 << ((n - 1).bit_length() - 1), take()
        if m <= half:
            a, b = roots(m, half, whole)
            return a, parent(b, sibling)
        a, b = roots(m - half, n - half, False)
        return parent(sibling, a), parent(sibling, b)
    return roots(old, new, True) == (old_root, new_root) and not proof

# --- Forms. Each thing has one spelling; what is spelled otherwise does not match. ---
N, HASH, ORIGIN, INC = "(?:0|[1-9][0-9]{0,19})", "[A-Za-z0-9+/]{43}=", "glasshsm/[0-9a-f]{32}", "[0-9a-f]{16}"
VKEY = rf"{ORIGIN}\+[0-9a-f]{{8}}\+[A-Za-z0-9+/]{{44}}"
NOTE = (rf"(?P<text>(?P<origin>{ORIGIN})\n(?P<size>{N})\n(?P<root>{HASH})\nepoch (?P<epoch>{N})\n"
        rf"incarnation (?P<incarnation>{INC})\n(?:next (?P<next>{VKEY})\n)?)\n— {ORIGIN} (?P<sig>[A-Za-z0-9+/]{{91}}=)\n")
ANY = re.sub(r"P<\w+>", ":", NOTE)
NOTES = rf"(?P<notes>(?:-- handover {N}\n{ANY})*-- checkpoint\n{ANY})"
FILES = {kind: re.compile(form.encode()) for kind, form in {
    "snapshot": rf"glasshsm-log-snapshot 1\n{NOTES}(?:-- pruned (?P<pruned>{N})\n(?P<peaks>(?:{HASH}\n)*))?"
                rf"-- records (?P<records>{N} {N})\n",
    "checkpoint": rf"(?P<notes>{ANY})\Z",
    "proof": rf"glasshsm-log-proof 1\n-- from (?P<begin>{N})\n{NOTES}"
             rf"(?P<steps>(?:-- consistency {N} {N}\n(?:{HASH}\n)*)*)\Z"}.items()}
RECEIPT = re.compile(rf"glasshsm-log-receipt 1\nincarnation (?P<incarnation>{INC})\nkey (?P<key>{VKEY})\n".encode())

def must(good, what):
    if not good: raise ValueError(what)
def unbase64(text):
    data = base64.b64decode(text, validate=True)
    must(base64.b64encode(data) == text, "Base64 has one spelling")
    return data

def read_hashes(text): return [unbase64(line) for line in text.splitlines()]
def read_vkey(text):
    """ORIGIN+KEYID+BASE64(01 || key): gives origin and key."""
    origin, key_id, typed = text.split(b"+", 2)
    typed = unbase64(typed)
    must(typed[0] == 1 and sha256(origin + b"\n" + typed)[:4].hex().encode() == key_id, "a verifier key")
    return origin, typed[1:]

class Note:
    """A signed checkpoint. With `next`, the key of the next epoch, it is a handover."""
    def __init__(self, match):
        self.raw, self.text, self.origin, self.incarnation = match[0], *match.group("text", "origin", "incarnation")
        self.size, self.epoch, self.root = int(match["size"]), int(match["epoch"]), unbase64(match["root"])
        self.key_id, self.signature = unbase64(match["sig"])[:4], unbase64(match["sig"])[4:]
        origin, self.next = read_vkey(match["next"]) if match["next"] else (self.origin, None)
        must(self.raw.count(self.origin) == 2 + bool(self.next) and origin == self.origin, "one name in a note")
        must(0 < self.size < 2**64 and 0 < self.epoch < 2**32 - bool(self.next), "numbers in a note")

class File:
    """A snapshot, a checkpoint or a proof, taken apart."""
    def __init__(self, name, data, kinds):
        self.name, self.begin, self.tree, self.steps = name, 0, Tree(), []
        try:
            self.kind, match = next(((k, m) for k in kinds for m in [FILES[k].match(data)] if m), (None, None))
            must(match, "it is no " + " or ".join(kinds))
            self.notes = [Note(note) for note in re.finditer(NOTE.encode(), match["notes"])]
            self.handovers, self.checkpoint, self.rest = self.notes[:-1], self.notes[-1], data[match.end():]
            if self.kind == "proof":
                self.read_steps(int(match["begin"]), match["steps"])
            self.check_notes(match["notes"])
            if self.kind == "snapshot":
                self.check_records(int(match["pruned"] or 0), match["peaks"], match["records"])
        except ValueError as error:
            invalid(name, f"malformed: {error}")
    def check_notes(self, text):
        """Handovers and checkpoint follow each other by epoch and by size, and are called what they are."""
        said = b"".join(b"-- handover %d\n" % note.epoch + note.raw for note in self.handovers)
        said += b"-- checkpoint\n" * (self.kind != "checkpoint") + self.checkpoint.raw
        must(said == text and all(note.next for note in self.handovers) and not self.checkpoint.next, "notes")
        sizes = [self.begin - (self.kind == "proof")] + [note.size for note in self.handovers]
        must(sizes == sorted(set(sizes)) and max(self.begin, sizes[-1]) <= self.checkpoint.size, "sizes")
        for one, other in zip(self.notes, self.notes[1:]):
            must(one.epoch + 1 == other.epoch and one.origin == other.origin, "the line of epochs")
    def check_records(self, pruned, peaks, records):
        must(self.notes[0].epoch == 1 and (pruned > 0) == (peaks is not None), "the beginning")
        self.tree = Tree(pruned, read_hashes(peaks or b""))
        must(len(self.tree.peaks) == bin(pruned).count("1") and pruned <= self.checkpoint.size, "what was pruned")
        must(records == b"%d %d" % (pruned + 1, self.checkpoint.size - pruned), "how many records")
    def read_steps(self, begin, text):
        self.begin, parts = begin, re.split(rb"-- consistency (.*)\n", text)[1:]
        bounds = sorted({begin} | {note.size for note in self.notes})
        must(parts[::2] == [b"%d %d" % pair for pair in zip(bounds, bounds[1:])], "steps from size to size")
        self.steps = [(*pair, read_hashes(text)) for pair, text in zip(zip(bounds, bounds[1:]), parts[1::2])]
    def lines(self):
        """Number and line of each record, and where the next one begins; None for a missing line."""
        end = 0
        for seq in range(self.tree.size + 1, self.checkpoint.size + 1) if self.kind == "snapshot" else ():
            at, end = end, self.rest.find(b"\n", end) + 1
            yield seq, self.rest[at:end - 1] if end else None, end
            if not end: return

# --- Records. Form of a field: how many bytes as hex; "N", that or nothing; or a bound for a number. ---
FIELDS = [("seq", 2**64), ("inc", 8), ("boot", 2**32), ("ms", 2**64), ("us", 2**64), ("cont", 2**64), ("rand", 16),
          ("act", 2**32), ("cmd", 4), ("sw", 2), ("role", 2**32), ("appr", "16"), ("uid", 2**32), ("obj", "2"),
          ("key", "12"), ("dig", "32"), ("age", 2**32), ("cnt", 2**32), ("prev", 32)]
def pattern(name, form):
    if isinstance(form, str):
        return rf'"{name}":"(?P<{name}>(?!0*")[0-9a-f]{{{2 * int(form)}}}|)"'  # zeros are written as nothing
    return rf'"{name}":"(?P<{name}>[0-9a-f]{{{2 * form}}})"' if form <= 32 else rf'"{name}":(?P<{name}>0|[1-9][0-9]*)'

RECORD = re.compile(r"\{" + ",".join(pattern(*field) for field in FIELDS) + r"\}")
BOUNDS = [(name, form) for name, form in FIELDS if not isinstance(form, str) and form > 32]
def read_record(line):
    """The fields of a line in canonical form; None for any other line."""
    match = RECORD.fullmatch(line.decode("latin-1")) if line is not None and len(line) <= 512 else None
    return match if match and all(int(match[name]) < bound for name, bound in BOUNDS) else None

def first_key(file):
    """(incarnation, key) of the first record that announces a key: the store's creation, or an epoch's begin."""
    for _, line, _ in file.lines() if file and file.tree.size == 0 else ():
        record = read_record(line)
        if not record: return None
        if int(record["act"]) in (4, 20, 77) and record["dig"]:
            return record["inc"].encode(), bytes.fromhex(record["dig"])
    return None

def check_note(file, note, tree, record):
    """A note against the records up to it; record is the last one, None when that is pruned."""
    for good, why in ((note.root == tree.root(), "the records up to this one are not those that were signed"),
                      (not record or note.incarnation == record["inc"].encode(), "it is not the note's incarnation"),
                      (not record or not note.next or record["dig"] == note.next.hex(), "it does not name the next key")):
        good or invalid(file.name, why, tree.size)

def check_records(file, wanted):
    """Form, numbers, chain and tree. Gives the root at size `wanted`; None if that is not known."""
    if not file or file.kind != "snapshot": return None
    tree, end, known, record = Tree(file.tree.size, file.tree.peaks), 0, {}, None
    stops, last = {note.size for note in file.notes} | {wanted}, None if tree.size else bytes(32).hex()
    for seq, line, end in [(tree.size, None, 0), *file.lines()] if tree.size else file.lines():
        if seq > tree.size:
            record = read_record(line)
            if not record or int(record["seq"]) != seq:
                invalid(file.name, "the line is missing, no record, or not of this number", seq)
            if last not in (None, record["prev"]):
                invalid(file.name, "the record does not follow the one before", seq)
            last = sha256(line).hex()
            tree.append(line)
        if seq in stops:
            known[seq] = tree.root()
            for note in file.notes:
                if note.size == seq:
                    check_note(file, note, tree, record)
    if end != len(file.rest):
        invalid(file.name, "there are more lines than the checkpoint covers", tree.size + 1)
    return known.get(wanted)

# --- Signatures ---
def verify_notes(file, key, own):
    for note in file.notes:
        if note.key_id != sha256(note.origin + b"\n\x01" + key)[:4]:
            if note.epoch == 1 and not own:
                raise Verdict("REPLACED", "it was signed with another first key")
            invalid(file.name, "a note is not signed with the key of its epoch")
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(note.signature, note.text)
        except InvalidSignature:
            invalid(file.name, "a signature does not hold")
        key = note.next  # each handover names the key of the next epoch

def verify_signatures(first, old, new, proof, old_own, new_own):
    bare = old and old.kind == "checkpoint"
    if old and not bare:
        verify_notes(old, first, old_own)
    if new:
        verify_notes(new, first, new_own)
    if proof and (proof.begin, proof.notes[0].epoch) != (old.checkpoint.size, old.checkpoint.epoch):
        invalid("proof", "it does not begin where the old file ends")
    tells = new if bare else old  # who knows the key of the old checkpoint's epoch
    keys = [first] + [note.next for note in tells.handovers] if tells else [first]
    if old and old.checkpoint.epoch > len(keys):
        raise Verdict("UNPROVEN", "none of these files tells the key of the old checkpoint's epoch")
    for file in (old if bare else None, proof):
        if file: verify_notes(file, keys[old.checkpoint.epoch - 1], False)

# --- Comparing ---
def forked(old, new, why):  # at the first line that differs, among those that both have
    lines = {seq: line for seq, line, _ in new.lines()}
    raise Verdict("FORKED", why, next((seq for seq, line, _ in old.lines() if lines.get(seq, line) != line), 0))
def compare_epochs(old, new):
    a, b = old.checkpoint, new.checkpoint
    longer, shorter = (old, b) if b.size < a.size else (new, a)
    if any(x.raw != y.raw for x, y in zip(old.handovers, new.handovers)):
        forked(old, new, "two different records or keys end the same epoch")
    if longer.checkpoint.epoch < shorter.epoch or (a.size == b.size and a.epoch != b.epoch):
        forked(old, new, "the longer log has fewer epochs")
    if any(note.epoch == shorter.epoch and note.size < shorter.size for note in longer.handovers):
        forked(old, new, "the longer log ended this epoch before the shorter one's checkpoint")

def check_proof(old, new, proof):
    root, end, same = old.checkpoint.root, proof.checkpoint, [n for n in proof.handovers if n.size == proof.begin]
    for (one, other, hashes), note in zip(proof.steps, proof.notes[len(same):]):
        if not consistent(one, root, other, note.root, hashes):
            invalid("proof", "the proof does not lead from the old file to this log")
        root = note.root
    if root != end.root or any(note.root != old.checkpoint.root for note in same):
        raise Verdict("FORKED", "two logs of one size have different records")
    if not new:
        raise Verdict("SAME" if end.size == old.checkpoint.size else "EXTENDS")
    if (end.size, end.epoch, end.root) != (new.checkpoint.size, new.checkpoint.epoch, new.checkpoint.root):
        invalid("proof", "it leads to another checkpoint than the new file's")

def judge(receipt, old, new, proof):
    """Raises the verdict. receipt: (origin, incarnation, key) or None; the others: File or None."""
    known = [receipt and receipt[1:], first_key(old), first_key(new)]
    if len({file.checkpoint.origin for file in (old, new, proof) if file} | ({receipt[0]} if receipt else set())) > 1:
        raise Verdict("REPLACED", "it is the log of another token")
    beginnings = set(known) - {None}
    if len(beginnings) > 1:
        raise Verdict("REPLACED", "the log begins with another key or incarnation", 1)
    if not beginnings:
        raise Verdict("UNPROVEN", "none of these files tells the first key: give the receipt")
    verify_signatures(beginnings.pop()[1], old, new, proof, known[1], known[2])
    root_in_old = check_records(old, new.checkpoint.size if new else 0)
    root_in_new = check_records(new, old.checkpoint.size if old else 0)
    if proof:
        check_proof(old, new, proof)
    if not (old and new):
        raise Verdict("EXTENDS") if receipt else Verdict("UNPROVEN", "self-consistent, proves nothing about history")
    compare_epochs(old, new)
    a, b = old.checkpoint, new.checkpoint
    if b.size < a.size:
        if root_in_old not in (None, b.root):
            forked(old, new, "the new log is shorter, and has another history")
        raise Verdict("TRUNCATED", "the new log ends before this record", b.size + 1)
    if root_in_new not in (None, a.root):
        forked(old, new, "the new log has another history")
    if root_in_new is None and not proof:
        raise Verdict("MISSING", "records from this one on were pruned: a proof is needed", a.size + 1)
    raise Verdict("SAME" if a.size == b.size else "EXTENDS")

def verify(receipt=None, old=None, new=None, proof=None):
    """The verdict on these files, given as bytes."""
    try:
        if receipt is not None:
            try:
                match = RECEIPT.fullmatch(receipt)
                origin, key = read_vkey(match["key"])
            except (TypeError, ValueError):
                invalid("receipt", "it is no receipt")
            receipt = origin, match["incarnation"], key
        judge(receipt, *(file if file is None else File(name, file, kinds) for name, file, kinds in (
            ("old", old, ("snapshot", "checkpoint")), ("new", new, ("snapshot",)), ("proof", proof, ("proof",)))))
    except Verdict as verdict:
        return verdict

def main():
    parser = argparse.ArgumentParser(description="Verifies the log of a Glass HSM from files alone.")
    for name in ("old", "new", "proof", "receipt"):
        parser.add_argument(f"--{name}", type=argparse.FileType("rb"))
    given = {name: file.read() for name, file in vars(parser.parse_args()).items() if file}
    if "old" not in given and ("new" not in given or "proof" in given): parser.error("give --old, or --new")
    verdict = verify(**given)
    print(verdict.name + f" at record {verdict.record}" * bool(verdict.record) + f": {verdict.why}" * bool(verdict.why))
    return EXIT[verdict.name]

if __name__ == "__main__":
    sys.exit(main())
