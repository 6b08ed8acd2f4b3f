#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The man pages say what the programs say of themselves.

The parts of docs/man/* between the comments BEGIN and END are printed from the programs' own help.
Usage: man.py GLASSHSM GLASSHSMD FOLDER    compares, exit status 1 when a page is stale
       man.py --update GLASSHSM GLASSHSMD FOLDER    rewrites those parts
"""
import re
import subprocess
import sys
from pathlib import Path


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def entry(term, text):
    return f".TP\n.B {roff(term)}\n{roff(text)}\n"


def daemon_options(daemon):
    """Rows of `glasshsmd --help`: the option, blanks, what it does."""
    rows = re.findall(r"^  (--\S+) +(.*)$", said(daemon, "--help"), re.MULTILINE)
    return "".join(entry(option, text) for option, text in rows)


def tool_subcommands(tool):
    rows = re.findall(r"^  (\S+) +(.*)$", said(tool, "help"), re.MULTILINE)
    page = ""
    for name, text in rows:
        page += f".SS {name}\n{roff(text)}\n"
        if name not in ("help", "version"):
            page += f".PP\n.nf\n{roff(said(tool, name, '--help').rstrip())}\n.fi\n"
    return page


def tool_exits(tool):
    rows = re.findall(r"^ *(\d+)  (.*)$", said(tool, "help", "exits"), re.MULTILINE)
    return "".join(entry(number, text) for number, text in rows)


def filled_in(page, parts):
    for name, content in parts.items():
        begin, end = f'.\\" BEGIN {name}\n', f'.\\" END {name}\n'
        before, rest = page.split(begin)
        page = before + begin + content + end + rest.split(end)[1]
    return page


def main(arguments):
    update = arguments[0] == "--update"
    tool, daemon, folder = arguments[update:]
    pages = {
        "glasshsm.1": {"subcommands": tool_subcommands(tool), "exits": tool_exits(tool)},
        "glasshsmd.8": {"options": daemon_options(daemon)},
    }
    stale = 0
    for name, parts in pages.items():
        path = Path(folder) / name
        old = path.read_text()
        new = filled_in(old, parts)
        if update:
            path.write_text(new)
        elif old != new:
            print(f"{name} is stale: run tests/man.py --update GLASSHSM GLASSHSMD {folder}")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
