#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Cards, readers, daemons, files and names that hold commands for a terminal: no verb prints one.

Every verb that the tool completes is tried, through a card that says hostile things wherever a name or a
label can stand. Usage: test_hostile_text.py GLASSHSM HOSTILE_CARD
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import unicodedata
from pathlib import Path

glasshsm, preload = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])

# Markers that stand in the card, and what the hostile one says for them: as many bytes.
MARK = b"h0stile!"
HOSTILE = b"\x1b[2J\n\xc2\x9b\x7f"
MARK2, HOSTILE2 = b"H1DDEN.", b"\xe2\x80\xae\xff\x08\x07\r"
NAME = "a\x1b[2Jb\u202e\u200b\u009bc\nEXTENDS"  # of files, and words of the caller
RAW_NAME = b"a\xff\x1b[2J\x80"                   # that are not UTF-8
PIN, SO = "648219", "3537363231383830"


def is_seen(c):
    return unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Cs", "Cn") or c == "\n"


def judge(what, said):
    text = said.decode()  # what is not UTF-8 raises
    bad = [f"U+{ord(c):04X}" for c in text if not is_seen(c)]
    assert not bad, f"{what}: {bad} in {said!r}"
    assert "\nEXTENDS" not in text, f"{what}: a line was forged: {said!r}"
    return text


tried = set()


def run(*words, status=None, hostile=True, says=None, env=None):
    words = [w if isinstance(w, bytes) else w.encode() for w in words]
    pairs = {MARK: HOSTILE, MARK2: HOSTILE2} | (says or {})
    extra = {"LD_PRELOAD": preload, "GLASSHSM_READER": "1",
             "GLASSHSM_SAYS": ",".join(f"{a.hex()}={b.hex()}" for a, b in pairs.items())} if hostile else {}
    done = subprocess.run([glasshsm.encode(), *words], capture_output=True, stdin=subprocess.DEVNULL,
                          env=os.environ | extra | (env or {}), timeout=60, start_new_session=True)
    name = b" ".join(words).decode(errors="replace")
    tried.add(tuple(w.decode(errors="replace") for w in words[:2]))
    tried.add((words[0].decode(errors="replace"),))
    judge(name, done.stdout)
    judge(name, done.stderr)
    if done.returncode:
        assert done.stderr, f"{name}: status {done.returncode}, and not a word"
    if status is not None:
        assert done.returncode == status, f"{name}: {done.returncode}: {done.stderr!r}"
    if b"--json" in words and done.stdout:
        for line in done.stdout.splitlines():
            json.loads(line)
    return done


def both(*words, **options):
    run(*words, **options)
    if words[0] not in ("completion", "help", "run"):
        run(words[0], *words[1:], "--json", **options)


# --- The card ---


def card(work):
    """Everything on the card that has a name is called MARK."""
    reader = ["--reader", "00 00"]
    pin, so = ["--pin-env", "PIN"], ["--so-pin-env", "SO"]
    mark, mark2 = MARK.decode(), MARK2.decode()
    quiet = dict(hostile=False, status=0)
    run("token", "init", "--yes", "--key-domains", "2", *so, "--new-pin-env", "PIN", "--label", mark, *reader, **quiet)
    run("key", "generate", "P-256", "01", "--label", mark + mark2, *pin, *reader, **quiet)
    (work / "content").write_bytes(b"x")
    run("object", "write", "cf01", str(work / "content"), "--label", mark, *pin, *reader, **quiet)
    serial = json.loads(run("token", "info", "--json", *reader, **quiet).stdout)["serial"].encode()
    # The device's own name, in its certificate and in all that it makes.
    says = {serial[:8]: HOSTILE}
    options = dict(says=says)
    run("token", "info", *reader, status=0, **options)
    assert b"?[2J???" in run("token", "info", "--reader", "00 00", **options).stdout
    both("token", "info", *reader, **options)
    both("token", "label", NAME, *pin, *reader, **options)
    both("token", "info", *reader, **options)
    both("key", "list", *reader, **options)
    both("object", "list", *reader, **options)
    both("object", "read", "cf09", *reader, **options)
    both("object", "write", "cf02", str(work / "content"), *pin, *reader, **options)
    both("object", "delete", "cf02", *pin, *reader, **options)
    both("key", "generate", "P-256", "02", "--label", NAME, *pin, *reader, **options)
    both("key", "list", *reader, **options)
    both("key", "delete", "02", "--yes", *pin, *reader, **options)
    both("token", "list", **options)
    both("key", "wrap", "01", "--out", "w", *pin, *reader, **options)
    both("domain", "create", "0", "1", *pin, *reader, **options)
    both("domain", "clear", "0", *pin, *reader, **options)
    both("domain", "delete", "0", *pin, *reader, **options)
    both("dkek", "status", *reader, **options)
    both("pin", "change", *pin, "--new-pin-env", "PIN", *reader, **options)
    both("pin", "unblock", *so, "--new-pin-env", "PIN", *reader, **options)
    both("pka", "export", "01", "--out", str(work / "own.pka"), *reader, **options)
    hostile_papers(work, says)
    run("token", "init", "--yes", "--custodians", "2", "--required", "1", *so, "--new-pin-env", "PIN",
        "--reader", "00 01", **quiet)
    other = ["--reader", "00 01"]
    run("pka", "export", "01", "--out", str(work / "good.pka"), *reader, **quiet)
    both("pka", "register", str(work / "good.pka"), *pin, *other, says={serial[:8]: HOSTILE})
    both("pka", "register", "--custodian", "00 00:01", *pin, *other, **options)
    both("pka", "status", *other, **options)
    both("pka", "login", "--custodian", "00 00", "--custodian-pin-env", "PIN", *other, **options)
    both("token", "init", *so, *reader, **options)
    both("conform", *other, **options)
    both("doctor", **options)
    for verb in ("domain member 01 --out m", "domain join 0 --out m " + str(work / "hostile.pka"),
                 "domain exchange 0 " + str(work / "hostile.pka"), "attest verify " + str(work / "hostile.pka")):
        both(*verb.split(), *([] if verb.startswith("attest") else pin + reader), **options)
    both("token", "info", "--secure", *reader, **options)
    both("token", "info", "--serial", NAME, **options)


def hostile_papers(work, says):
    """Certificates whose holders and authorities are hostile, in a file."""
    papers = (work / "own.pka").read_bytes()
    run("pka", "export", "01", "--out", str(work / "plain.pka"), "--reader", "00 00", hostile=False, status=0)
    plain = (work / "plain.pka").read_bytes()
    for old, new in says.items():
        assert old in plain, "the device's name is nowhere"
        plain = plain.replace(old, new)
    (work / "hostile.pka").write_bytes(plain)
    for words in (["attest", "verify"], ["ca", "trust"]):
        both(*words, str(work / "hostile.pka"), hostile=False)
    # ... and much too long: the authority of the outer request, which nobody signs.
    long = plain[:-80] + b"\x42\x81\xff" + (b"A" * 200 + b"\nEXTENDS\x1b[2J") + plain[-80:]
    (work / "long.pka").write_bytes(long)
    both("attest", "verify", str(work / "long.pka"), hostile=False)
    assert papers


# --- Names ---


def names(work):
    """Words of the caller, which may come from anywhere: files, stores, sockets, subcommands."""
    for name in (NAME.encode(), RAW_NAME):
        path = os.fsencode(work) + b"/" + name
        both(b"store", b"create", path)
        made = json.loads(run(b"store", b"create", path + b"0", b"--json", status=0).stdout)
        assert made["store"] == (path + b"0").decode(errors="replace").replace("\ufffd", "?")
        both(b"store", b"verify", path)
        both(b"store", b"list", os.fsencode(work))
        both(b"store", b"clone", path, path + b"2")
        both(b"store", b"snapshot", path, path + b"3")
        both(b"store", b"restore", path + b"3", path + b"4")
        both(b"store", b"rekey", path)
        both(b"store", b"strict", path, b"on")
        both(b"store", b"unlock-source", b"add", path)
        both(b"ca", b"create", path + b"5")
        both(b"ca", b"list", b"--store", path)
        both(b"ca", b"export", b"--store", path, b"--out", path + b"6")
        both(b"ca", b"trust", path + b"6", b"--store", path)
        both(b"ca", b"distrust", name, b"--store", path)
        for verb in (b"status", b"events", b"cancel", b"log show", b"log policy", b"log receipt", b"log snapshot",
                     b"log proof", b"log note", b"log acknowledge", b"ca list", b"status --socket",
                     b"log show --socket", b"ca list --socket", b"events --socket", b"cancel --socket",
                     b"store destroy --yes", b"store destroy"):
            both(*verb.split(), path + b"7")
        both(b"log", b"verify", b"--old", path + b"8", b"--new", path + b"9")
        both(b"dkek", b"create", path + b"10", b"--raw-share")
        both(b"dkek", b"create", path + b"10", b"--raw-share")
        for verb in (b"dkek import", b"key unwrap", b"pka register", b"domain join 0", b"domain exchange 0",
                     b"attest verify", b"attest verify --log", b"object write cf01"):
            both(*verb.split(), path + b"11", b"--reader", b"00 00")
        for option in (b"--root", b"--pin-file", b"--so-pin-file", b"--password-file", b"--pin-env", b"--serial",
                       b"--reader", b"--custodian", b"--out"):
            both(b"pin", b"change", b"--secure", b"--pin-env", b"PIN", option, name)
        for subcommand in (b"token", b"key", b"object", b"pka", b"pin", b"dkek", b"domain", b"log", b"store", b"ca",
                           b"help", b"completion", b"version", b"doctor", b"conform", name):
            run(subcommand, name)
        both(b"key", b"generate", name, b"01", b"--reader", b"00 00")
        run(b"run", b"--", path)
        run(b"run", b"--store", path + b"12", b"--", b"true")
        run(b"run", b"--store", path + b"12", b"--create", b"--init", b"--", b"true")


# --- Daemons ---


def daemons(work):
    bad = "\x1b[2J\nEXTENDS\u202e\u009b\x7f" + "A" * 3000
    every = {key: bad for key in (
        "error", "serial", "label", "version", "build", "reader", "anchor", "capacity", "store", "user", "command",
        "own", "checkpoint", "receipt", "line", "note", "text", "cause")}
    answers = [{"error": bad}, bad, every, {"lines": [bad], **every}, {"trusted": [bad], "own": bad},
               {"log": {"root": bad, "size": 3, "first": 1}, "last_visit": {"user_login_ms": 1}, **every},
               {"command": {"name": bad, "ms": 3}, "cancelled": False},
               {"limit": bad, "keep": bad, "read": bad, "waiting": bad}]
    path = str(work / "admin.sock")

    def serve(listener, answer):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    while connection.recv(65536):
                        connection.sendall(json.dumps(answer).encode() + b"\n")
                except OSError:
                    pass

    for answer in answers:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(64)
        threading.Thread(target=serve, args=(listener, answer), daemon=True).start()
        for words in ("status", "cancel", "log show", "log show --last 3", "log policy", "log receipt r", "log snapshot s",
                      "log note", "log acknowledge c", "ca list", "ca export", "ca distrust x"):
            both(*words.split(), "--socket", path, hostile=False)
        listener.close()
        os.unlink(path)


def main():
    offered = subprocess.run([glasshsm, "completion", "bash"], capture_output=True, text=True, check=True).stdout
    verbs = {(line.strip().split(")")[0], verb)
             for line in offered.splitlines() if ') words="' in line and line.strip()[0].isalpha()
             for verb in line.split('"')[1].split() if line.strip().split(")")[0].isalpha()}
    listed = subprocess.run([glasshsm, "help"], capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.chdir(work)
        os.environ |= {"PIN": PIN, "SO": SO}
        for subcommand in ("version", "help"):
            both(subcommand)
        for shell in ("bash", "zsh", "fish"):
            run("completion", shell)
        run("help", "exits", "--json")
        card(work)
        names(work)
        daemons(work)
        both("log", "show", hostile=False)
        both("status", hostile=False)
    untried = [verb for verb in verbs if verb not in tried]
    untried += [line.split()[0] for line in listed.splitlines()
                if line.startswith("  ") and (line.split()[0],) not in tried]
    assert len(verbs) > 30 and not untried, f"not tried: {untried}"


if __name__ == "__main__":
    if "GLASSHSM_SOCKET" not in os.environ:
        os.execv(glasshsm, [glasshsm, "run", "--tokens", "2", "--", sys.executable, *sys.argv])
    main()
