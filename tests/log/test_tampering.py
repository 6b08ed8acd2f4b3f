#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The verifiers of the log against forged and honest files: whatever is forged is found by both, they
agree on the verdict, and neither cries wolf.

    test_tampering.py GLASSHSM VERIFY_LOG.PY --forged N --honest N [--seed S]"""

import argparse
import importlib.util
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import forge
import named

GOOD = {"SAME", "EXTENDS"}


# --- Honest pairs ---

def honest(rng):
    old = forge.honest_log(rng)
    new = forge.go_on(old)
    verdict = "SAME" if old.size == new.size else "EXTENDS"
    case = {"old": old.snapshot(rng.choice([0, 0, rng.randrange(old.size)]))}
    if rng.random() < 0.5 or "-- pruned" in case["old"]:
        case["receipt"] = old.receipt()
    kind = rng.choice(["new", "new", "pruned", "proof", "both", "bare", "alone"])
    if kind == "alone":
        case["receipt"], verdict = old.receipt(), "EXTENDS"
    if kind in ("new", "bare"):
        case["new"] = new.snapshot(rng.choice([0, rng.randrange(old.size + 1)]))
        case["receipt"] = old.receipt()
    if kind == "bare":
        case["old"] = old.checkpoint()
    if kind == "pruned":
        case["new"] = new.snapshot(rng.randrange(old.size + 1))
    if kind == "both":
        case["new"] = new.snapshot(rng.randrange(new.size + 1))
    if kind in ("both", "proof"):
        case["proof"] = new.proof(old.size)
    return case, {verdict}


# --- Forgeries: each gives a case and the verdicts that are right for it ---

BAD = set("UNPROVEN FORKED TRUNCATED REPLACED INVALID MISSING".split())


def pair(rng):
    """A log that went on, both as they are."""
    old = forge.honest_log(rng)
    old.use(3)
    new = forge.go_on(old)
    new.use(2)
    return old, new


def case_of(rng, old, new_text):
    case = {"old": old.snapshot(), "new": new_text}
    if rng.random() < 0.5:
        case["receipt"] = old.receipt()
    return case


def flip(rng, text):
    data = bytearray(text.encode())
    data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
    return bytes(data)


def flip_new(rng):
    old, new = pair(rng)
    return case_of(rng, old, flip(rng, new.snapshot())), BAD


def flip_old(rng):
    old, new = pair(rng)
    return {"old": flip(rng, old.snapshot()), "new": new.snapshot(), "receipt": old.receipt()}, BAD


def flip_pruned(rng):
    old, new = pair(rng)
    text = new.snapshot(rng.randrange(1, old.size))
    return {"old": old.snapshot(), "new": flip(rng, text), "receipt": old.receipt()}, BAD


def flip_proof(rng):
    old, new = pair(rng)
    return {"old": old.snapshot(), "proof": flip(rng, new.proof(old.size))}, BAD


def flip_receipt(rng):
    old, new = pair(rng)
    return {"old": old.snapshot(), "new": new.snapshot(), "receipt": flip(rng, old.receipt())}, BAD


def cut_anywhere(rng):
    old, new = pair(rng)
    text = new.snapshot().encode()
    return case_of(rng, old, text[:rng.randrange(len(text))]), {"INVALID"}


def lines_of(text):
    head, records = text.split("\n-- records ", 1)
    first, rest = records.split("\n", 1)
    return head + "\n-- records " + first + "\n", rest.splitlines(True)


def shuffle_lines(rng):
    """Lines dropped, doubled, swapped; nothing mended."""
    old, new = pair(rng)
    head, lines = lines_of(new.snapshot())
    i, j = rng.sample(range(len(lines)), 2)
    how = rng.randrange(3)
    if how == 0:
        del lines[i]
    elif how == 1:
        lines.insert(j, lines[i])
    else:
        lines[i], lines[j] = lines[j], lines[i]
    return case_of(rng, old, head + "".join(lines)), {"INVALID", "REPLACED"}


def alter(rng, line):
    """Another event in the same place."""
    seq = int(re.match(r'\{"seq":(\d+)', line)[1])
    fields = [(r'"role":\d', '"role":3'), (r'"act":\d+', '"act":41'), (r'"sw":"....', '"sw":"6a80'),
              (r'"ms":\d+', f'"ms":{1700000000000 + seq}'), (r'"rand":"..', '"rand":"zz'[:8] + rng.choice("0123456789abcdef") * 2)]
    while True:
        pattern, to = rng.choice(fields)
        other = re.sub(pattern, to, line)
        if other != line:
            return other


def edit_line(rng):
    old, new = pair(rng)
    head, lines = lines_of(new.snapshot())
    i = rng.randrange(len(lines))
    lines[i] = alter(rng, lines[i])
    return case_of(rng, old, head + "".join(lines)), {"INVALID", "REPLACED"}


def edit_and_rechain(rng):
    """The chain is mended, the notes are not: nobody has the key."""
    old, new = pair(rng)
    notes = new.snapshot()
    i = rng.randrange(1, new.size)
    new.lines[i] = alter(rng, new.lines[i])
    forge.rechain(new.lines, i)
    head, _ = lines_of(notes)
    return case_of(rng, old, head + "".join(line + "\n" for line in new.lines)), {"INVALID"}


def rewrite(rng, log, start):
    """Another history from line index `start` on, mended throughout."""
    how = rng.randrange(4)
    i = rng.randrange(start, log.size)
    if how == 0:
        log.lines[i] = alter(rng, log.lines[i])
    elif how == 1 and log.size - start > 1:
        del log.lines[i]
    elif how == 2:
        log.lines.insert(i, alter(rng, log.lines[i]))
    else:
        log.lines[i] = alter(rng, log.lines[i])
        log.lines.insert(i, log.lines[i])
    forge.rechain(log.lines, start)


def thief_of_the_current_key(rng):
    """Who has the key of this epoch can write this epoch anew: the old snapshot tells."""
    old = forge.honest_log(rng)
    old.use(rng.randrange(2, 8))
    new = old.copy()
    new.use(rng.randrange(10))
    start = old.ends[-1] if old.ends else 1
    limit = new.lines[:]
    new.lines = new.lines[:old.size]
    rewrite(rng, new, start)
    new.use(max(0, len(limit) - old.size))
    return case_of(rng, old, new.snapshot()), {"FORKED", "TRUNCATED"}


def thief_of_a_newer_key(rng):
    """Rewriting what an ended epoch signed, with the newer epoch's key alone."""
    old = forge.honest_log(rng)
    old.use(3)
    new = old.copy()
    new.begin_epoch()
    new.use(2)
    end = new.ends[-1]
    mended = new.copy()
    part = mended.lines[:end]
    i = rng.randrange(1, end - 1)
    part[i] = alter(rng, part[i])
    mended.lines[:end] = part
    forge.rechain(mended.lines, i)
    handovers = list(new.handovers)
    if rng.random() < 0.7:  # also signs the handover again, with the only key it has
        cut = mended.copy()
        cut.lines = mended.lines[:end]
        handovers[-1] = new.keys[-1].sign(cut.body(len(new.keys) - 1) + f"next {new.keys[-1].vkey}\n")
    return case_of(rng, old, mended.snapshot(handovers=handovers)), {"INVALID"}


def swapped_handovers(rng):
    old = forge.honest_log(rng)
    old.begin_epoch()
    old.use(2)
    new = old.copy()
    new.begin_epoch()
    handovers = list(new.handovers)
    how = rng.randrange(3)
    if how == 0:
        i, j = rng.sample(range(len(handovers)), 2)
        handovers[i], handovers[j] = handovers[j], handovers[i]
    elif how == 1:
        del handovers[rng.randrange(len(handovers))]
    else:
        other = forge.Log(rng, new.device)
        other.use(2)
        other.begin_epoch()
        handovers[0] = other.handovers[0]
    return case_of(rng, old, new.snapshot(handovers=handovers)), {"INVALID"}


def stolen_epoch(rng):
    """Two ways to end one epoch: a copy of the store that was made secretly goes on beside it."""
    old = forge.honest_log(rng)
    fork = old.copy()
    old.use(rng.randrange(1, 5))
    if rng.random() < 0.5:
        old.begin_epoch()
    fork.begin_epoch()
    fork.use(rng.randrange(30))
    return case_of(rng, old, fork.snapshot()), {"FORKED", "TRUNCATED"}


def copied_folder(rng):
    """The same key signs on from two copies of one folder."""
    base = forge.honest_log(rng)
    old, new = base.copy(), base.copy()
    old.use(rng.randrange(1, 10))
    new.use(rng.randrange(1, 10))
    case = case_of(rng, old, new.snapshot(rng.choice([0, rng.randrange(base.size + 1)])))
    case["receipt"] = base.receipt()
    if rng.random() < 0.3:
        case["old"] = old.checkpoint()
        return case, {"FORKED", "TRUNCATED"}
    return case, {"FORKED"}


def older_snapshot(rng):
    old, new = pair(rng)
    return {"old": new.snapshot(), "new": old.snapshot()}, {"TRUNCATED"}


def another_token(rng):
    old, _ = pair(rng)
    other, _ = pair(rng)
    return {"old": old.snapshot(), "new": other.snapshot()}, {"REPLACED"}


def another_beginning(rng):
    old, _ = pair(rng)
    other = forge.Log(rng, old.device)
    other.use(old.size + rng.randrange(-3, 4))
    case = case_of(rng, old, other.snapshot())
    if rng.random() < 0.5:
        case = {"old": other.snapshot(), "receipt": old.receipt()}
    return case, {"REPLACED"}


def nothing_old(rng):
    old, _ = pair(rng)
    return {rng.choice(["old", "new"]): old.snapshot()}, {"UNPROVEN"}


def pruned_between(rng):
    old, new = pair(rng)
    new.use(2)
    return {"old": old.snapshot(), "new": new.snapshot(rng.randrange(old.size + 1, new.size + 1))}, {"MISSING"}


def proof_of_another_history(rng):
    base = forge.honest_log(rng)
    old, new = base.copy(), base.copy()
    old.use(2)
    new.use(2 + rng.randrange(9))
    return {"old": old.snapshot(), "proof": new.proof(old.size)}, {"INVALID", "FORKED"}


def proof_from_elsewhere(rng):
    old, new = pair(rng)
    start = rng.randrange(1, old.size)
    return {"old": old.snapshot(), "proof": new.proof(start)}, {"INVALID"}


def spoilt_proof(rng):
    old, new = pair(rng)
    lines = new.proof(old.size).splitlines(True)
    hashes = [i for i, line in enumerate(lines) if re.fullmatch(r"[A-Za-z0-9+/]{43}=\n", line)]
    i = hashes[rng.randrange(len(hashes))]
    if rng.random() < 0.5:
        del lines[i]
    else:
        lines.insert(i, lines[i])
    return {"old": old.snapshot(), "proof": "".join(lines)}, {"INVALID"}


# --- Any files beside each other ---

def others(rng, log):
    """Logs that have something to do with this one: itself, earlier and later, forked, of an impostor."""
    later = forge.go_on(log)
    fork = log.copy()
    fork.use(1 + rng.randrange(5))
    if rng.random() < 0.5:
        fork.begin_epoch()
    impostor = forge.Log(rng, log.device)
    impostor.use(log.size)
    return [log, log, later, later, forge.go_on(later), fork, impostor, forge.honest_log(rng)]


def damaged(rng, log, text):
    """A note as it could be spelled by whoever has all keys, or a number at an edge."""
    how = rng.randrange(4)
    if how == 0:
        change = rng.choice([{"epoch": rng.choice([1, 2, 9, 0, 2**32 - 1, 2**32])}, {"incarnation": "00" * 8},
                             {"size": rng.choice([0, 1, log.size + 1, 2**64 - 1, 2**64])},
                             {"root": forge.b64(forge.sha256(b"x"))}])
        return text.replace(log.checkpoint(), named.note(log, log.size, len(log.keys), rng.choice(log.keys), **change))
    lines = text.split("\n")
    marks = [i for i, line in enumerate(lines) if line.startswith("-- ") or line.isdigit() or line.startswith("epoch ")]
    i = rng.choice(marks) if marks else 0
    if how == 1:
        edge = rng.choice(["0", "1", "01", "2", "4294967296", "18446744073709551615", "18446744073709551616", "-1", ""])
        lines[i] = re.sub(r"\d+", edge, lines[i], count=1)
    elif how == 2:
        del lines[i]
    else:
        lines.insert(rng.choice(marks or [0]), lines[i])
    return "\n".join(lines)


def mixed(rng):
    """The verifiers must agree. Whoever did not damage anything and stayed in one line of history is told so
    by other kinds; here only that what is damaged does not pass."""
    pool = others(rng, forge.honest_log(rng))
    old, new, proof, receipt = (rng.choice(pool) for _ in range(4))
    case = {"receipt": receipt.receipt()} if rng.random() < 0.5 else {}
    case["old"] = rng.choice([old.snapshot(), old.checkpoint(), old.snapshot(rng.randrange(old.size))])
    if rng.random() < 0.7:
        case["new"] = new.snapshot(rng.choice([0, rng.randrange(new.size)]))
    if rng.random() < 0.5:
        case["proof"] = proof.proof(rng.choice([1 + rng.randrange(proof.size), min(old.size, proof.size)]))
    if rng.random() < 0.4:
        name, log = rng.choice([(n, l) for n, l in (("old", old), ("new", new), ("proof", proof)) if n in case])
        spoilt = damaged(rng, log, case[name])
        if spoilt != case[name]:
            case[name] = spoilt
            return case, BAD
    return case, BAD | GOOD


FORGERIES = [flip_new, flip_old, flip_pruned, flip_proof, flip_receipt, cut_anywhere, shuffle_lines, edit_line,
             edit_and_rechain, thief_of_the_current_key, thief_of_a_newer_key, swapped_handovers, stolen_epoch,
             copied_folder, older_snapshot, another_token, another_beginning, nothing_old, pruned_between,
             proof_of_another_history, proof_from_elsewhere, spoilt_proof, mixed, mixed, mixed, mixed]


# --- The two verifiers ---

class Verifiers:
    def __init__(self, tool, script, folder):
        self.tool, self.folder = tool, folder
        spec = importlib.util.spec_from_file_location("verify_log", script)
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)

    def by_tool(self, case):
        command = [self.tool, "log", "verify", "--json"]
        for name, data in case.items():
            path = os.path.join(self.folder, name)
            with open(path, "wb") as file:
                file.write(data)
            command += [f"--{name}", path]
        done = subprocess.run(command, capture_output=True, check=False)
        try:
            said = json.loads(done.stdout.split(b"\n", 1)[0])
        except ValueError:
            return f"status {done.returncode}", done.stderr.decode(), 0
        return said["verdict"], said["record"], done.returncode

    def by_script(self, case):
        verdict = self.module.verify(**case)
        return verdict.name, verdict.record, self.module.EXIT[verdict.name]


def keep(case, folder):
    os.makedirs(folder, exist_ok=True)
    for name, data in case.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def judge(verifiers, name, case, wanted, record=None):
    """None, or what is wrong."""
    case = {name: data if isinstance(data, bytes) else data.encode() for name, data in case.items()}
    ours, theirs = verifiers.by_tool(case), verifiers.by_script(case)
    good = ours == theirs and ours[0] in wanted and (ours[2] == 0) == (ours[0] in GOOD)
    if good and record in (None, ours[1]):
        return None
    where = "" if record is None else f" at {record}"
    return f"{name}: tool {ours}, script {theirs}, expected {sorted(wanted)}{where}", case


def run(verifiers, make, seed):
    return judge(verifiers, f"{make.__name__} (seed {seed})", *make(random.Random(seed)))


def checks(args):
    """Each asks the verifiers about one case."""
    for case in named.cases(args.thin):
        yield lambda verifiers, case=case: judge(verifiers, *case)
    makers = [FORGERIES[i % len(FORGERIES)] for i in range(args.forged)] + [honest] * args.honest
    for i, make in enumerate(makers):
        yield lambda verifiers, make=make, i=i: run(verifiers, make, args.seed * 1000003 + i)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("script")
    parser.add_argument("--forged", type=int, default=300)
    parser.add_argument("--honest", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--thin", type=int, default=1, help="every so many-th of the lines that are misspelled")
    parser.add_argument("--keep", help="leave the files of the first failure there")
    args = parser.parse_args()
    wrong = count = 0
    with tempfile.TemporaryDirectory() as folder:
        verifiers = Verifiers(args.tool, args.script, folder)
        for check in checks(args):
            found = check(verifiers)
            count += 1
            if found and not wrong and args.keep:
                keep(found[1], args.keep)
            if found:
                print(found[0])
            wrong += found is not None
    print(f"{count} cases, {args.honest} of them honest: {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
