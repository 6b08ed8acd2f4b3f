#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints hidden_characters.h: what terminal_text.c shows as '?', from the general categories of
Unicode.

hidden_characters.py            prints the table
hidden_characters.py --check H  whether that file has all that is to be hidden
"""

import re
import sys
import unicodedata

# Controls, formats, ends of lines and paragraphs; marks that are drawn over what stands before them
# or around it; characters that are not assigned, private, or halves of others.
CATEGORIES = ("Cc", "Cf", "Zl", "Zp", "Mn", "Me", "Cn", "Co", "Cs")
# Letters and symbols that nobody sees: fillers of Hangul, and an empty Braille pattern.
FILLERS = (0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0)
LAST = 0x10FFFF


def is_hidden(code):
    return code in FILLERS or unicodedata.category(chr(code)) in CATEGORIES


def ranges():
    found = []
    for code in filter(is_hidden, range(LAST + 1)):
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def table():
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */",
             f"/* Printed by hidden_characters.py, of Unicode {unicodedata.unidata_version}. */",
             "/* clang-format off */"]
    row = ""
    for first, last in ranges():
        entry = f"{{ 0x{first:04X}, 0x{last:04X} }},"
        if len(row) + len(entry) > 99:
            lines.append(row)
            row = ""
        row += (" " if row else "") + entry
    return "\n".join([*lines, row, ""])


def check(path):
    """What is assigned after the table was printed is in it, as not assigned; so a newer Unicode
    asks for no more, and shows more only where it assigns."""
    with open(path, encoding="ascii") as file:
        text = file.read()
    kept = [(int(a, 16), int(b, 16))
            for a, b in re.findall(r"\{ 0x([0-9A-F]+), 0x([0-9A-F]+) \}", text)]
    assert kept == sorted(kept) and kept, "the table is not sorted"
    hidden = {code for first, last in kept for code in range(first, last + 1)}
    missing = [f"{code:04X}" for code in range(LAST + 1) if is_hidden(code) and code not in hidden]
    assert not missing, f"not in the table: {missing[:20]}"
    if f"Unicode {unicodedata.unidata_version}." in text:
        assert text == table(), "print the table anew"
    for shown in "aäßЖ漢字あ€→😀":
        assert ord(shown) not in hidden, shown


if sys.argv[1:2] == ["--check"]:
    check(sys.argv[2])
else:
    print(table(), end="")
