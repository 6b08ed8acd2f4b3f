#!/usr/bin/python3
"""Writes the transcripts as a C file: host/tool/conform_play.h declares what it defines.

Usage: embed.py TRANSCRIPT... OUTPUT
"""
import sys
from pathlib import Path


def literal(line):
    return '    "' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"\n'


def main(*arguments):
    *transcripts, output = map(Path, arguments)
    rows = ""
    for transcript in sorted(transcripts):
        text = "".join(map(literal, transcript.read_text().splitlines()))
        rows += f'{{ "{transcript.name}",\n{text}}},\n'
    output.write_text('#include "host/tool/conform_play.h"\n\n'
                      f"const struct conform_file conform_files[] = {{\n{rows}{{ 0 }} }};\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
