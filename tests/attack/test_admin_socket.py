#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who may use an admin socket uses it badly, or does not read what the daemon writes: status is
answered, other requests are answered or told to come again, signals end the daemon.

test_admin_socket.py
"""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "live"))
import harness  # noqa: E402

SOON = 10  # seconds


def connect(daemon, held):
    one = held.enter_context(socket.socket(socket.AF_UNIX))
    one.connect(str(daemon.socket))
    one.settimeout(SOON)
    return one


def tool(*words, status=0):
    begin = time.monotonic()
    done = harness.tool(*words)
    took = time.monotonic() - begin
    assert done.returncode == status and took < SOON, (words, took, done)
    return done


def followers(daemon, count):
    command = [harness.build_folder() / "glasshsm", "log", "show", "--follow", "--socket", daemon.socket]
    return [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(count)]


def followers_leave_a_place_for_status(world):
    daemon = world.daemon().ready()
    following = followers(daemon, 4)
    for one in following:
        one.stdout.readline()  # it is served
    tool("status", "--socket", daemon.socket)
    tool("cancel", "--socket", daemon.socket)
    done = tool("log", "snapshot", "--socket", daemon.socket, world.path("snapshot"), status=1)
    assert "busy" in done.stderr, done
    following[0].kill()
    tool("log", "snapshot", "--socket", daemon.socket, world.path("snapshot"))
    for one in following:
        one.kill()
        one.wait()
        one.stdout.close()
    assert daemon.stop() == 0


def crowd(daemon, count, held):
    """So many connections that send one byte and wait, each made anew when it is closed."""
    over = threading.Event()

    def one():
        while not over.is_set():
            with socket.socket(socket.AF_UNIX) as connection:
                try:
                    connection.settimeout(0.05)
                    connection.connect(str(daemon.socket))
                    connection.sendall(b"{")
                except OSError:  # its backlog is full
                    over.wait(0.01)
                    continue
                keep(connection)

    def keep(connection):
        while not over.is_set():
            with contextlib.suppress(TimeoutError, ConnectionError):
                if not connection.recv(1):
                    return

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
        held.callback(thread.join)
    held.callback(over.set)


def who_sends_one_byte_takes_no_place_away(world):
    daemon = world.daemon().ready()
    descriptors = f"/proc/{daemon.process.pid}/fd"
    before = len(os.listdir(descriptors))
    for count in (6, 16, 40):
        with contextlib.ExitStack() as held:
            crowd(daemon, count, held)
            harness.within(harness.LIMIT, lambda: len(os.listdir(descriptors)) >= before + 6)
            for _ in range(3):
                tool("status", "--socket", daemon.socket)
                tool("cancel", "--socket", daemon.socket)
    assert daemon.stop() == 0


def places_of_who_left_are_free(world):
    """In whatever state: idle, in the middle of a request, before the answer, with it half taken."""
    daemon = world.daemon().ready()
    before = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    for request in (b"", b'{"requ', b'{"request":"status"}\n', b'{"request":"log"}\n' * 40,
                    b'{"request":"checkpoint"}\n'):
        for _ in range(12):
            with contextlib.ExitStack() as held:
                connect(daemon, held).sendall(request)
        # All four places and those for brief questions.
        harness.within(harness.LIMIT, lambda: len(os.listdir(f"/proc/{daemon.process.pid}/fd")) == before)
        tool("log", "show", "--socket", daemon.socket)
    assert daemon.stop() == 0


def stopped_daemon_is_not_waited_for(world):
    daemon = world.daemon().ready()
    os.kill(daemon.process.pid, signal.SIGSTOP)
    tool("status", "--socket", daemon.socket, status=1)
    os.kill(daemon.process.pid, signal.SIGCONT)
    tool("status", "--socket", daemon.socket)
    assert daemon.stop() == 0


def messages_that_nobody_reads_stop_nothing(world):
    """A pipe that is full, and a socket as the journal's."""
    for read_end, write_end in (os.pipe(), [end.detach() for end in socket.socketpair()]):
        place = world.path(f"full-{read_end}.sock")
        process = subprocess.Popen([harness.build_folder() / "glasshsmd", "--ephemeral",
                                    f"--admin.socket={place}"], stderr=write_end)
        os.close(write_end)
        with socket.socket(socket.AF_UNIX) as asks:
            asks.settimeout(harness.LIMIT)
            # The name may be there a moment before somebody listens.
            harness.within(harness.LIMIT, lambda: asks.connect_ex(str(place)) == 0)
            for _ in range(6000):  # each writes a line
                asks.sendall(b'{"request":"cancel"}\n')
                assert asks.recv(200)
            said = os.read(read_end, 1 << 20)
            asks.sendall(b'{"request":"cancel"}\n')
            assert asks.recv(200)
            assert b"event=messages_lost count=" in os.read(read_end, 1 << 20), said
        reader = harness.Reader()
        reader.accept()
        reader.expect(harness.verify())
        reader.close()
        process.terminate()
        assert process.wait(harness.LIMIT) == 0
        os.close(read_end)


def name_that_is_no_text_is_refused(world):
    for name in (b"n\xff", b"n\x1b[2J"):
        done = subprocess.run([harness.build_folder() / "glasshsmd", "--ephemeral", b"--name=" + name],
                              capture_output=True, check=False, timeout=harness.LIMIT)
        assert done.returncode == 2 and b"UTF-8" in done.stderr, done
    daemon = world.daemon(name="träger").ready()
    assert daemon.ask("status")["name"] == "träger"
    tool("status", "--socket", daemon.socket)
    assert daemon.stop() == 0


def files_are_not_sockets(world):
    for make in (lambda place: place.write_text("precious"), Path.mkdir, os.mkfifo):
        place = world.path("in-the-way")
        make(place)
        before = os.lstat(place)
        done = harness.call("glasshsmd", "--ephemeral", f"--admin.socket={place}")
        assert done.returncode == 1, done
        assert os.lstat(place) == before
        subprocess.run(["rm", "-r", place], check=True)


def two_daemons_start_at_once(world):
    """Where a dead one left its socket: one gets it, and keeps it."""
    place = world.path("shared.sock")
    for _ in range(5):
        with socket.socket(socket.AF_UNIX) as dead:
            with contextlib.suppress(FileNotFoundError):
                place.unlink()
            dead.bind(str(place))
        command = [harness.build_folder() / "glasshsmd", "--ephemeral", f"--admin.socket={place}"]
        both = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(3)]
        harness.within(harness.LIMIT, lambda: sum(one.poll() is not None for one in both) == 2)
        winner, = (one for one in both if one.poll() is None)
        assert all(one.returncode == 1 for one in both if one is not winner)
        harness.within(harness.LIMIT, lambda: harness.tool("status", "--socket", place).returncode == 0)
        winner.terminate()
        assert winner.wait(harness.LIMIT) == 0
        assert not place.exists()


def store_is_read_behind_the_sandbox(world):
    """While the daemon waits for a passphrase it filters calls already; once it
    serves, a second filter takes what only a start needs."""
    place, phrase = world.path("sealed"), world.path("phrase")
    phrase.write_text("correct horse\n")
    assert harness.tool("store", "create", "--passphrase-file", phrase, place).returncode == 0
    slow = world.path("slow")
    os.mkfifo(slow)

    def filters(pid):
        threads = Path(f"/proc/{pid}/task").iterdir()
        lines = [line for thread in threads for line in (thread / "status").read_text().splitlines()]
        return [int(line.split()[1]) for line in lines if line.startswith("Seccomp_filters:")]

    outside = max(filters(os.getpid()))  # those of a container
    daemon = world.daemon()
    if not daemon.ready().ask("status")["filter"]:  # a build with sanitizers
        daemon.stop()
        return
    assert daemon.stop() == 0
    daemon = world.daemon(place, store__passphrase_file=slow)
    pid = daemon.process.pid
    harness.within(harness.LIMIT, lambda: filters(pid) == 2 * [outside + 1])
    slow.write_text("correct horse\n")
    daemon.ready()
    assert filters(pid) == 2 * [outside + 2], filters(pid)
    assert daemon.stop() == 0


def body(world):
    store_is_read_behind_the_sandbox(world)
    followers_leave_a_place_for_status(world)
    who_sends_one_byte_takes_no_place_away(world)
    places_of_who_left_are_free(world)
    stopped_daemon_is_not_waited_for(world)
    messages_that_nobody_reads_stop_nothing(world)
    name_that_is_no_text_is_refused(world)
    files_are_not_sockets(world)
    two_daemons_start_at_once(world)


harness.run(body)
