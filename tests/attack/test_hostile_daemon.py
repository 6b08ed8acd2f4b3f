#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever listens at an admin socket gives answers that are meant to harm who asks: the tool gives
nothing away, and ends in time.

test_hostile_daemon.py GLASSHSM
"""

import array
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

SOON = 12  # seconds: five of patience, and a busy machine
STRANGER = 65534
JUNK = b"x" * 65536


# --- What a hostile daemon does with a connection ---


def says(*lines):
    def serve(connection):
        connection.recv(4096)
        connection.sendall(b"".join(line.encode() + b"\n" for line in lines))
        connection.recv(4096)
    return serve


def hands_over(opener, answer='{"snapshot":true,"records":1,"us":1}'):
    def serve(connection):
        connection.recv(4096)
        with contextlib.ExitStack() as held:
            files = array.array("i", [opener(held)])
            connection.sendmsg([answer.encode() + b"\n"],
                               [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
        connection.recv(4096)
    return serve


def is_silent(connection):
    connection.recv(4096)
    while connection.recv(4096):
        pass


def drips(connection):
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def floods(connection):
    while True:
        connection.sendall(JUNK)


def closes(connection):
    connection.close()


def is_always_busy(connection):
    connection.recv(4096)
    connection.sendall(b'{"error":"busy","busy":true}\n')


BEHAVIOURS = (is_silent, drips, floods, closes, is_always_busy, says(""), says("[]", "7", "null"),
              says('{"serial":7,"command":null}', '{"user_login_ms":[]}'), says("{" * 100000))


class Daemon:
    """Listens at a path and does the same with everybody who comes."""

    def __init__(self, path, behaviour):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(16)
        self.behaviour = behaviour
        self.path = path
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            self.behaviour(connection)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)


@contextlib.contextmanager
def daemon(folder, behaviour):
    listening = Daemon(os.path.join(folder, "a.sock"), behaviour)
    try:
        yield listening.path
    finally:
        listening.close()


def call(*words, limit=SOON, **more):
    """Its exit status and messages; its address space is limited, so that a flood is noticed."""
    begin = time.monotonic()
    done = subprocess.run(["prlimit", "--as=1073741824", *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, **more)
    took = time.monotonic() - begin
    assert took < limit, f"{words}: {took:.1f} s"
    assert done.returncode >= 0, f"{words}: signal {-done.returncode}"
    return done


# --- What is promised ---


def no_file_but_the_daemons_own_is_given_away(tool, folder):
    victim, out = os.path.join(folder, "victim"), os.path.join(folder, "out")
    with open(victim, "w", encoding="ascii") as file:
        file.write("secret")
    read_end, write_end = os.pipe()
    ways = (
        says(f'{{"snapshot":"{victim}","records":1,"us":1}}'),
        hands_over(lambda held: read_end),  # would be waited for
        hands_over(lambda held: held.enter_context(open("/dev/zero", "rb")).fileno()),
        hands_over(lambda held: held.enter_context(open(victim, "rb")).fileno()),  # is no store
    )
    for way in ways:
        for order in (["snapshot"], ["clone", "--key-file", victim]):
            with daemon(folder, way) as path:
                done = call(tool, "store", *order, "--socket", path, out)
            assert done.returncode != 0, done
            assert not os.path.exists(out), order
            with open(victim, encoding="ascii") as file:
                assert file.read() == "secret"
            left = [name for name in os.listdir(folder) if name.startswith("out")]
            assert not left, left
    os.close(read_end)
    os.close(write_end)


def no_more_is_copied_than_a_store_has(tool, folder):
    """A file that goes on behind its last page, for as long as a disk has room."""
    good, endless = os.path.join(folder, "good"), os.path.join(folder, "endless")
    token, out = os.path.join(folder, "token"), os.path.join(folder, "out")
    assert call(tool, "store", "create", token).returncode == 0
    taken = call(tool, "store", "snapshot", "--allow-clone", "--store", token, good)
    assert taken.returncode == 0, taken
    size = os.path.getsize(good)
    with open(good, "rb") as file:
        content = file.read()
    with open(endless, "wb") as file:
        file.write(content)
        file.truncate(1 << 40)
    way = hands_over(lambda held: held.enter_context(open(endless, "rb")).fileno())
    with daemon(folder, way) as path:
        done = call(tool, "store", "snapshot", "--socket", path, out)
    assert done.returncode == 0 and os.path.getsize(out) == size, done
    os.unlink(out)
    # Its header may say how long it is, but what is not there takes no room here either.
    with open(endless, "r+b") as file:
        file.seek(28)
        file.write((1 << 28).to_bytes(4, "big"))  # pages of 1 KiB
    with daemon(folder, way) as path:
        done = call(tool, "store", "snapshot", "--socket", path, out)
    assert done.returncode == 0 and os.stat(out).st_blocks * 512 < 4 * size, (done, os.stat(out))
    os.unlink(out)
    for short in (size - 1, 100):  # less than its header says
        os.truncate(endless, short)
        with daemon(folder, way) as path:
            done = call(tool, "store", "snapshot", "--socket", path, out)
        assert done.returncode == 1 and not os.path.exists(out), done


def every_question_ends(tool, folder):
    for behaviour in BEHAVIOURS:
        with daemon(folder, behaviour) as path:
            done = call(tool, "status", "--socket", path)
            assert done.returncode == 1 and done.stderr or behaviour not in (
                is_silent, drips, floods, closes, is_always_busy), (behaviour, done)


def nobody_accepts(tool, folder):
    """A full backlog: as a daemon that is stopped."""
    path = os.path.join(folder, "full.sock")
    with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as held:
        listener.bind(path)
        listener.listen(0)
        for _ in range(2):
            waiting = held.enter_context(socket.socket(socket.AF_UNIX))
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(path)
        assert call(tool, "status", "--socket", path).returncode == 1


def logins_do_not_wait(tool, folder):
    """Longer than without such sockets; as many as a name pattern finds."""
    script = ('cd "$1"; PIN=648219 "$0" object write cf01 content --pin-env PIN >"$2" 2>&1;'
              ' echo $? >>"$2"')
    with open(os.path.join(folder, "content"), "w", encoding="ascii") as file:
        file.write("content")
    said = os.path.join(folder, "said")
    for behaviour in BEHAVIOURS:
        with contextlib.ExitStack() as held:
            listening = []
            for number in range(8):
                one = Daemon(os.path.join(folder, f"admin-{number}.sock"), behaviour)
                held.callback(one.close)
                listening.append(one.path)
            call(tool, "run", "--", "env", f"GLASSHSM_SOCKET={listening[0]}", "sh", "-c", script,
                 tool, folder, said, limit=6)
        with open(said, encoding="utf-8") as file:
            assert file.read().split()[-1] == "0", behaviour


def strangers_are_not_asked(tool, folder):
    """As an ordinary user, of whom neither root nor he himself listens there."""
    path = os.path.join(folder, "stranger.sock")
    script = ("import os,socket,sys\n"
              "l=socket.socket(socket.AF_UNIX);l.bind(sys.argv[1]);os.chmod(sys.argv[1],0o777)\n"
              "l.listen(4);print(flush=True);c=l.accept()[0];print(c.recv(99),flush=True)\n")
    os.chmod(folder, 0o777)
    with subprocess.Popen(["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups",
                           sys.executable, "-c", script, path], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        copy = os.path.join(folder, "glasshsm")
        subprocess.run(["cp", tool, copy], check=True)
        done = call("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups",
                    copy, "status", "--socket", path)
        assert done.returncode == 1 and "not asked" in done.stderr, done
        assert other.stdout.readline() == b"b''\n"


def main():
    tool = os.path.abspath(sys.argv[1])
    tests = [no_file_but_the_daemons_own_is_given_away, no_more_is_copied_than_a_store_has,
             every_question_ends, nobody_accepts]
    if os.path.exists("/usr/sbin/pcscd"):
        tests.append(logins_do_not_wait)
    if os.geteuid() == 0:
        tests.append(strangers_are_not_asked)
    for test in tests:
        with tempfile.TemporaryDirectory() as folder:
            begin = time.monotonic()
            test(tool, folder)
            print(f"{test.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
    os._exit(0)  # threads that flood


main()
