#!/usr/bin/python3
"""Writes the seeds of the fuzz targets: each transcript becomes a conversation, some of its data a TLV entry."""
import pathlib
import re

HERE = pathlib.Path(__file__).parent


def commands(transcript):
    """The commands of a transcript, as bytes."""
    for line in transcript.read_text().splitlines():
        if line.startswith(">"):
            zeros = re.sub(r"\{(\d+)\}", lambda run: "00" * int(run[1]), line[1:])
            yield bytes.fromhex(zeros.replace(" ", ""))


def pieces(sequence, size):
    for start in range(0, len(sequence), size):
        yield sequence[start:start + size]


def main():
    for transcript in sorted((HERE.parent / "transcripts").glob("*.txt")):
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
