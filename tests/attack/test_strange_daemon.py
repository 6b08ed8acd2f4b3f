#!/usr/bin/python3
"""A daemon that is older, newer or hostile answers the verbs about a log with whatever JSON there is:
each verb ends by itself, within its time, and where it fails it leaves no file.

    test_strange_daemon.py GLASSHSM"""
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
            with peer, peer.makefile("rwb") as stream:
                try:
                    for line in stream:
                        for answer in lines(json.loads(line), self.strange, self.answer):
                            stream.write(json.dumps(answer, separators=(",", ":")).encode() + b"\n")
                        stream.flush()
                except OSError:  # the tool had enough
                    pass


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
        print(f"{count} answers")
        assert count > 500, count


main()
