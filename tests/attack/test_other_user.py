#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Another user of the machine plays the reader, and looks at what he can see of a daemon. Needs two
users: skipped where we are not root.

test_other_user.py
"""
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "live"))
import harness  # noqa: E402

STRANGER = 65534

# Listens as somebody else; says what it got.
STRANGE_READER = """
import socket, struct, sys
listener = socket.socket(getattr(socket, sys.argv[2]))
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((sys.argv[3], int(sys.argv[1])))
listener.listen(1)
print("listens", flush=True)
for _ in range(3):
    card = listener.accept()[0]
    got = b""
    try:
        card.sendall(bytes.fromhex(sys.argv[4]))
        if sys.argv[5] == "closes":
            card.shutdown(socket.SHUT_WR)
        while more := card.recv(4096):
            got += more
    except OSError:
        pass
    print("got", got.hex(), flush=True)
"""


def as_user(user, *words, **more):
    return subprocess.Popen(["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *words],
                            stdout=subprocess.PIPE, text=True, **more)


def frame(octets):
    return struct.pack(">H", len(octets)) + octets


def no_card_for_a_stranger(world):
    """Whichever protocol he listens with, whether he asks for the ATR, guesses PINs or closes at once;
    root's own reader gets the card afterwards, with all its tries."""
    daemon = world.daemon().ready()
    guesses = frame(b"\1") + 3 * frame(harness.verify(b"000000"))
    for family, address in (("AF_INET", "127.0.0.1"), ("AF_INET", "0.0.0.0"), ("AF_INET6", "::")):
        for said in (frame(b"\4"), guesses):
            for end in ("stays", "closes"):
                with as_user(STRANGER, sys.executable, "-c", STRANGE_READER, str(harness.PORT), family,
                             address, said.hex(), end) as reader:
                    assert reader.stdout.readline() == "listens\n"
                    for _ in range(3):
                        got = reader.stdout.readline()
                        assert got == "got \n", (family, said, end, got)
    assert "event=reader_foreign" in daemon.messages()
    assert daemon.ask("status")["attached"] is False
    reader = harness.Reader()
    reader.accept()
    assert reader.status(harness.QUERY_USER) == "63c3"
    reader.close()
    assert daemon.stop() == 0


def a_configured_user_gets_it(world):
    for name in ("nobody", str(STRANGER)):
        daemon = world.daemon(reader__user=name).ready()
        with as_user(STRANGER, sys.executable, "-c", STRANGE_READER, str(harness.PORT), "AF_INET",
                     "127.0.0.1", frame(b"\4").hex(), "stays") as reader:
            assert reader.stdout.readline() == "listens\n"
            harness.within(harness.LIMIT, lambda: daemon.ask("status")["attached"])
            assert daemon.stop() == 0
            assert len(reader.stdout.readline()) > 20  # the ATR
            reader.kill()


def stranger_can_end_it_where_that_is_wanted(world):
    with as_user(STRANGER, sys.executable, "-c", STRANGE_READER, str(harness.PORT), "AF_INET", "127.0.0.1",
                 frame(b"\4").hex(), "stays") as reader:
        assert reader.stdout.readline() == "listens\n"
        assert world.daemon(reader__retry="exit").wait() == 21
        reader.kill()


def pins_are_not_seen(world):
    """In the list of processes, which is everybody's."""
    pin, so_pin = "31415926", "0102030405060708"
    daemon = world.daemon(ephemeral__user_pin=pin, ephemeral__so_pin=so_pin).ready()
    arguments = Path(f"/proc/{daemon.process.pid}/cmdline").read_bytes()
    assert b"--ephemeral.user-pin=********\0" in arguments, arguments
    assert pin.encode() not in arguments and so_pin.encode() not in arguments, arguments
    reader = harness.Reader()
    reader.accept()
    reader.expect(harness.verify(pin.encode()))
    reader.close()
    assert daemon.stop() == 0
    apart = subprocess.Popen([harness.build_folder() / "glasshsmd", "--ephemeral", "--ephemeral.user-pin",
                              pin, "--admin.socket", world.path("apart.sock")], stderr=subprocess.PIPE)
    for line in apart.stderr:
        if b"event=ready" in line:
            break
    arguments = Path(f"/proc/{apart.pid}/cmdline").read_bytes()
    assert b"--ephemeral.user-pin\0********\0--admin.socket\0" in arguments, arguments
    apart.kill()
    apart.wait()


def admin_socket_is_its_users(world):
    """Although somebody opened its folder and the socket itself."""
    daemon = world.daemon().ready()
    os.chmod(world.folder, 0o755)
    os.chmod(daemon.socket, 0o777)
    script = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
              "try: s.sendall(b'{\"request\":\"status\"}\\n'); print(s.recv(100))\n"
              "except OSError: print(b'')\n")
    with as_user(STRANGER, sys.executable, "-c", script, str(daemon.socket)) as other:
        assert other.stdout.read() == "b''\n"
    assert daemon.ask("status")["pid"] > 0
    assert daemon.stop() == 0


def body(world):
    ids = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    if os.geteuid() != 0 or sum(int(count) for _, _, count in ids) == 1:
        raise harness.Skip("needs two users, and this one is alone in his namespace")
    no_card_for_a_stranger(world)
    a_configured_user_gets_it(world)
    stranger_can_end_it_where_that_is_wanted(world)
    pins_are_not_seen(world)
    admin_socket_is_its_users(world)


harness.run(body)
