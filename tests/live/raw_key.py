#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Commands for keys of kinds and sizes that stock hosts have no words for.

raw_key.py PIN unwrap BITS KEY LABEL FILE  an RSA key from a blob, described as a host would
raw_key.py PIN sign KEY FILE               the signature, to standard output
raw_key.py PIN agree KEY FILE              the shared secret
The token is in the reader number $READER, or the first.
"""
import os
import sys

from smartcard.System import readers


def tlv(tag, value):
    size = len(value)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes.fromhex(tag) + length + value


class Card:
    def __init__(self, pin):
        self.connection = readers()[int(os.environ.get("READER", "0"))].createConnection()
        self.connection.connect()
        self.send("00A4040C", bytes.fromhex("E82B0601040181C31F0201"))
        self.send("00200081", pin.encode())

    def send(self, header, data, answer=b""):
        command = bytes.fromhex(header) + b"\0" + len(data).to_bytes(2, "big") + data + answer
        got, *status = self.connection.transmit(list(command))
        if status != [0x90, 0x00]:
            sys.exit("%s: %02X%02X" % (header, *status))
        return bytes(got)

    def put(self, file, content):
        self.send("00D7%04X" % file, tlv("54", bytes(2)) + tlv("53", content))

    def unwrap(self, bits, key, label, file):
        with open(file, "rb") as blob:
            self.send("0074%02X93" % key, blob.read(), b"\0\0")
        self.put(0xC400 | key, tlv("30", tlv("30", tlv("0C", label.encode())) +
                                   tlv("30", tlv("04", bytes([key])) + bytes.fromhex("03020274")) +
                                   tlv("A1", tlv("30", tlv("30", tlv("04", b"")) +
                                                 tlv("02", bits.to_bytes(2, "big"))))))

    def use(self, header, file):
        with open(file, "rb") as data:
            sys.stdout.buffer.write(self.send(header, data.read(), b"\0\0"))


def main():
    pin, verb, *words = sys.argv[1:]
    card = Card(pin)
    if verb == "unwrap":
        card.unwrap(int(words[0]), int(words[1], 16), words[2], words[3])
    elif verb == "sign":
        card.use("8068%s70" % words[0], words[1])
    elif verb == "agree":
        card.use("8062%s80" % words[0], words[1])


main()
