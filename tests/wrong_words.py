#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the tool says to wrong command lines: one line, which names the mistake and what to do next; status 2.

Usage: wrong_words.py TOOL FILE            compares
       wrong_words.py --update TOOL FILE   writes what the tool says now, to be read before it is committed
FILE has, after comments, a command line (`$ key genarate`) and the line that is said, again and again.
"""
import shlex
import subprocess
import sys
from pathlib import Path


def said(tool, words):
    run = subprocess.run([tool, *shlex.split(words)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return run.stderr, run.returncode == 2 and not run.stdout and run.stderr.count("\n") == 1


def main(arguments):
    update = arguments[0] == "--update"
    tool, page = arguments[update:]
    lines = Path(page).read_text().splitlines(keepends=True)
    wrong, new = 0, [line for line in lines if line.startswith("#")]
    for line, expected in zip(lines, [*lines[1:], ""]):
        if not line.startswith("$ "):
            continue
        got, well = said(tool, line[2:])
        new += [line, got]
        if not well or (got != expected and not update):
            print(f"{line}expected: {expected}said:     {got}")
            wrong += 1
    if update:
        Path(page).write_text("".join(new))
    return bool(wrong) or len(new) < 40


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
