#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets: each transcript becomes a conversation, some of its data a TLV entry."""
import pathlib
import re

HERE = pathlib.Path(__file__).parent
# The same commands with other numbers: a fuzzer finds them by itself, and a replay only gets longer.
REPEATED = re.compile("safe_.*|classes|curves|kinds|tries")


def commands(transcript):
    """The commands of a transcript, as bytes."""
    for line in transcript.read_text().splitlines():
        if line.startswith(">"):
            zeros = re.sub(r"\{(\d+)\}", lambda run: "00" * int(run[1]), line[1:])
            yield bytes.fromhex(zeros.replace(" ", ""))


def pieces(sequence, size):
    for start in range(0, len(sequence), size):
        yield sequence[start:start + size]


def counted(number, size=None):
    """A number with two bytes of length, as in a key blob."""
    size = size or (number.bit_length() + 7) // 8
    return size.to_bytes(2, "big") + number.to_bytes(size, "big")


def is_prime(number):
    """Of numbers nobody has chosen to deceive: Fermat."""
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7, 11))


def prime_from(number):
    while not is_prime(number) or number % 65537 == 1:
        number += 2
    return number


def open_blob(kind, oid, plain):
    """A blob whose components are not encrypted (fuzz_key_blob.c), with the check value of zeros."""
    oid = bytes.fromhex(oid)
    head = bytes.fromhex("66687AADF862BD77") + bytes([kind]) + len(oid).to_bytes(2, "big") + oid + bytes(6)
    plain = bytes(8) + plain + b"\x80"
    return head + plain + bytes(-len(plain) % 16) + bytes(16)


def key_blobs():
    """A key of each type: AES, EC with d = 1, RSA of two fixed primes."""
    p256 = bytes.fromhex(
        "0020FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC"
        "00205AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B"
        "0020FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF"
        "0020FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")
    point = bytes.fromhex(
        "0041046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
        "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5")
    p, q, e = prime_from(15 * 2 ** 508 + 1), prime_from(13 * 2 ** 508 + 1), 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    crt = (d % (p - 1), d % (q - 1), p, pow(q, -1, p), q, p * q, e)
    bits = (1024).to_bytes(2, "big")
    rsa, ec, aes = "04007F00070202020102", "04007F00070202020203", "6086480165030401"
    yield "rsa", open_blob(5, rsa, bits + counted(d) + counted(p * q) + counted(e))
    yield "rsa-crt", open_blob(6, rsa, bits + b"".join(counted(n) for n in crt))
    yield "ec", open_blob(12, ec, b"\x01\x00" + p256 + point + counted(1, 32) + point)
    yield "aes", open_blob(15, aes, b"\0\x20" + bytes(range(32)))
    for number, command in enumerate(commands(HERE.parent / "transcripts/wrap.txt")):
        if command[1] == 0x74 and len(command) >= 100:
            yield f"sealed-{number}", command[7:]


def main():
    for name, blob in key_blobs():
        (HERE / "corpus/key_blob" / name).write_bytes(blob)
    for transcript in sorted((HERE.parent / "transcripts").glob("*.txt")):
        if REPEATED.fullmatch(transcript.stem):
            continue
        for number, part in enumerate(pieces(list(commands(transcript)), 20)):
            seed = b"".join(len(c).to_bytes(2, "big") + c for c in part)
            (HERE / "corpus/conversation" / f"{transcript.stem}-{number}").write_bytes(seed)
    for number, command in enumerate(commands(HERE.parent / "transcripts/keys.txt")):
        if command[1] == 0x46 and len(command) > 60:
            (HERE / "corpus/tlv" / f"generate-{number}").write_bytes(command[7:])
    for number, command in enumerate(commands(HERE.parent / "transcripts/initialize.txt")):
        if command[1] == 0x50 and len(command) > 8:
            (HERE / "corpus/tlv" / f"initialize-{number}").write_bytes(command[5:])


if __name__ == "__main__":
    main()
