#!/usr/bin/python3
"""Documents and comments point to files and functions that exist.

Documents: every `folder/file` in backticks is there, and where `function()` in `file` is said, the
file has the function. Comments in C: every file that they name is there. Usage: pointers.py FOLDER,
or --self-test.
"""
import re
import sys
from pathlib import Path

DOCUMENTS = ["README.md", "docs/TOUR.md", "docs/HACKING.md", "docs/ARCHITECTURE.md", "docs/THREATS.md",
             "docs/STORAGE.md", "docs/AUDIT.md", "docs/CUSTODY.md", "docs/CONFORMANCE.md", "tests/README.md"]
FOLDERS = ["base", "card-os", "crypto", "daemon", "docs", "formats", "host", "storage", "systemd", "tests",
           "vpcd-bridge"]
# Names that stand for those that a reader chooses.
PLACEHOLDERS = {"crypto/kind_x.c", "kind_x.c", "tests/vectors/curve/NAME.txt"}

PATH = re.compile(r"`((?:" + "|".join(FOLDERS) + r")/[\w./*-]*)`")
FUNCTION = re.compile(r"`(\w+)\(\)` (?:in|of) `([\w./-]+)`")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
SOURCE = re.compile(r"(?<![\w./<*-])((?:[\w-]+/)*\w+\.[ch])\b(?!\w)")


def wrong_in_document(name, text, exists, content):
    for path in PATH.findall(text):
        if not exists(path) and path not in PLACEHOLDERS:
            yield f"{name}: there is no {path}"
    for function, path in FUNCTION.findall(" ".join(text.split())):
        if exists(path) and not re.search(rf"\b{function}\(", content(path)):
            yield f"{name}: {path} has no {function}()"


def wrong_in_source(name, text, known):
    for comment in COMMENT.findall(text):
        for path in SOURCE.findall(comment):
            if path not in known | PLACEHOLDERS:
                yield f"{name}: there is no {path}"


def sources(root):
    for folder in FOLDERS:
        yield from (root / folder).rglob("*.[ch]")


def names(root):
    """Every source by its path and by each end of its path."""
    known = set()
    for path in sources(root):
        parts = path.relative_to(root).parts
        known.update("/".join(parts[i:]) for i in range(len(parts)))
    return known


def check(root):
    wrong = []
    for name in DOCUMENTS:
        wrong += wrong_in_document(name, (root / name).read_text(), lambda p: any(root.glob(p)),
                                   lambda p: (root / p).read_text())
    known = names(root)
    for path in sources(root):
        wrong += wrong_in_source(path.relative_to(root), path.read_text(errors="replace"), known)
    return wrong


def self_test():
    files = {"base/a.c": "int f(void)"}
    document = "`base/a.c` `base/b.c`, `f()` in `base/a.c`, `g()` in\n`base/a.c`"
    assert list(wrong_in_document("D", document, files.__contains__, files.get)) == [
        "D: there is no base/b.c", "D: base/a.c has no g()"]
    source = '#include "no.h"\n/* a.c, base/a.c, b.c */ // c.h\n'
    assert list(wrong_in_source("S", source, {"a.c", "base/a.c"})) == [
        "S: there is no b.c", "S: there is no c.h"]


if sys.argv[1] == "--self-test":
    self_test()
else:
    found = check(Path(sys.argv[1]))
    print("\n".join(found) if found else "every pointer leads somewhere")
    sys.exit(bool(found))
