#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shell tests and scripts hold no line that looks like an assertion and is none.

`set -e` does not see that `! command` fails, nor a command before `&&`; `|| true` takes any status; and a
filter whose output is thrown away always succeeds. Usage: asserting.py FOLDER, or --self-test

What is written instead: `if command; then fail ...; fi`, `! command || fail ...`, one command a line,
`fails STATUS command`. Whose status tells nothing may be followed by `|| true` (UTILITIES), and what follows
the last `&&` may leave (LEAVES).
"""
import re
import sys
from pathlib import Path

UTILITIES = {"kill", "wait", "cat", "grep", "read", "rm"}
LEAVES = {"fail", "exit", "return", "continue", "break", "false", "fails"}
FILTERS = {"sed", "awk", "cut", "sort", "cat", "head", "tail", "tr", "uniq", "echo", "printf", "paste"}
KEYWORDS = {"then", "do", "else", "{", "time"}


def split_heredocs(text):
    """The text without bodies of here-documents, and the bodies, each with its first line's number."""
    out, bodies, lines, i = [], [], text.split("\n"), 0
    while i < len(lines):
        out.append(lines[i])
        for quote, word in re.findall(r"(?<!<)<<-?\s*(['\"]?)(\w+)\1", re.sub(r"<<<.*", "", lines[i])):
            start, body = i + 1, []
            while i + 1 < len(lines) and lines[i + 1].lstrip("\t") != word:
                i += 1
                body.append(lines[i])
                out.append("")
            i += 1
            out.append("")
            bodies.append((start, "\n".join(body)))
        i += 1
    return "\n".join(out), bodies


def end_of_substitution(text, i):
    """Behind the bracket that closes the one at i."""
    depth, quote = 0, None
    while i < len(text):
        c = text[i]
        if quote == "'":
            quote = None if c == "'" else quote
        elif c == "\\":
            i += 1
        elif quote == '"' and text.startswith("$(", i):
            i = end_of_substitution(text, i + 1) - 1
        elif c == quote:
            quote = None
        elif not quote and c in "'\"":
            quote = c
        elif not quote:
            depth += (c == "(") - (c == ")")
            if not depth:
                return i + 1
        i += 1
    return i


def bare(text):
    """Quotes become Q, comments and what is inside [[ ]] and $(( )) nothing; newlines that do not end a
    statement become \\x01, so that lines can still be counted."""
    out, i, quote = [], 0, None
    while i < len(text):
        c = text[i]
        if quote == "'":
            out.append("\x01" if c == "\n" else "")
            quote = None if c == "'" else quote
        elif c == "\\":
            out.append("\x01" if text[i + 1:i + 2] == "\n" else "Q")
            i += 1
        elif quote == '"' and text.startswith("$(", i):
            end = end_of_substitution(text, i + 1)
            out.append("\x01" * text.count("\n", i, end))
            i = end - 1
        elif quote == '"':
            out.append("\x01" if c == "\n" else "")
            quote = None if c == '"' else quote
        elif c in "'\"":
            quote = c
            out.append("Q")
        elif c in "<>" and text.startswith("(", i + 1):
            end = end_of_substitution(text, i + 1)
            out.append("Q" + "\x01" * text.count("\n", i, end))
            i = end - 1
        elif c == "#" and (i == 0 or text[i - 1] in " \t\n;("):
            while i + 1 < len(text) and text[i + 1] != "\n":
                i += 1
        else:
            out.append(c)
        i += 1
    flat = "".join(out)
    flat = re.sub(r"\[\[.*?\]\]|\(\(.*?\)\)", "Q", flat)
    return re.sub(r"(\|\||&&|\|)([ \t]*)\n", "\\1\\2\x01", flat)


def statements(flat):
    """(line, statement, what ended it)."""
    line, start, i = 1, 0, 0
    for found in re.finditer(r"\n|;;|;|\(|\)|(?<![&>\d])&(?![&>])", flat):
        piece = flat[start:found.start()]
        yield line, piece, flat[found.start():]
        line += piece.count("\x01") + found.group(0).count("\n")
        start = found.end()
    yield line, flat[start:], ""


def judge(piece, rest):
    words = piece.replace("\x01", " ").split()
    while words and words[0] in KEYWORDS:
        words = words[1:]
    if not words or words[0] in ("if", "while", "until", "elif", "case", "for", "}"):
        return None
    text = " ".join(words)
    # The last of a subshell or function gives its status; that of a group { } is not looked at.
    value = rest.startswith(")") or re.match(r"[;\s\x01]*}[ \t]*(;|\n|$)", rest)
    if words[0] == "!" and "||" not in words and not value:
        return "! is no assertion"
    if "||" in words and words[len(words) - words[::-1].index("||")] == "!" and not value:
        return "! behind || is no assertion"
    if "&&" in words and "||" not in words[words.index("&&"):] and not value:
        last = words[len(words) - words[::-1].index("&&"):]
        if not last or last[0] not in LEAVES:
            return "what stands before && is no assertion"
    if re.search(r"\|\| (true|:)(\s|$)", text) and words[0] not in UTILITIES and not rest.startswith(")"):
        tail = re.split(r"(?<!\|)\|(?!\|)", text.split("||")[0])[-1].split()
        if not tail or tail[0] not in UTILITIES:
            return "|| true takes any status"
    if re.search(r">\s*/dev/null", text) and words[0] in FILTERS and "|" not in words and "||" not in words:
        return "a filter always succeeds"
    return None


def breaches(name, text, first=0):
    text, bodies = split_heredocs(text)
    for line, piece, rest in statements(bare(text)):
        why = judge(piece, rest)
        if why:
            yield f"{name}:{first + line}: {why}: {' '.join(piece.replace(chr(1), ' ').split())}"
    for start, body in bodies:
        yield from breaches(name, body, first + start)


BAD = ["! cmp a b", "! grep -q x y\nz", "a && b", "[ -s x ] && [ -s y ]\nnext", "grep -q x y && grep -q z y\nw",
       "f() {\n    ! a\n    b\n}", "f() {\n    a && b\n    c\n}", "generate 01 || true", "x | y || true\n",
       "sed -n '/x/p' said >/dev/null", "a \\\n  && b\nc", "for i in 1; do ! a; b; done", "if a; then ! b; c; fi",
       "cat <<'END'\n! a\nb\nEND\n", "{\n  cat <<'END'\na && b\nc\nEND\n} >x", "\"$tool\" run x || :", "! a |\n  b\nc",
       "awk '{print}' x >/dev/null\ny", "a &&\n  b\nc", "! a || ! b\nc", "{ a && b; } >x", "a || ! b", "(a)\n! b\nc"]
GOOD = ["! cmp a b || fail x", "if ! a; then b; fi", "a && fail x", "a && false\n", "x=$(a && b)", "if a && b; then c; fi",
        "while ! a; do b; done", "kill 1 2>/dev/null || true", "a | grep -c x || true", "[[ a && b ]] || c",
        "f() {\n    ! a\n}", "x() { a && b; }", "a || b", "echo 'x && y'", "# ! a && b", "! a ||\n  fail x", "a | sed -n p >x",
        "sed -n p x | grep y >/dev/null", "(ulimit -f 1 && exec x) || y", "until a && b; do c; done", "x=$((a && b))",
        "a >x 2>&1\nb", "cat <<END\nplain\nEND\n! a || b", "a && return 0\n", "sed -i s/a/b/ x", "[ a ] || ! b || fail c", "(cd x && y < <(cat z) >u) || v",
        "elif a && b", "grep -q \"! a\" x", "a <<<\"! b\"", "\"$x\" run -- sh -c 'a && b' || c", "case x in a) b ;; esac",
        "if a &&\n  b; then\n  c\nfi"]


def self_test():
    wrong = [one for one in BAD if not list(breaches("x", one))] + [one for one in GOOD if list(breaches("x", one))]
    for one in wrong:
        print("wrongly judged:", repr(one))
    return bool(wrong)


def scripts(root):
    for path in sorted(root.rglob("*")):
        if not path.is_file() or any(part.startswith(("build", ".git")) for part in path.relative_to(root).parts):
            continue
        if path.suffix == ".sh" or path.read_bytes()[:64].split(b"\n")[0] in (b"#!/bin/sh", b"#!/bin/bash"):
            yield path


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    root = Path(sys.argv[1])
    found = [one for path in scripts(root) for one in breaches(str(path.relative_to(root)), path.read_text())]
    print("\n".join(found))
    return bool(found) or len(list(scripts(root))) < 20


if __name__ == "__main__":
    sys.exit(main())
