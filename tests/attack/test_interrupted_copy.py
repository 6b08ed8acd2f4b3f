#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever interrupts the copying of a store, or kills it, at any moment: Ctrl-C leaves the copy whole
or nothing of it; what a killed one leaves, with the source's signing key in it perhaps, is gone after
the next one of the same name.

test_interrupted_copy.py GLASSHSM
"""

import os
import signal
import subprocess
import sys
import tempfile
import time

MOMENTS = 24


def start(*words):
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def complete(*words):
    """How long it took."""
    begin = time.monotonic()
    process = start(*words)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0, (words, said)
    return time.monotonic() - begin


def interrupt(moment, sent, *words):
    """Its exit status; the moment: seconds after its start."""
    process = start(*words)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.send_signal(sent)
    process.communicate(timeout=60)
    return process.returncode


def remove(path):
    subprocess.run(["rm", "-rf", path], check=True)


def made(folder):
    return sorted(name for name in os.listdir(folder) if name.startswith("out"))


def orders(tool, folder):
    """Of each verb: how it is called, and how its copy is shown to be whole."""
    token, out = os.path.join(folder, "token"), os.path.join(folder, "out")
    key, whole = os.path.join(token, "seal.key"), os.path.join(folder, "whole")
    back = os.path.join(folder, "back")
    complete(tool, "store", "snapshot", "--allow-clone", "--store", token, whole)
    verify = [[tool, "store", "verify", out]]
    restored = [[tool, "store", "restore", "--key-file", key, out, back]]
    return (
        ([tool, "store", "snapshot", "--allow-clone", "--store", token, out], restored),
        ([tool, "store", "clone", "--allow-clone", "--store", token, out], verify),
        ([tool, "store", "restore", "--key-file", key, whole, out], verify),
    )


def is_whole_or_nothing(folder, order, checks):
    out, back = os.path.join(folder, "out"), os.path.join(folder, "back")
    longest = complete(*order)
    remove(out)
    early = 0
    for i in range(MOMENTS):
        interrupt(longest * (i + 1) / MOMENTS, signal.SIGINT, *order)
        left = made(folder)
        early += left == []
        assert left in ([], ["out"]), (order, i, left)
        if left:
            for check in checks:
                complete(*check)
        remove(out)
        remove(back)
    return early


def next_one_clears_up(folder, order):
    """How often a killed one left something."""
    out = os.path.join(folder, "out")
    longest = complete(*order)
    remove(out)
    dirty = 0
    for i in range(MOMENTS):
        interrupt(longest * (i + 1) / MOMENTS, signal.SIGKILL, *order)
        dirty += made(folder) not in ([], ["out"])
        remove(out)
        complete(*order)
        assert made(folder) == ["out"], (order, i, made(folder))
        remove(out)
    return dirty


def main():
    tool = os.path.realpath(sys.argv[1])
    early = dirty = 0
    with tempfile.TemporaryDirectory() as folder:
        complete(tool, "store", "create", os.path.join(folder, "token"))
        for order, checks in orders(tool, folder):
            early += is_whole_or_nothing(folder, order, checks)
            dirty += next_one_clears_up(folder, order)
    assert early and dirty, (early, dirty)  # it did come at work
    print(f"{early} of {3 * MOMENTS} interrupted before they began to write, "
          f"{dirty} of {3 * MOMENTS} killed while they wrote")


main()
