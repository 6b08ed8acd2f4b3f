#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Positive results of functions: no two share a number (base/results.h).

    results.py FOLDER         one line for each breach; exit status 1 when there is one
    results.py --self-test    shows that breaches are found

Looks at all of the product's C files, so that no list has to name a new result. A result is a constant
that a function of type int returns, or keeps in a variable called r or result, or compares with one.
Each must be a fault, or belong to an enum that begins at a band of its own.
"""
import re
import sys
import tempfile
from pathlib import Path

BANDS = "base/results.h"
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
ENUM = re.compile(r"\benum\b\s*\w*\s*\{([^{}]*)\}")
FUNCTION = re.compile(r"^(?:static |inline )*int (\w+)\([^;{}]*\)\n\{(.*?)^\}", re.M | re.S)
# Constants that functions of type int give back, and that are no results.
OTHERS = {
    r"TOOL_\w+|EXIT_\w+": "exit statuses",
    r"FAULT_\w+": "faults are negative",
    r"NEED_\w+": "bits: what a verb of the tool needs",
    r"SQLITE_\w+|W[A-Z]+": "of a library or the system",
    r"FINE|BROKEN|GAP": "what log_show.c found in a line",
}
NUMBERS = {  # functions that return a number other than 0, and are no results either
    "card-os/cmd/object.c": {"urgency"},
    "crypto/kind_rsa.c": {"set_digest"},  # as OpenSSL's do
    "daemon/build_id.c": {"look"},  # ends an iteration of the system's
}


def code_of(text):
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def product(folder):
    for path in sorted(folder.rglob("*.[ch]")):
        name = path.relative_to(folder).as_posix()
        if not re.match(r"(build[^/]*|tests)/|\.", name):
            yield name, code_of(path.read_text())


def bands_in(files):
    text = files.get(BANDS, "")
    size = int(re.search(r"RESULT_BAND_SIZE = (\d+)", text)[1])
    return {name: int(at) for name, at in re.findall(r"\b(RESULTS_\w+) = (\d+)", text)}, size


def members_of(body):
    return [[part.strip() for part in member.split("=")] for member in body.split(",") if member.strip()]


def check_bands(bands, size):
    at = sorted(bands.items(), key=lambda band: band[1])
    for (one, first), (other, second) in zip(at, at[1:]):
        if second < first + size:
            yield f"{BANDS}: {one} and {other} overlap"
    for name, first in at:
        if first < 256:
            yield f"{BANDS}: {name} could be taken for an exit status"


def check_enums(files, bands, size):
    """Yields breaches, and at the end the set of all results as its value."""
    results, owners = set(), {}
    for name, code in files.items():
        for found in ENUM.finditer(code):
            members = members_of(found[1])
            named = [m for m in members if len(m) == 2 and m[1].startswith("RESULTS_")]
            if name == BANDS or not named:
                continue
            band = named[0][1]
            if members[0] != named[0] or any(len(m) == 2 for m in members[1:]):
                yield f"{name}: the results of {band} do not count up from the band"
            if band not in bands:
                yield f"{name}: {band} is no band"
            if len(members) > size:
                yield f"{name}: {band} is too small"
            if band in owners:
                yield f"{name}: {band} belongs to {owners[band]}"
            owners[band] = name
            results.update(m[0] for m in members)
    for band in sorted(set(bands) - set(owners)):
        yield f"{BANDS}: nobody uses {band}"
    return results


def without_brackets(text):
    while True:
        inner = re.sub(r"\([^()]*\)", "", text)
        if inner == text:
            return text
        text = inner


def given_by(body):
    """The constants and numbers that a function gives back, or deals with as results."""
    for value in re.findall(r"\b(?:return|(?:r|result) =)\s+([^;]*);", body):
        for part in re.split(r"[?:]", without_brackets(value)):
            if re.fullmatch(r"\s*([A-Z][A-Z0-9_]+|[1-9]\d*)\s*", part):
                yield part.strip()
    yield from re.findall(r"\b(?:r|result) [!=]= ([A-Z][A-Z0-9_]+)\b", body)


def check_functions(files, results):
    others = re.compile("|".join(OTHERS))
    for name, code in files.items():
        for function, body in FUNCTION.findall(code):
            for value in sorted(set(given_by(body))):
                number = value.isdigit()
                if number and function in NUMBERS.get(name, set()) or others.fullmatch(value):
                    continue
                if number or value not in results:
                    yield f"{name}: {function}() gives {value}, which is of no band"


def check(folder):
    files = dict(product(folder))
    bands, size = bands_in(files)
    breaches = list(check_bands(bands, size))
    enums = check_enums(files, bands, size)
    while True:
        try:
            breaches.append(next(enums))
        except StopIteration as end:
            return breaches + list(check_functions(files, end.value))


GOOD = {
    BANDS: "enum { RESULT_BAND_SIZE = 2 };\nenum b { RESULTS_A = 300, RESULTS_B = 302 };\n",
    "a/a.h": "enum { A_ONE = RESULTS_A, /* = 7 */ A_TWO };\n",
    "b/b.c": "enum { B_ONE = RESULTS_B };\nstatic int f(int x)\n{\n    return x ? B_ONE : g(OTHER, 1);\n}\n",
}
CASES = [  # a change to the good files, and what the breach says
    ({BANDS: GOOD[BANDS].replace("302", "301")}, "RESULTS_A and RESULTS_B overlap"),
    ({BANDS: GOOD[BANDS].replace("302", "20")}, "could be taken for an exit status"),
    ({"a/c.h": "enum { C_ONE = RESULTS_A };\n"}, "RESULTS_A belongs to a/a.h"),
    ({"a/a.h": "enum { A_ONE = RESULTS_A, A_TWO = 302 };\n"}, "do not count up"),
    ({"a/a.h": "enum { A_ONE, A_TWO = RESULTS_A };\n"}, "do not count up"),
    ({"a/a.h": "enum { A_ONE = RESULTS_A, A_TWO, A_THREE };\n"}, "RESULTS_A is too small"),
    ({"a/a.h": "\n"}, "nobody uses RESULTS_A"),
    ({"a/c.h": "enum { C_ONE = RESULTS_C };\n"}, "RESULTS_C is no band"),
    ({"a/c.c": "enum { C_ONE = 1 };\nint c(void)\n{\n    return C_ONE;\n}\n"}, "c() gives C_ONE"),
    ({"a/c.c": "int c(void)\n{\n    return h(2) ? 0 : 1;\n}\n"}, "c() gives 1"),
    ({"a/c.c": "int c(void)\n{\n    int r = h() ? C_ONE : 0;\n    return r;\n}\n"}, "c() gives C_ONE"),
    ({"a/c.c": "int c(void)\n{\n    int r = h();\n    return r == C_ONE ? 0 : r;\n}\n"}, "c() gives C_ONE"),
]


def breaches_of(files):
    with tempfile.TemporaryDirectory() as name:
        for path, text in files.items():
            (Path(name) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(name) / path).write_text(text)
        return check(Path(name))


def self_test():
    wrong = [f"in good files: {breach}" for breach in breaches_of(GOOD)]
    for changes, expected in CASES:
        found = breaches_of(GOOD | changes)
        if not any(expected in breach for breach in found):
            wrong.append(f"not found: {expected}, but {found}")
    return wrong


def main():
    breaches = self_test() if sys.argv[1:] == ["--self-test"] else check(Path(sys.argv[1]))
    print("\n".join(breaches) or "no breach")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
