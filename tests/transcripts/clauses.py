#!/usr/bin/python3
"""Every clause that a transcript names is a heading of docs/protocol.md.

Usage: clauses.py PROTOCOL TRANSCRIPT...
"""
import re
import sys
from pathlib import Path


def named(transcript):
    """Line numbers and clauses."""
    for number, line in enumerate(transcript.read_text().splitlines(), 1):
        if line.startswith("@"):
            yield from ((number, word) for word in line[1:].split() if word[0].isdigit())


def main(protocol, *transcripts):
    headings = set(re.findall(r"^#+ ([0-9.]*[0-9])", Path(protocol).read_text(), re.MULTILINE))
    unknown = [f"{name}:{number}: protocol.md has no clause {clause}"
               for name in transcripts for number, clause in named(Path(name))
               if clause not in headings]
    print("\n".join(unknown))
    return bool(unknown)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
