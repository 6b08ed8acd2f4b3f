#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""No secret lies in a file or a log: a session of stock tools with odd PINs, wrong ones among them;
then the store's files, the log's records and everything that the daemon said are searched for each
secret, as bytes, in hexadecimal, in base64 and as number with the lowest byte first; and for
digests of the PINs, since six digits are found by a million guesses."""
import base64
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import harness

PIN, OTHER_PIN = "x7Kq9ZtPw3", "Fm4Canary8Lqz5N"
WRONG_PINS = ["Wr0ngCanary", "Wr0ng2"]
OFFICER_PIN, WRONG_OFFICER_PIN = "c41d9b7702e65af3", "5ec2e7a1c0ffee99"

SESSION = r"""
exec >"$OUTPUT" 2>&1
set -eux
keep() { cp "$(dirname "$GLASSHSM_SOCKET")/messages" "$MESSAGES"; cp -r "$STORE" "$STORE.live"; }
trap keep EXIT
sc-hsm-tool --initialize --so-pin "$OFFICER_PIN" --pin "$PIN" --label canary
pkcs11-tool --login --pin "$PIN" --keypairgen --key-type rsa:2048 --id 10 --label rsa
pkcs11-tool --login --pin "$PIN" --keypairgen --key-type EC:prime256v1 --id 11 --label ec
echo letter >"$WORK/letter"
for wrong in $WRONG_PINS; do ! pkcs11-tool --login --pin "$wrong" --list-objects; done
pkcs11-tool --login --pin "$PIN" --sign --mechanism SHA256-RSA-PKCS --id 10 \
    --input-file "$WORK/letter" --output-file "$WORK/letter.sig"
pkcs11-tool --login --pin "$PIN" --sign --mechanism ECDSA-SHA256 --id 11 \
    --input-file "$WORK/letter" --output-file "$WORK/letter.sig"
! sc-hsm-tool --initialize --so-pin "$WRONG_OFFICER_PIN" --pin "$OTHER_PIN"
pkcs11-tool --login --pin "$PIN" --change-pin --new-pin "$OTHER_PIN"
pkcs11-tool --login --login-type so --so-pin "$OFFICER_PIN" --init-pin --new-pin "$PIN"
"$GLASSHSM" status --json
"$GLASSHSM" log show
"""


def session(world, place):
    """Everything that anybody said, as one string of bytes."""
    said = [world.path("output"), world.path("messages")]
    environment = dict(
        os.environ,
        PIN=PIN,
        OTHER_PIN=OTHER_PIN,
        WRONG_PINS=" ".join(WRONG_PINS),
        OFFICER_PIN=OFFICER_PIN,
        WRONG_OFFICER_PIN=WRONG_OFFICER_PIN,
        WORK=str(world.folder),
        STORE=str(place),
        GLASSHSM=str(harness.build_folder() / "glasshsm"),
        OUTPUT=str(said[0]),
        MESSAGES=str(said[1]),
    )
    result = harness.tool("run", "--store", str(place), "--create", "--", "sh", "-c", SESSION, env=environment)
    assert result.returncode == 0, result.stderr + said[0].read_text()
    assert "event=ready" in said[1].read_text()
    # The shell's own trace repeats what we typed; what the programs said does not begin so.
    spoken = [line for line in said[0].read_text().splitlines() if not line.startswith("+")]
    spoken += [result.stdout, result.stderr]
    return "\n".join(spoken).encode() + said[1].read_bytes()


# --- What to look for ---


def base64_forms(octets):
    """Its base64 at each of the three offsets, without what the neighbours decide."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + octets)
        yield text[(before * 8 + 5) // 6 : (before + len(octets)) * 8 // 6]


def forms(octets):
    yield octets
    yield octets[::-1]
    yield octets.hex().encode()
    yield octets.hex().upper().encode()
    yield from base64_forms(octets)


def digests(octets):
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "sha3_256"):
        yield f"{name} of", hashlib.new(name, octets).digest()[:12]
    yield "blake2b-256 of", hashlib.blake2b(octets, digest_size=32).digest()[:12]


def needles(secrets):
    found = {}
    for name, octets in secrets.items():
        ends = {octets} if len(octets) <= 24 else {octets[:24], octets[-24:]}
        for end in ends:
            for form in forms(end):
                found[form] = name
    return found


def pins():
    plain = {f"PIN {pin}": pin.encode() for pin in (PIN, OTHER_PIN, *WRONG_PINS)}
    return plain | {f"SO-PIN {pin}": bytes.fromhex(pin) for pin in (OFFICER_PIN, WRONG_OFFICER_PIN)}


def digests_of_pins():
    """Of the PIN alone, of the command's data, and of the command."""
    found = {}
    for name, pin in pins().items():
        reference = b"\x88" if name.startswith("SO") else b"\x81"
        command = b"\0\x20\0" + reference + bytes([len(pin)]) + pin
        for what, octets in (("", pin), ("data with ", command[4:]), ("command with ", command)):
            found |= {f"{how} {what}{name}": digest for how, digest in digests(octets)}
    return found


def assert_none(where, content, wanted):
    found = {name for needle, name in wanted.items() if needle in content}
    assert not found, f"{where}: {sorted(found)}"


# --- The test ---


def stored_secrets(place):
    """The key file holds one on purpose; only it may."""
    secrets = harness.reveal(place)
    key_file = (place / "seal.key").read_text().strip()
    return secrets | {"key file": bytes.fromhex(key_file)}


def records_tell_no_length(world):
    """Two logins that differ in nothing but the PIN and its length leave like records."""
    told = []
    for pin in (b"123456", b"123456789012345"):
        place = world.new_store(f"length-{len(pin)}")
        reader = harness.Reader()
        daemon = world.daemon(place).ready()
        reader.accept()
        reader.expect(harness.initialize(pin, tries=5))
        reader.reset()
        reader.transmit(harness.verify(b"9" * len(pin)))
        reader.expect(harness.verify(pin))
        assert daemon.stop() == 0
        reader.close()
        varying = ("inc", "ms", "us", "cont", "rand", "prev")
        lines = harness.records(place)
        # Of records 4 and 20, dig is the public key of an epoch, which is random.
        told.append([{k: v for k, v in line.items() if k not in varying and
                      not (k == "dig" and line["act"] in (4, 20))} for line in lines])
    assert len(told[0]) >= 5 and told[0] == told[1], json.dumps(told, indent=1)


def need(*things):
    for thing in things:
        if not (Path(thing).exists() or shutil.which(thing)):
            raise harness.Skip(f"{thing} is not installed")


def body(world):
    records_tell_no_length(world)
    need("/usr/sbin/pcscd", "/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
    need("pkcs11-tool", "sc-hsm-tool")
    place = world.path("canaries")
    assert harness.tool("store", "create", str(place)).returncode == 0
    said = session(world, place)
    lines = harness.tool("log", "show", "--json", "--store", str(place)).stdout
    secrets = stored_secrets(place)
    assert {"root", "key01.p", "key02.d"} <= set(secrets), f"nothing to look for: {list(secrets)}"

    wanted = needles(secrets | pins() | digests_of_pins())
    in_files = {needle: name for needle, name in wanted.items() if name != "key file"}
    live = place.with_name(place.name + ".live")  # with the write-ahead log of the session
    assert (live / "token.db-wal").stat().st_size > 0
    for path in [*place.iterdir(), *live.iterdir()]:
        assert_none(path.name, path.read_bytes(), in_files if path.name == "seal.key" else wanted)
    assert_none("what programs said", said, wanted)
    assert_none("the records", lines.encode(), wanted)

    # The search would have found them.
    for name, octets in (secrets | pins()).items():
        planted = b"<<" + base64.b64encode(b"ab" + octets + b"c") + b">>"
        assert any(needle in planted for needle, owner in wanted.items() if owner == name), name


harness.run(body)
