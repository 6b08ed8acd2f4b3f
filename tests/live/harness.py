# SPDX-License-Identifier: Apache-2.0
"""A daemon under test, and the reader it is in: what the live tests in Python share.

The tests play the driver vpcd themselves, so they need neither pcscd nor OpenSC, and can do what
those never do. Everything happens in namespaces of its own: the driver's port exists nowhere else,
no process outlives the test, and the one folder it writes to is removed whatever happens.

    import harness
    def body(world): ...
    harness.run(body)          # the test's last line; never returns

A test fails by an assertion. Exit status 77 says that it cannot be run here.
"""
import contextlib
import fcntl
import json
import os
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

SKIPPED = 77
PORT = 35963
LIMIT = 60  # seconds, for anything that must happen

USER_PIN = b"648219"
OFFICER_PIN = bytes.fromhex("3537363231383830")


# --- Namespaces ---


def run(body, programs=("glasshsmd", "glasshsm"), ordinary=False):
    """Runs body(world) in a private world, and ends the process with its outcome. ordinary: as a
    user without privileges, even when the caller has them."""
    inside = os.environ.get("GLASSHSM_TEST_FOLDER")
    if not inside:
        if ordinary and os.geteuid() == 0:
            _become_nobody()
        sys.exit(_outside(programs))
    _loopback_up()
    try:
        body(World(Path(inside)))
    except Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    except BaseException:  # the outcome of the test, whatever it is
        traceback.print_exc()
        _show_logs(Path(inside))
        sys.exit(1)
    sys.exit(0)


class Skip(Exception):
    """This cannot be tested here; the text says why."""


def _become_nobody():
    nobody, generous = 65534, 1 << 30
    with contextlib.suppress(ValueError):  # a container may forbid it
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (generous, generous))  # tests lower it again
    os.setgroups([])
    os.setgid(nobody)
    os.setuid(nobody)


def _why_not_run(program):
    """Nothing when it can be run. A root's folders may be closed to the user that plays nobody."""
    try:
        program.stat()
    except PermissionError:
        return f"the user {os.geteuid()} cannot reach {program}"
    except OSError:
        return f"{program} is not built"
    return None if os.access(program, os.X_OK) else f"the user {os.geteuid()} may not run {program}"


def _outside(programs):
    for name in programs:
        why_not = _why_not_run(build_folder() / name)
        if why_not:
            print(f"skipped: {why_not}")
            return SKIPPED
    command = _into_namespaces()
    if not command:
        print("skipped: no namespaces here")
        return SKIPPED
    folder = tempfile.mkdtemp(prefix="glasshsm-live-")
    try:
        environment = dict(os.environ, GLASSHSM_TEST_FOLDER=folder)
        return subprocess.call([*command, sys.executable, *sys.argv], env=environment)
    finally:
        shutil.rmtree(folder)


def _into_namespaces():
    """The command before a command, or None. Root without its privileges is an ordinary user."""
    command = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    for more in ([], ["--map-root-user"]):
        if subprocess.run([*command, *more, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            return [*command, *more]
    return None


def _loopback_up():
    siocsifflags, iff_up = 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, siocsifflags, struct.pack("16sh", b"lo", iff_up))


def _show_logs(folder):
    for log in sorted(folder.glob("*.log")):
        print(f"--- {log.name}\n{log.read_text()}", file=sys.stderr)


def build_folder():
    return Path(os.environ["GLASSHSM_BUILD"])


def within(seconds, condition):
    """What condition() gives once it is true; fails when that takes longer."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)
    return result


# --- The reader ---


class Lost(Exception):
    """The card closed the connection."""


class Reader:
    """The driver's end: listens, and speaks first. One card at a time, as vpcd."""

    def __init__(self, port=PORT):
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(1)
        self.listener.settimeout(LIMIT)
        self.card = None

    def accept(self):
        """Waits for a card, and has it say its ATR."""
        self.card = self.listener.accept()[0]
        self.card.settimeout(LIMIT)
        self.card.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.atr()

    def close(self):
        if self.card:
            self.card.close()
        self.listener.close()

    def drop(self):
        """Ends the connection, as a pcscd that dies; another may follow."""
        self.card.close()
        self.card = None

    def send_raw(self, octets):
        self.card.sendall(octets)

    def send(self, frame):
        self.send_raw(struct.pack(">H", len(frame)) + frame)

    def receive(self):
        return self._exactly(struct.unpack(">H", self._exactly(2))[0])

    def _exactly(self, size):
        octets = b""
        while len(octets) < size:
            try:
                more = self.card.recv(size - len(octets))
            except ConnectionResetError:
                more = b""
            if not more:
                raise Lost()
            octets += more
        return octets

    def atr(self):
        self.send(b"\x04")
        return self.receive()

    def power_on(self):
        self.send(b"\x01")

    def reset(self):
        self.send(b"\x02")

    def transmit(self, command):
        self.send(command)
        return self.receive()

    def status(self, command):
        """The status word as four digits."""
        return self.transmit(command)[-2:].hex()

    def expect(self, command, wanted="9000"):
        """The answer's data; the status word must be the wanted one."""
        answer = self.transmit(command)
        assert answer[-2:].hex() == wanted, f"{command[:4].hex()}: {answer[-2:].hex()}"
        return answer[:-2]


# --- Commands ---


def apdu(header, data=b"", le=b""):
    """Short where it fits; le as it stands on the wire."""
    head = bytes.fromhex(header)
    if not data:
        return head + le
    if len(data) < 256 and len(le) < 2:
        return head + bytes([len(data)]) + data + le
    return head + b"\0" + struct.pack(">H", len(data)) + data + le


def tlv(tag, value):
    size = len(value)
    long_form = bytes([0x81, size]) if size < 256 else b"\x82" + struct.pack(">H", size)
    return bytes.fromhex(tag) + (bytes([size]) if size < 128 else long_form) + value


SELECT = apdu("00A40400", bytes.fromhex("E82B0601040181C31F0201"), b"\0")
ENUMERATE = apdu("80580000", le=b"\0\0\0")
QUERY_USER = apdu("00200081")
QUERY_OFFICER = apdu("00200088")


def update(file, content):
    return apdu(f"00D7{file:04X}", tlv("54", b"\0\0") + tlv("53", content))


def initialize(user_pin=USER_PIN, officer_pin=OFFICER_PIN, tries=3):
    pins = tlv("81", user_pin) + tlv("82", officer_pin)
    return apdu("80500000", tlv("80", b"\0\1") + pins + tlv("91", bytes([tries])))


def verify(pin=USER_PIN):
    return apdu("00200081", pin)


def verify_officer(pin=OFFICER_PIN):
    return apdu("00200088", pin)


def _generate(key, template, uses=None):
    body = (
        tlv("5F29", b"\0") + tlv("42", b"UTCA00001") + tlv("7F49", template)
        + tlv("5F20", b"ESHSM0000100001")
    )
    if uses is not None:
        body += tlv("90", struct.pack(">I", uses))
    return apdu(f"0046{key:02X}00", body, b"\0\0")


def generate_rsa(key, bits=2048):
    size = struct.pack(">H", bits)
    return _generate(key, tlv("06", bytes.fromhex("04007F00070202020102")) + tlv("02", size))


def generate_p256(key, uses=None):
    """uses: of its counter. The curve's parameters: FIPS 186-4 D.1.2.3."""
    prime = "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF"
    parts = {
        "81": prime,
        "82": prime[:-1] + "C",
        "83": "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B",
        "84": "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
        "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5",
        "85": "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
        "87": "01",
    }
    template = tlv("06", bytes.fromhex("04007F00070202020203"))
    for tag, value in parts.items():
        template += tlv(tag, bytes.fromhex(value))
    return _generate(key, template, uses)


def sign_ec(key, digest=bytes(range(32))):
    return apdu(f"8068{key:02X}70", digest, b"\0\0")


def sign_rsa(key, block=bytes(range(256))):
    return apdu(f"8068{key:02X}20", block, b"\0\0")


# --- The daemon ---


class World:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def path(self, name):
        return self.folder / name

    def new_store(self, name="store", **options):
        """A new token without PINs."""
        place = self.path(name)
        result = tool("store", "create", *_as_options(options), str(place))
        assert result.returncode == 0, result.stderr
        return place

    def daemon(self, place=None, **options):
        """Starts one; place None: an ephemeral token. limits: of resources, by number; all other
        options are the daemon's."""
        self.count += 1
        return Daemon(self, place, options)


def _as_options(options):
    """store__key_file=x becomes --store.key-file=x."""
    spelt = {name.replace("__", ".").replace("_", "-"): value for name, value in options.items()}
    return [f"--{name}={value}" for name, value in spelt.items()]


def call(program, *arguments, **keywords):
    """One of the built programs, to its end."""
    command = [build_folder() / program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, **keywords)


def tool(*arguments, **keywords):
    return call("glasshsm", *arguments, **keywords)


def _limit(limits):
    for which, value in limits.items():
        resource.setrlimit(which, (value, value))


class Daemon:
    def __init__(self, world, place, options):
        self.log = world.path(f"daemon-{world.count}.log")
        self.socket = world.path(f"admin-{world.count}.sock")
        limits = options.pop("limits", {})
        command = [build_folder() / "glasshsmd", f"--admin.socket={self.socket}"]
        command.append("--ephemeral" if place is None else f"--store={place}")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [*command, *_as_options(options)],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=lambda: _limit(limits),
            )

    def messages(self):
        return self.log.read_text()

    def await_message(self, text, seconds=LIMIT):
        within(seconds, lambda: text in self.messages() or self.process.poll() is not None)
        assert text in self.messages(), self.messages()

    def ready(self):
        self.await_message("event=ready")
        return self

    def stop(self):
        """Ends it cleanly; the exit status."""
        self.process.terminate()
        return self.process.wait(LIMIT)

    def kill(self):
        self.process.kill()
        self.process.wait(LIMIT)

    def wait(self):
        return self.process.wait(LIMIT)

    def ask(self, request):
        """One request of the admin socket, one answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(LIMIT)
            connection.connect(str(self.socket))
            connection.sendall(json.dumps({"request": request}).encode() + b"\n")
            with connection.makefile() as answers:
                return json.loads(answers.readline())


def records(place):
    """The log of a store at rest, as parsed records."""
    result = tool("log", "show", "--json", "--store", str(place))
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def log_since(daemon, seen):
    """The records of a running daemon after that many; there is no gap."""
    shown = tool("log", "show", "--json", "--from", str(seen + 1), "--socket", daemon.socket)
    assert shown.returncode == 0, shown.stderr
    records = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [record["seq"] for record in records] == list(range(seen + 1, seen + 1 + len(records)))
    return records


def reveal(place):
    """Every secret of a store at rest, by name."""
    result = call("tests/support/reveal", place)
    assert result.returncode == 0, result.stderr
    lines = (line.split() for line in result.stdout.splitlines())
    return {name: bytes.fromhex(secret) for name, secret in lines}
