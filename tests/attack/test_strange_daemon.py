#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A daemon that is older, newer or hostile answers the verbs about a log with whatever JSON there is:
each verb ends by itself, within its time, and where it fails it leaves no file.

    test_strange_daemon.py GLASSHSM"""
import contextlib
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "log"))
import forge  # noqa: E402

TOOL = os.path.abspath(sys.argv[1])
LOG = forge.Log(random.Random(3))
LOG.use(3)
LOG.begin_epoch()
LOG.use(3)

# What a daemon of this version says.
HONEST = {
    "status": {"log": {"size": LOG.size, "pruned": 0}},
    "checkpoint": {"checkpoint": LOG.checkpoint(), "receipt": LOG.receipt(), "pruned": 0,
                   "handovers": LOG.handovers, "peaks": []},
    "consistency": {"hashes": []},
    "acknowledge": {"acknowledged": 1, "epoch": 2, "pruned": 0},
    "note": {"record": 7},
    "policy": {"forced": "off", "limit": 1000, "keep": "all", "read": "pin", "used": 0, "size": 7,
               "acknowledged": 0, "pruned": 0, "epoch": 1},
}
VALUES = [None, True, 0, -1, 2**63 - 1, 1.5, "", "x", "\u001b[2J", [], {}, [None], {"x": 1}, "A" * 600]


def answers(request):
    """The honest one, without each of its members, and with each as something else."""
    honest = HONEST[request]
    yield honest
    yield from VALUES
    for key in honest:
        yield {k: v for k, v in honest.items() if k != key}
        for value in VALUES:
            yield {**honest, key: value}


def lines(asked, strange, answer):
    """What the daemon sends for a request: the strange answer to one kind, the honest one to others."""
    if callable(answer):
        return answer(asked)
    if asked["request"] == strange:
        return [answer]
    if asked["request"] == "log":
        begin = asked["from"]
        some = LOG.lines[begin - 1:begin - 1 + asked.get("count", LOG.size)]
        end = {"end": True, "next": LOG.size + 1}
        if answer is None:  # as a daemon did before it knew "plain"
            return [{"seq": begin + i, "line": line} for i, line in enumerate(some)] + [end]
        return [json.loads(line) for line in some] + [end]
    return [HONEST[asked["request"]]]


class Daemon:
    """Serves one connection after the other until it is told to stop."""
    def __init__(self, path):
        self.strange, self.answer = None, None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            peer, _ = self.listener.accept()
            with contextlib.suppress(OSError), peer, peer.makefile("rwb") as stream:  # the tool had enough
                for line in stream:
                    for answer in lines(json.loads(line), self.strange, self.answer):
                        raw = isinstance(answer, bytes)
                        stream.write(answer if raw else json.dumps(answer, separators=(",", ":")).encode() + b"\n")
                    stream.flush()


# --- Daemons whose answers have no end: each gives what it sends for a request ---

def chained(number):
    """Record `number` of a log that goes on for ever, each line following the one before."""
    while LOG.size < number:
        LOG.use(1)
    return json.loads(LOG.lines[number - 1])


def with_status(size, log):
    """A daemon that announces so many records, and serves the log so."""
    def serve(asked):
        kind = asked["request"]
        return log(asked) if kind == "log" else [{"log": {"size": size, "pruned": 0}}] if kind == "status" else [
            HONEST[kind]]
    return serve


def sends_more_than_was_asked_for(asked):
    return map(chained, itertools.count(asked["from"]))


def always_has_more(asked):
    return [*map(chained, range(asked["from"], asked["from"] + asked["count"])), {"end": True}]


def has_none(asked):
    return [{"end": True}]


def sends_nothings(asked):
    return itertools.repeat({"x": 1})


def sends_empty_lines(asked):
    return itertools.repeat(b"\n")


def ends_no_line(asked):
    return itertools.repeat(b"x" * 65536)


def is_altered(asked):
    return [{"error": "the log is altered", "altered": True}]


def is_unreadable(asked):
    return [{"error": "the log cannot be read"}]


class LetsGo:
    """Whatever is asked for has been let go just now; many more are announced."""
    pruned = 0

    def __call__(self, asked):
        if asked["request"] == "log":
            self.pruned = asked["from"]
            return [{"end": True}]
        return [{"log": {"size": 2**62, "pruned": self.pruned}}] if asked["request"] == "status" else [
            HONEST[asked["request"]]]


# What log show then ends with, and log snapshot; and how many records are shown.
SIZE = LOG.size
WITHOUT_END = [
    (with_status(SIZE, sends_more_than_was_asked_for), 1, 1, SIZE),
    (with_status(SIZE, always_has_more), 0, 0, SIZE),
    (with_status(SIZE, has_none), 51, 51, 0),
    (with_status(2**63 - 1, has_none), 51, 51, 0),
    (with_status(SIZE, sends_nothings), 1, 1, 0),
    (with_status(SIZE, sends_empty_lines), 1, 1, 0),
    (with_status(SIZE, ends_no_line), 1, 1, 0),
    (with_status(SIZE, is_altered), 51, 51, 0),
    (with_status(SIZE, is_unreadable), 1, 1, 0),
    (LetsGo(), 1, 51, 0),
]


def log(*words):
    return subprocess.run([TOOL, "log", *words, "--socket", "socket"], capture_output=True, check=False, timeout=60)


def every_answer_ends(daemon):
    for answer, shows, keeps, records in WITHOUT_END:
        daemon.answer = answer
        shown = log("show", "--json")
        assert shown.returncode == shows, (answer, shown.returncode, shown.stderr)
        assert shown.stdout.count(b"\n") == records, (answer, shown.stdout.count(b"\n"))
        assert log("show", "--last", "2").returncode == shows, answer
        kept = log("snapshot", "out")
        assert kept.returncode == keeps, (answer, kept)
        assert os.path.exists("out") == (keeps == 0), answer
        if keeps == 0:
            os.unlink("out")


# Verb, arguments, and the requests that it makes; the file that it may leave.
VERBS = [
    (["policy"], ["policy"], None),
    (["note", "hello"], ["note"], None),
    (["acknowledge", "checkpoint"], ["acknowledge"], None),
    (["receipt", "out"], ["checkpoint"], "out"),
    (["snapshot", "out"], ["checkpoint"], "out"),
    (["proof", "--from", "2", "out"], ["checkpoint", "consistency"], "out"),
    (["show", "--last", "3"], ["status"], None),
]


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        daemon = Daemon("socket")
        Path("checkpoint").write_text(LOG.checkpoint())
        count = 0
        for arguments, requests, leaves in VERBS:
            for request in requests:
                for answer in answers(request):
                    daemon.strange, daemon.answer = request, answer
                    done = subprocess.run([TOOL, "log", *arguments, "--socket", "socket"], capture_output=True,
                                          check=False, timeout=60)
                    what = (arguments, answer, done)
                    assert done.returncode >= 0, what
                    assert b"(null)" not in done.stdout + done.stderr, what
                    assert done.returncode == 0 or not (leaves and os.path.exists(leaves)), what
                    if leaves and os.path.exists(leaves):
                        os.unlink(leaves)
                    count += 1
        every_answer_ends(daemon)
        print(f"{count} answers")
        assert count > 500, count


main()
