#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the transcripts, and the facts that they rest on, as a C file: host/tool/conform/conform_play.h declares what it defines.

Usage: embed.py HARDWARE TRANSCRIPT... OUTPUT
"""
import sys
from pathlib import Path

import facts


def literal(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def lines_of(transcript):
    return "".join(f"    {literal(line)[:-1]}\\n\"\n" for line in transcript.read_text().splitlines())


def fact_of(fact):
    return ", ".join(map(literal, (str(fact.number), fact.firmware, fact.seen, fact.sources)))


def main(*arguments):
    hardware, *transcripts, output = map(Path, arguments)
    files = "".join(f'{{ "{transcript.name}",\n{lines_of(transcript)}}},\n'
                    for transcript in sorted(transcripts))
    seen = "".join(f"    {{ {fact_of(fact)} }},\n" for fact in facts.read(hardware.read_text())
                   if fact.verdict in ("agrees", "followed"))
    output.write_text('#include "host/tool/conform/conform_play.h"\n\n'
                      f"const struct conform_file conform_files[] = {{\n{files}{{ 0 }} }};\n\n"
                      f"const struct hardware_fact hardware_facts[] = {{\n{seen}    {{ 0 }} }};\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
