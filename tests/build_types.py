#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every build type of meson compiles without a warning, with GCC and with clang: warnings depend on
how hard the compiler looks. Compiles the commands of a build folder again with the flags of each
type, and keeps nothing.

Usage: build_types.py [--all] BUILD_FOLDER     --all: the sources of the tests, too"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

SKIPPED = 77
# What meson's --buildtype adds (its manual, "Core options"); plain adds nothing.
TYPES = {
    "plain": [],
    "debug": ["-O0", "-g"],
    "debugoptimized": ["-O2", "-g"],
    "release": ["-O3"],
    "minsize": ["-Os", "-g"],
}
OF_TYPES = {flag for flags in TYPES.values() for flag in flags}
WITH_VALUE = {"-MQ", "-MF", "-o"}
WITHOUT = {"-MD", "-c", "-g", "ccache"} | OF_TYPES


def bare(command):
    """The command's flags, without what names the compiler, the build type or an output."""
    words, kept = iter(shlex.split(command)), []
    for word in words:
        if word in WITH_VALUE:
            next(words)
        elif word not in WITHOUT and not word.startswith("-fsanitize"):
            kept.append(word)
    return kept[1:]


def compile_one(job):
    """(what, what the compiler says), "" when it is content."""
    compiler, name, flags, entry = job
    # GCC warns while it optimises, clang before that: what follows is left out.
    further = ["-fsyntax-only"] if compiler == "clang" else ["-S", "-g0", "-o", os.devnull]
    done = subprocess.run([compiler, *bare(entry["command"]), *flags, *further],
                          cwd=entry["directory"], capture_output=True, text=True)
    what = f"{compiler}, {name}: {entry['file']}"
    return what, done.stderr if done.returncode or done.stderr else ""


def sources_of(folder, everything):
    entries = json.loads((pathlib.Path(folder) / "compile_commands.json").read_text())
    own = {}
    for entry in entries:
        if everything or not entry["output"].startswith("tests/"):
            own.setdefault(entry["file"], entry)  # a file in two programs is compiled once
    return list(own.values())


def types_for(compiler, everything):
    """What a front end says does not depend on the type; GCC warns most where it optimises most."""
    if everything:
        return list(TYPES)
    return ["debugoptimized"] if compiler == "clang" else ["release"]


def main(arguments):
    everything = "--all" in arguments
    sources = sources_of(arguments[-1], everything)
    assert len(sources) > 100, f"{len(sources)} sources"
    compilers = [name for name in ("gcc", "clang") if shutil.which(name)]
    jobs = [(compiler, name, TYPES[name], entry) for compiler in compilers
            for name in types_for(compiler, everything) for entry in sources]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bad = [(what, said) for what, said in pool.map(compile_one, jobs) if said]
    for what, said in bad:
        print(f"{what}\n{said}")
    print(f"{len(jobs)} compilations, {len(bad)} with warnings; compilers: {', '.join(compilers)}")
    if bad:
        return 1
    return 0 if len(compilers) == 2 else SKIPPED


sys.exit(main(sys.argv[1:]))
