#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every clause that a transcript names, or a computed conversation (host/tool/conform/conform_talk.h), is a heading of
docs/protocol.md.

Usage: clauses.py PROTOCOL TRANSCRIPT|SOURCE...
"""
import re
import sys
from pathlib import Path


def named(transcript):
    """Line numbers and clauses."""
    source = transcript.suffix == ".c"
    places = r'(?:talk_clauses\(t, |\(computed\)", )"([^"]*)"' if source else "^@(.*)"
    for number, line in enumerate(transcript.read_text().splitlines(), 1):
        for words in re.findall(places, line):
            yield from ((number, word) for word in words.split() if word[0].isdigit())


def main(protocol, *transcripts):
    headings = set(re.findall(r"^#+ ([0-9.]*[0-9])", Path(protocol).read_text(), re.MULTILINE))
    unknown = [f"{name}:{number}: protocol.md has no clause {clause}"
               for name in transcripts for number, clause in named(Path(name))
               if clause not in headings]
    print("\n".join(unknown))
    return bool(unknown)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
