#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every word of docs/GLOSSARY.md is still one that the sources use, stands in the table once, and
points to a page or file that uses it, too. Usage: glossary.py FOLDER, or --self-test.
"""
import re
import sys
from pathlib import Path

FOLDERS = ["base", "card-os", "crypto", "daemon", "formats", "host", "storage", "vpcd-bridge"]
ROW = re.compile(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", re.M)
POINTER = re.compile(r"\]\(([\w.-]+)[)#]|`([\w./-]+)`")


def flat(text):
    """Lower-case, on one line, without the stars of comments and the bars of identifiers."""
    return " ".join(re.sub(r"[*_]", " ", text.lower()).split())


def wrong(page, sources, content):
    """content: path in the tree -> its text."""
    seen = set()
    for words, more in ROW.findall(page):
        pointed = [content(f"docs/{page}" if page else path) for page, path in POINTER.findall(more)]
        for word in words.split(", "):
            if word == "word":
                continue
            if word in seen:
                yield f"{word}: twice"
            seen.add(word)
            form = flat(word)
            if form not in sources:
                yield f"{word}: no source uses it any more"
            if not any(form in flat(text) for text in pointed):
                yield f"{word}: {more} does not use it"
    if len(seen) < 15:
        yield f"only {len(seen)} words: the table is not understood"


def check(root):
    files = [path for folder in FOLDERS for path in (root / folder).rglob("*.[ch]")]
    sources = flat(" ".join(path.read_text(errors="replace") for path in files))
    return list(wrong((root / "docs/GLOSSARY.md").read_text(), sources, lambda p: (root / p).read_text()))


def self_test():
    words = [f"w{i}" for i in range(15)]
    rows = "".join(f"| {word} | text | `a.h` |\n" for word in words)
    text = " ".join(words)
    assert list(wrong(rows, text, {"a.h": text}.get)) == []
    assert list(wrong(rows + "| w1 | again | `a.h` |\n", text, {"a.h": text}.get)) == ["w1: twice"]
    assert list(wrong(rows, text.replace("w3", ""), {"a.h": text}.get)) == ["w3: no source uses it any more"]
    assert list(wrong(rows, text, {"a.h": text.replace("w3", "")}.get)) == ["w3: `a.h` does not use it"]
    assert list(wrong("", "", {}.get)) == ["only 0 words: the table is not understood"]


if sys.argv[1] == "--self-test":
    self_test()
else:
    found = check(Path(sys.argv[1]))
    print("\n".join(found) if found else "every word is in use")
    sys.exit(bool(found))
