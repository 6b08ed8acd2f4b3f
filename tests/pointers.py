#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Documents and comments point to what exists.

Documents (README.md, docs/*.md, tests/README.md): every relative link leads to a file, and to a
heading of it where it names one; every `folder/file` and every source in backticks is there; where
`function()` in `file` is said, the file has the function; the tests in tables of promises are tests.
Comments in C: every file that they name is there.
Usage: pointers.py FOLDER BUILD-FOLDER, or --self-test.
"""
import json
import re
import sys
from pathlib import Path

FOLDERS = ["base", "card-os", "crypto", "daemon", "docs", "formats", "host", "storage", "systemd", "tests",
           "vpcd-bridge"]
# Names that stand for those that a reader chooses.
PLACEHOLDERS = {"crypto/kind_x.c", "kind_x.c", "tests/vectors/curve/NAME.txt", "tests/fuzz/fuzz_x.c", "tests/fuzz/corpus/x/"}

PATH = re.compile(r"`((?:" + "|".join(FOLDERS) + r")/[\w./*-]*)`")
FUNCTION = re.compile(r"`(\w+)\(\)` (?:in|of) `([\w./-]+)`")
NAMED = re.compile(r"`((?:[\w-]+/)*\w+\.(?:c|h|py|sh|toml))`")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.M)
PROMISES = re.compile(r"^\| promise \| test \|\n\|[-|]*\n((?:\|.*\n)+)", re.M)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
SOURCE = re.compile(r"(?<![\w./<*-])((?:[\w-]+/)*\w+\.[ch])\b(?!\w)")


def wrong_in_document(name, text, exists, content):
    for path in PATH.findall(text):
        if not exists(path) and path not in PLACEHOLDERS:
            yield f"{name}: there is no {path}"
    for function, path in FUNCTION.findall(" ".join(text.split())):
        if exists(path) and not re.search(rf"\b{function}\(", content(path)):
            yield f"{name}: {path} has no {function}()"


def anchors(text):
    """What a link can name in a page, as hosts of repositories spell it."""
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(text)}


def wrong_links(name, text, exists, content):
    folder = name.rpartition("/")[0]
    for path, anchor in LINK.findall(text):
        parts = [part for part in f"{folder}/{path}".split("/") if part]
        while ".." in parts:
            at = parts.index("..")
            del parts[at - 1:at + 1]
        to = "/".join(parts) if path else name
        if not exists(to):
            yield f"{name}: a link leads to {path}, which is not there"
        elif anchor and anchor not in anchors(content(to)):
            yield f"{name}: {to} has no heading #{anchor}"


def wrong_names(name, text, known):
    for path in NAMED.findall(text):
        if path not in known | PLACEHOLDERS:
            yield f"{name}: there is no {path}"


def wrong_tests(name, text, tests):
    """A comma also separates parts of a test's name, such as its level."""
    tests = {part for test in tests for part in test.split(", ")}
    for table in PROMISES.findall(text):
        for row in table.splitlines():
            for test in re.split(r"[,;] ", row.split("|")[-2].strip()):
                if test not in tests:
                    yield f"{name}: there is no test {test}"


def wrong_in_source(name, text, known):
    for comment in COMMENT.findall(text):
        for path in SOURCE.findall(comment):
            if path not in known | PLACEHOLDERS:
                yield f"{name}: there is no {path}"


def sources(root):
    for folder in FOLDERS:
        yield from (root / folder).rglob("*.[ch]")


def names(root):
    """Every file by its path and by each end of its path."""
    known = set()
    for folder in FOLDERS:
        for path in (root / folder).rglob("*.*"):
            parts = path.relative_to(root).parts
            known.update("/".join(parts[i:]) for i in range(len(parts)))
    return known


def check(root, build):
    wrong, known = [], names(root)
    tests = {test["name"] for test in json.loads((build / "meson-info/intro-tests.json").read_text())}
    documents = [root / "README.md", root / "tests/README.md", *sorted((root / "docs").glob("*.md"))]

    def exists(path):
        return any(root.glob(path))

    def content(path):
        return (root / path).read_text()

    for path in documents:
        name, text = str(path.relative_to(root)), path.read_text()
        wrong += wrong_in_document(name, text, exists, content)
        wrong += wrong_links(name, text, exists, content)
        wrong += wrong_names(name, text, known)
        wrong += wrong_tests(name, text, tests)
    for path in sources(root):
        wrong += wrong_in_source(path.relative_to(root), path.read_text(errors="replace"), known)
    return wrong


def self_test():
    files = {"base/a.c": "int f(void)"}
    document = "`base/a.c` `base/b.c`, `f()` in `base/a.c`, `g()` in\n`base/a.c`"
    assert list(wrong_in_document("D", document, files.__contains__, files.get)) == [
        "D: there is no base/b.c", "D: base/a.c has no g()"]
    pages = {"docs/A.md": "# One: two\n", "docs/B.md": "## Here\n"}
    links = "[a](A.md#one-two) [b](../docs/A.md) [c](#here) [d](https://e.org/f) [g](G.md) [h](A.md#three)"
    assert list(wrong_links("docs/B.md", links, pages.__contains__, pages.get)) == [
        "docs/B.md: a link leads to G.md, which is not there", "docs/B.md: docs/A.md has no heading #three"]
    assert list(wrong_names("D", "`a.py`, `x/b.c`, `n.sh`", {"a.py", "x/b.c"})) == ["D: there is no n.sh"]
    table = "| promise | test |\n|---|---|\n| p | one, two |\n| q | three; four |\n"
    assert list(wrong_tests("D", table, {"one", "two, level 1", "three"})) == ["D: there is no test four"]
    source = '#include "no.h"\n/* a.c, base/a.c, b.c */ // c.h\n'
    assert list(wrong_in_source("S", source, {"a.c", "base/a.c"})) == [
        "S: there is no b.c", "S: there is no c.h"]


if sys.argv[1] == "--self-test":
    self_test()
else:
    found = check(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(found) if found else "every pointer leads somewhere")
    sys.exit(bool(found))
