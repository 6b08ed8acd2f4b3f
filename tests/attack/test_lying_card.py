#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A card answers what its commands do not promise, is another one than before, or has not the key of its
certificate; and somebody has laid a link where a file shall be written. No verb calls that done.

Usage: test_lying_card.py GLASSHSM HOSTILE_CARD OTHER_CARD
"""
import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

glasshsm, hostile, other = (os.path.realpath(path) for path in sys.argv[1:4])
PIN, SO, READER = ["--pin-env", "PIN"], ["--so-pin-env", "SO"], ["--reader", "00 00"]


def run(*words, preload=None, **env):
    extra = {"LD_PRELOAD": preload} if preload else {}
    done = subprocess.run([glasshsm, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env=os.environ | extra | env, timeout=60, start_new_session=True)
    assert done.returncode >= 0, f"{words}: died of signal {-done.returncode}"
    return done


def good(*words, **env):
    done = run(*words, **env)
    assert done.returncode == 0, f"{words}: {done.returncode}: {done.stderr}"
    return done.stdout


# --- Answers of another length or form ---

# What answers data: instruction and what a card can do to it that nobody could know for a lie. INS B1:
# a file may be as long as a part, or longer, and hold anything. 50: how long it is differs between cards. 58: of fewer
# objects nobody knows. 52: the numbers of shares may be any. A4: without an answer where none is asked for.
DATA = {"B1": {"empty", "short", "long", "flood", "junk"}, "50": {"short", "long", "flood", "junk"}, "58": {"empty", "junk"}, "52": {"junk"},
        "54": {"junk", "short"}, "A4": {"junk", "empty", "short"}, "64": {"empty", "short", "long", "junk", "flood"},
        "72": set(), "84": {"junk"}, "68": set(), "62": {"junk"}, "46": {"empty", "short", "long", "junk", "flood"}}
# What answers nothing.
NOTHING = {"20", "24", "2C", "D7", "E4", "22", "74", "82"}
HOW = ["empty", "short", "long", "flood", "junk"]

VERBS = [
    ("token info", ["A4", "B1", "50", "58", "64"]),
    ("token label x", ["20", "B1", "D7"]),
    ("key list", ["58", "B1"]),
    ("key wrap 01 --out FILE", ["72", "20"]),
    ("key unwrap w 02 --yes", ["74", "E4", "D7", "20"]),
    ("key generate P-256 03 --yes", ["46", "D7"]),
    ("object list", ["58", "A4"]),
    ("object read cf01 --out FILE", ["B1"]),
    ("object write cf02 c", ["D7", "E4"]),
    ("object delete cf02", ["E4"]),
    ("dkek status", ["52"]),
    ("domain member 01 --out FILE", ["68", "58"]),
    ("pin change --new-pin-env PIN", ["24"]),
    ("pin unblock --new-pin-env PIN", ["2C"]),
    ("pka export 01 --out FILE", ["58"]),
]


def is_lie(ins, how):
    return how in ("long", "flood") if ins in NOTHING else how not in DATA[ins]


def answers(work):
    tried, believed = 0, []
    for verb, instructions in VERBS:
        for ins in instructions:
            for how in HOW:
                if "cf02" in verb:
                    good("object", "write", "cf02", "c", *PIN, *READER)
                file = work / "file"
                file.write_text("as it was")
                words = [str(file) if word == "FILE" else word for word in verb.split()]
                done = run(*words, *PIN, *SO, *READER, preload=hostile, GLASSHSM_TWIST=f"{ins}:{how}")
                tried += 1
                if not is_lie(ins, how):
                    continue
                told = done.returncode and done.stderr and file.read_text() == "as it was"
                if not told:
                    believed.append(f"{verb}: {ins} {how}: {done.returncode} {done.stdout} {done.stderr}")
    assert tried > 100
    assert not believed, "\n".join(believed)
    assert list(work.glob("*.part-*")) == [], "parts of files are left"


# --- Another card ---


def swapped(serial):
    """Between the look at the card, before the PIN, and the session: a token of another number."""
    pair = f"{serial.encode().hex()}={serial[::-1].encode().hex()}"
    for verb in ("token label swapped", "pin change --new-pin-env PIN", "object delete cf01"):
        for options in ([], ["--secure"]):
            done = run(*verb.split(), *PIN, *READER, *options, preload=hostile, GLASSHSM_SWAPPED="1:" + pair)
            assert done.returncode == 35, f"{verb}: {done.returncode}: {done.stderr}"
    assert json.loads(good("token", "info", "--json", *READER))["label"] != "swapped"
    done = run("pka", "login", "--custodian", "00 00:01", "--custodian-pin-env", "PIN", "--reader", "00 01",
               preload=hostile, GLASSHSM_SWAPPED="5:" + pair)
    assert done.returncode == 35, done.stderr


def fake():
    """Without the key of its certificate nobody can answer with the right token of the channel."""
    for options in ([], ["--root", "root.cvc"]):
        done = run("token", "label", "faked", "--secure", *options, *PIN, *READER, preload=other,
                   GLASSHSM_OTHER="fake")
        assert done.returncode == 35, f"{done.returncode}: {done.stderr}"
        good("token", "label", "true", "--secure", *options, *PIN, *READER)


def version():
    """What a card says of itself is heard in the channel, where nobody alters it."""
    true = json.loads(good("token", "info", "--json", *READER))
    told = f"{true['options']:04x}06" + "".join(f"{int(part):02x}" for part in true["version"].split("."))
    lie = {"GLASSHSM_SAYS": f"{told}=0015060909"}
    heard = [json.loads(run("token", "info", "--json", *options, *READER, preload=hostile, **lie).stdout)
             for options in ([], ["--secure", "--root", "root.cvc"])]
    assert heard[0]["version"] == "9.9" and heard[0]["options"] == 0x15, heard
    assert heard[1]["version"] == true["version"] and heard[1]["options"] == true["options"], heard


# --- Files ---


def files(work):
    """What is written is a file of its own, and of the mode that is due."""
    os.umask(0o022)
    victim, link = work / "victim", work / "link"
    victim.write_text("untouched")
    link.symlink_to(victim)
    outputs = {"key wrap 01 --out": 0o600, "object read cd01 --out": 0o600, "object read cf01 --out": 0o644,
               "pka export 01 --out": 0o644, "domain member 01 --out": 0o644}
    for verb, mode in outputs.items():
        pin = PIN if verb.split()[1] in ("wrap", "read", "member") else []
        done = run(*verb.split(), str(link), *pin, *READER)
        assert done.returncode == 1 and "link" in done.stderr, f"{verb}: {done.stderr}"
        assert link.is_symlink() and victim.read_text() == "untouched", f"{verb} wrote through a link"
        file, twin = work / "open", work / "twin"
        file.write_text("x" * 10000)
        file.chmod(0o666)
        os.link(file, twin)
        if verb.startswith("key wrap"):  # a backup: a file that is there stays
            done = run(*verb.split(), str(file), *pin, *READER)
            assert done.returncode == 1 and "not overwritten" in done.stderr, done.stderr
            assert twin.read_text() == file.read_text() == "x" * 10000, "another's backup is gone"
            file.unlink()
        good(*verb.split(), str(file), *pin, *READER)
        assert stat.S_IMODE(file.stat().st_mode) == mode, f"{verb}: {file.stat().st_mode:o}"
        assert twin.read_text() == "x" * 10000, f"{verb} wrote into another's file"
        file.unlink()
        twin.unlink()
        good(*verb.split(), "/dev/null", *pin, *READER)
        assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    for verb in ("ca export", "dkek create --raw-share"):
        out = [str(link)] if verb.startswith("dkek") else ["--out", str(link)]
        assert run(*verb.split(), *out).returncode == 1
        assert victim.read_text() == "untouched"
    good("dkek", "create", "--raw-share", str(work / "share"))
    assert stat.S_IMODE((work / "share").stat().st_mode) == 0o600
    # A folder that takes no file: what was there stays.
    assert run("ca", "export", "--out", "/proc/x").returncode == 1


def before_the_login():
    """A file that is not there is told before a PIN is asked for, or the card is held."""
    for verb in ("domain join 0 absent", "domain join 0 w absent", "domain exchange 0 absent", "domain member 01 absent",
                 "pka register absent", "key unwrap absent 02", "object write cf01 absent", "dkek import absent",
                 "token info --secure --root absent", "token label x --secure --root absent"):
        words = verb.split()
        pin = PIN if words[0] != "token" else []
        done = run(*words, *pin, *READER, preload=hostile, GLASSHSM_TWIST="20:flood")
        assert done.returncode == 1 and "absent" in done.stderr, f"{verb}: {done.returncode} {done.stderr}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.chdir(work)
        os.environ |= {"PIN": "648219", "SO": "3537363231383830"}
        good("token", "init", "--yes", "--key-domains", "1", *SO, "--new-pin-env", "PIN", *READER)
        good("domain", "create", "0", "0", *PIN, *READER)
        good("key", "generate", "brainpoolP256r1", "01", "--domain", "0", *PIN, *READER)
        (work / "c").write_bytes(b"content")
        good("object", "write", "cf01", "c", *PIN, *READER)
        good("object", "write", "cd01", "c", *PIN, *READER)
        good("key", "wrap", "01", "--out", "w", *PIN, *READER)
        good("ca", "export", "--out", "root.cvc")
        good("token", "init", "--yes", "--custodians", "1", "--required", "1", *SO, "--new-pin-env", "PIN",
             "--reader", "00 01", "--", "pka", "register", "--custodian", "00 00:01")
        serial = json.loads(good("token", "info", "--json", *READER))["serial"]
        answers(work)
        swapped(serial)
        fake()
        version()
        files(work)
        before_the_login()


if __name__ == "__main__":
    if "GLASSHSM_SOCKET" not in os.environ:
        os.execv(glasshsm, [glasshsm, "run", "--tokens", "2", "--", sys.executable, *sys.argv])
    main()
