#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a person sees on a terminal of 80 × 24, and what he types, compared with a page of expected screens.

Usage: test_screens.py TOOL PAGE            compares
       test_screens.py --update TOOL PAGE   writes what is seen now, to be read before it is committed

A page has comments (#) and scenes. A scene begins with `== TITLE`, in a new empty folder; the file PIN there has the
user PIN, SO the SO-PIN, WRONG a wrong user PIN, and $NEW is an empty folder's name. In a scene:

    $ COMMAND      run by bash on the terminal, inside the scene's world
    ! COMMAND      the same outside any world
    > TEXT         typed when the command before it asks (its output stops with ": ")
    = STATUS       its exit status, when it is not 0
    other lines    what the terminal shows: of typed text nothing, since nothing is echoed

`== TITLE: OPTIONS` begins the scene's world with these options of `glasshsm run`; without them there is no world.
What differs from run to run is replaced (SUBSTITUTES). A screen of more than 24 rows is an error.
"""
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import fcntl
from pathlib import Path

ROWS, COLUMNS = 24, 80
LIMIT = 60  # seconds for a command
SUBSTITUTES = [
    (r"/\S*glasshsm-screens-\w+", "HERE"),
    (r"\bZZGH[0-9A-F]{7}\b", "SERIAL"),
    (r"\b[0-9a-f]{64}\b", "HASH"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d( [+-]\d{4})?", "TIME"),
    (r"process \d+", "process N"),
    # Where namespaces are forbidden, and a world warns of its open port.
    (r"(?m)^glasshsm: the private reader listens on port .*\n", ""),
]


class Scene:
    def __init__(self, heading):
        self.heading = heading
        self.options = heading.partition(": ")[2]
        self.steps = []  # [marker, command, [typed], status, shown]


def read_page(path):
    comments, scenes = [], []
    for line in Path(path).read_text().splitlines():
        marker, text = line[:2], line[2:]
        if marker == "==":
            scenes.append(Scene(line[3:]))
        elif not scenes:
            comments.append(line)
        elif marker in ("$ ", "! "):
            scenes[-1].steps.append([marker, text, [], 0, []])
        elif marker == "> ":
            scenes[-1].steps[-1][2].append(text)
        elif marker == "= ":
            scenes[-1].steps[-1][3] = int(text)
        elif line or scenes[-1].steps:
            scenes[-1].steps[-1][4].append(line)
    return comments, scenes


def lines_of(step):
    marker, command, typed, status, shown = step
    return [marker + command, *(f"> {text}" for text in typed), *([f"= {status}"] if status else []), *shown]


def in_terminal(arguments, folder, typed):
    """What is shown, and the exit status."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvp(arguments[0], arguments)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    seen, left = b"", list(typed)
    while True:
        if not select.select([terminal], [], [], LIMIT)[0]:
            os.kill(child, 9)
        try:
            more = os.read(terminal, 4096)
        except OSError:  # the other side is closed
            more = b""
        if not more:
            break
        seen += more
        if left and seen.endswith(b": "):
            os.write(terminal, left.pop(0).encode() + b"\n")
    return seen.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def as_lines(text):
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for pattern, name in SUBSTITUTES:
        text = re.sub(pattern, name, text)
    return [line.rstrip() for line in text.splitlines()]


def rows_of(lines):
    return sum(max(1, -(-len(line) // COLUMNS)) for line in lines)


class Stage:
    """A scene's folder, and its world: a bash inside it that waits."""

    def __init__(self, tool, scene):
        self.tool, self.scene = tool, scene
        self.folder = tempfile.mkdtemp(prefix="glasshsm-screens-")
        self.world = None
        for name, content in (("PIN", "648219"), ("SO", "3537363231383830"), ("WRONG", "111111")):
            Path(self.folder, name).write_text(content + "\n")
        Path(self.folder, "glasshsm").symlink_to(tool)

    def enter(self):
        if not self.scene.options or self.world:
            return
        command = f"exec '{self.tool}' run {self.scene.options} -- sh -c 'env > world.part; mv world.part world; cat'"
        self.world = subprocess.Popen(["bash", "-c", command], cwd=self.folder, stdin=subprocess.PIPE,
                                      stdout=subprocess.DEVNULL)
        while not Path(self.folder, "world").exists():
            assert self.world.poll() is None, "the world of the scene does not start"

    def command(self, marker, command):
        within = ""
        if marker == "$ " and self.scene.options:
            self.enter()
            names = "PCSCLITE_CSOCK_NAME|GLASSHSM_SOCKET"
            within = f"export $(grep -E '^({names})=' world); "
        return ["bash", "-c", f"PATH=.:{os.path.dirname(self.tool)}:$PATH; {within}{command}"]

    def leave(self):
        if self.world:
            self.world.stdin.close()
            self.world.wait(LIMIT)
        shutil.rmtree(self.folder)


def play(tool, scene):
    """The steps as they are seen now."""
    stage = Stage(tool, scene)
    try:
        seen = []
        for marker, command, typed, _, _ in scene.steps:
            text, status = in_terminal(stage.command(marker, command), stage.folder, typed)
            seen.append([marker, command, typed, status, as_lines(text)])
        return seen
    finally:
        stage.leave()


def report(scene, expected, got):
    print(f"== {scene.heading}\n--- expected\n" + "\n".join(lines_of(expected)))
    print("--- seen\n" + "\n".join(lines_of(got)))


def main(arguments):
    update = arguments[0] == "--update"
    tool, page = os.path.abspath(arguments[update]), arguments[update + 1]
    if not os.path.exists("/usr/sbin/pcscd"):
        print("skipped: pcscd is not installed")
        return 77
    comments, scenes = read_page(page)
    wrong, new = not scenes, comments
    for scene in scenes:
        new += [f"== {scene.heading}"]
        for expected, got in zip(scene.steps, play(tool, scene)):
            new += lines_of(got)
            long = rows_of(got[4]) > ROWS
            if long or (got != expected and not update):
                report(scene, expected, got)
                wrong = True
    if update:
        Path(page).write_text("\n".join(new) + "\n")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
