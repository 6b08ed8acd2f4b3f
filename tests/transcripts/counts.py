#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How many cases `glasshsm conform` has, held against what the pages say in whole hundreds.

Usage: counts.py FOLDER COMPUTED TRANSCRIPT...    COMPUTED: the table of conversations in C
"""
import re
import sys
from pathlib import Path

PLACES = {  # page, words with the number, what is counted
    ("README.md", r"plays ([0-9,]+) commands with known answers", "all"),
    ("README.md", r"([0-9,]+) of them without touching anything", "safe"),
    ("CHANGES", r"conform: plays ([0-9,]+) commands with known answers", "all"),
    ("CHANGES", r"With it, ([0-9,]+) of them are computed", "computed"),
    ("docs/CONFORMANCE.md", r"It has ([0-9,]+) cases", "all"),
    ("docs/CONFORMANCE.md", r"([0-9,]+) of them safe", "safe"),
    ("docs/CONFORMANCE.md", r"([0-9,]+) computed", "computed"),
}


def traits_of_cases(transcript):
    """Of each case the words of its line `@`."""
    traits = set()
    for line in transcript.read_text().splitlines():
        if line.startswith("@"):
            traits = set(line[1:].split())
        elif line.startswith(">"):
            yield traits


def count(computed, transcripts):
    cases = [traits for transcript in transcripts for traits in traits_of_cases(transcript) if "ours" not in traits]
    steps = sum(map(int, re.findall(r'^    { "[^"]*\(computed\)", "[^"]*", (\d+),', computed.read_text(), re.MULTILINE)))
    return {"all": len(cases) + steps, "safe": sum("safe" in traits for traits in cases), "computed": steps}


def check(folder, counts):
    for page, words, what in sorted(PLACES):
        found = re.search(words, " ".join((folder / page).read_text().split()))
        said = int(found[1].replace(",", "")) if found else None
        if said != counts[what] // 100 * 100:
            yield f"{page} says {said} where {counts[what]} cases are: {what}"


def main(folder, computed, *transcripts):
    faults = list(check(Path(folder), count(Path(computed), map(Path, transcripts))))
    print("\n".join(faults))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
