#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The host's side of the reader works as a shared library in somebody else's process: it loads, gives out nothing
but what the library wants to, and brings neither a command line's libraries nor a store's.

    client_library.py LIBRARY"""
import ctypes
import re
import subprocess
import sys


def main():
    library = sys.argv[1]
    symbols = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    given = {line.split()[-1] for line in symbols.splitlines()}
    assert given == {"client_in_a_library"}, f"gives out {given}"
    head = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", head))
    strange = {name for name in needed if not re.match(r"lib(crypto|pcsclite|sodium|c)\.so|ld-linux", name)}
    assert needed and not strange, f"needs {strange}"
    assert isinstance(ctypes.CDLL(library).client_in_a_library(), int)


main()
