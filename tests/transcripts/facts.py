#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/HARDWARE.md and the cases that rest on its facts, held together.

    facts.py HARDWARE FOLDER TRANSCRIPT|SOURCE...    one line for each fault; exit status 1 when there is one
    facts.py --self-test                             shows that faults are found

A transcript names facts in a line `% 25 26`, a computed conversation (host/tool/conform/conform_talk.h) with talk_facts(t, "25 26").
A fact that no case can ask names a test instead, as `tests/FILE` or as `tests/FILE: WORD`, where WORD stands in FILE.
"""
import re
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

SHOWN = ("agrees", "followed", "open")  # by a case, or by a test that is named
EXCUSED = ("declined", "version", "not a rule")  # with a reason, and by no case that does not ask
ROW = re.compile(r"^\| (\d+) \| (.*) \|$", re.MULTILINE)

Fact = namedtuple("Fact", "number firmware seen sources verdict reason")


def read(text):
    """The facts of docs/HARDWARE.md, in their order; ValueError: a row is none."""
    facts = []
    for number, rest in ROW.findall(text):
        cells = rest.split(" | ")
        if len(cells) != 4 or not all(cells):
            raise ValueError(f"fact {number} is not: firmware, seen, sources, verdict")
        verdict, _, reason = cells[3].partition(": ")
        facts.append(Fact(int(number), *cells[:3], verdict, reason))
    return facts


Case = namedtuple("Case", "place asks")


def named(path):
    """Numbers of the facts that a transcript or a source names, and the case: where, and whether it asks an open question."""
    pattern, question = ((r'talk_facts\(t, "([^"]*)"', "talk_asks") if path.suffix == ".c" else ("^%(.*)", "?"))
    lines = [""] + path.read_text().splitlines() + [""]
    for number, text in enumerate(lines):
        asks = any(line.strip().startswith(question) for line in (lines[number - 1], *lines[number + 1:number + 2]))
        for words in re.findall(pattern, text):
            yield from ((int(word), Case(f"{path.name}:{number}", asks)) for word in words.split())


def known_sources(text):
    """Short names in the table of sources, as patterns: `n` is any number; ` n` may be left out."""
    section = text.partition("\n## Sources\n")[2].partition("\n## ")[0]
    names = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)[1:]
    return [re.compile(re.sub(r"n$", r"\\d+", re.sub(r" n$", r"(?: \\d+)?", name)))
            for name in names + ["none"]]


TEST = re.compile(r"`(tests/[^`: ]*)(?:: ([^`]*))?`")


def missing_tests(text, folder):
    """Tests that the page names and that do not exist."""
    for name, word in TEST.findall(text):
        file = folder / name
        if not file.exists() or word and word not in file.read_text():
            yield f"there is no test {name} {word}".strip()


def judge(fact, cases):
    """What is wrong with a verdict."""
    if fact.verdict in SHOWN:
        if not cases and not TEST.search(fact.reason):
            yield "no case rests on it, and no test is named"
        if fact.verdict == "open" and cases and not any(case.asks for case in cases):
            yield "open, and no case asks"
    elif fact.verdict in EXCUSED:
        if not fact.reason:
            yield f"{fact.verdict}, without a reason"
        resting = [case.place for case in cases if not case.asks]
        if resting:
            yield f"{fact.verdict}, and yet {resting[0]} rests on it"
    else:
        yield f"there is no verdict {fact.verdict}"


def check(hardware, folder, paths):
    text = hardware.read_text()
    facts, sources = read(text), known_sources(text)
    cases = {}
    for path in paths:
        for number, case in named(path):
            cases.setdefault(number, []).append(case)
    faults = [f"{found[0].place}: there is no fact {number}" for number, found in cases.items()
              if number not in {fact.number for fact in facts}]
    said = re.search(r"^(\d+) facts ", text, re.MULTILINE)
    if [fact.number for fact in facts] != list(range(1, int(said[1]) + 1 if said else 0)):
        faults.append(f"{hardware.name}: the facts are not 1 to the number that it says, each once and in order")
    faults += [f"{hardware.name}: {what}" for what in missing_tests(text, folder)]
    for fact in facts:
        wrong = list(judge(fact, cases.get(fact.number, [])))
        wrong += [f"there is no source {source}" for source in fact.sources.split(", ")
                  if not any(known.fullmatch(source) for known in sources)]
        faults += [f"{hardware.name}: fact {fact.number}: {what}" for what in wrong]
    return faults


SOURCES = "9 facts from somewhere\n\n## Sources\n\n| short | who |\n|---|---|\n| OKX | a |\n| NKF n | b |\n| #n | c |\n\n## Facts\n"
SOUND = {number: f"4.1 | seen | OKX, NKF 12, #7 | agrees" for number in range(1, 10)}
SOUND |= {2: "1.2 | seen | none | version: older", 3: "none | seen | OKX | open: `tests/x.c: word`"}
CASES = "% " + " ".join(str(number) for number in SOUND if number not in (2, 3)) + "\n"
FAULTS = (  # rows that are other than the sound ones, what cases name besides, what is found
    ({}, "", None),
    ({1: "4.1 | seen | OKX | declined: we do not"}, "", "fact 1: declined, and yet t.txt:1 rests on it"),
    ({2: "1.2 | seen | OKX | version"}, "", "fact 2: version, without a reason"),
    ({2: "1.2 | seen | OKX | agrees"}, "", "fact 2: no case rests on it"),
    ({2: "1.2 | seen | OKX | perhaps"}, "", "fact 2: there is no verdict perhaps"),
    ({3: "1.2 | seen | OKX | open: `tests/y.c`"}, "", "there is no test tests/y.c"),
    ({3: "1.2 | seen | OKX | open: `tests/x.c: other`"}, "", "there is no test tests/x.c other"),
    ({4: "none | seen | OKX | open"}, "", "fact 4: open, and no case asks"),
    ({4: "none | seen | OKX | open"}, "? A\n% 4\n", None),
    ({4: "none | seen | OKX | open"}, "% 4\n? A\n", None),
    ({4: "4.1 | seen | OKX | declined: we do not"}, "? A\n% 4\n", None),
    ({4: "4.1 | seen | OKX, XYZ | agrees"}, "", "fact 4: there is no source XYZ"),
    ({9: None}, "", "t.txt:1: there is no fact 9"),
    ({9: None}, "", "the facts are not 1 to the number that it says"),
    ({}, "% 10\n", "t.txt:2: there is no fact 10"),
    ({}, "% 2\n", "fact 2: version, and yet t.txt:2 rests on it"),
)


def self_test():
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hardware, transcript, source = (folder / name for name in ("H.md", "t.txt", "c.c"))
        (folder / "tests").mkdir()
        (folder / "tests/x.c").write_text("a word\n")
        source.write_text('    talk_facts(t, "5 6");\n    talk_asks(t, "A", NULL);\n')
        for rows, more, expected in FAULTS:
            table = {number: row for number, row in (SOUND | rows).items() if row}
            hardware.write_text(SOURCES + "".join(f"| {number} | {row} |\n" for number, row in table.items()))
            transcript.write_text(CASES + more)
            found = check(hardware, folder, [transcript, source])
            if expected is None and found or expected and not any(expected in fault for fault in found):
                wrong.append(f"expected {expected}, found {found}")
        if list(named(source)) != [(5, Case("c.c:1", True)), (6, Case("c.c:1", True))]:
            wrong.append("a source's facts are not read")
    return wrong


def main(*arguments):
    if arguments == ("--self-test",):
        faults = self_test()
    else:
        hardware, folder, *paths = map(Path, arguments)
        faults = check(hardware, folder, paths)
    print("\n".join(faults))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
