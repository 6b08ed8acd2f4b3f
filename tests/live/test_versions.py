#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""README.md and docs/HOSTS.md name the same host programs in the same versions, and those are the
ones installed, in each Debian that the table has a column for; updates change the last number at
most, which is a warning.

Usage: test_versions.py README HOSTS"""
import pathlib
import re
import subprocess
import sys

SKIPPED = 77
# Row of the table, by what it begins with: the packages of its versions, in their order. {java} is
# the release's own.
PACKAGES = {
    "OpenSC": ["opensc"],
    "OpenSSL with `libengine-pkcs11-openssl`": ["openssl", "libengine-pkcs11-openssl"],
    "OpenSSL with `pkcs11-provider`": ["openssl", "pkcs11-provider"],
    "OpenSSH": ["openssh-client"],
    "NSS": ["libnss3-tools"],
    "GnuTLS": ["gnutls-bin"],
    "Java": ["openjdk-{java}-jre-headless"],
    "GnuPG `gpgsm`": ["scdaemon"],
    "GnuPG with `gnupg-pkcs11-scd`": ["gnupg-pkcs11-scd"],
    "pyscard": ["python3-pyscard"],
}
COLUMNS = {"12": 2, "13": 3}
JAVA = {"12": "17", "13": "21"}


def rows_of(page):
    """{program: its row's cells} of the table of programs."""
    text = pathlib.Path(page).read_text()
    table = re.search(r"^\| program \| version in Debian 12 .*\n\|-.*\n((?:\|.*\n)+)", text, re.M)
    assert table, f"{page} has no table of programs"
    rows = {}
    for row in table[1].splitlines():
        names = [name for name in PACKAGES if row.startswith(f"| {name}")]
        assert len(names) == 1, f"the table and this test know different programs: {row}"
        rows[names[0]] = [cell.strip() for cell in row.split("|")]
    return rows


def versions_in(cell):
    return [] if cell == "none" else cell.split(", ")


def installed(package):
    """Upstream's version, or None."""
    asked = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", package],
                           capture_output=True, text=True)
    status, _, version = asked.stdout.partition(" ")
    return re.sub(r"^\d+:|[-+~].*$", "", version) if status == "installed" else None


def judge(package, tested):
    """Whether the page tells the truth."""
    found = installed(package)
    if found is None or found == tested or found.startswith(tested + "."):
        return True
    alike = tested.rpartition(".")[0]
    if alike and found.startswith(alike + "."):
        print(f"warning: {package} is {found} here, the pages say {tested}")
        return True
    print(f"{package} is {found}, the pages say {tested}")
    return False


def debian():
    """The number of this machine's Debian, or None."""
    try:
        release = pathlib.Path("/etc/os-release").read_text()
    except OSError:
        return None
    number = re.search(r'^VERSION_ID="(\d+)"$', release, re.M)
    return number[1] if number and "ID=debian\n" in release else None


def main(readme, hosts):
    rows = rows_of(hosts)
    assert rows == rows_of(readme), "README.md and docs/HOSTS.md differ about the programs"
    assert rows.keys() == PACKAGES.keys(), "the table and this test know different programs"
    release = debian()
    if release not in COLUMNS:
        print(f"skipped: the versions are those of Debian {' and '.join(COLUMNS)}")
        return SKIPPED
    good = True
    for name, cells in rows.items():
        versions = versions_in(cells[COLUMNS[release]])
        assert len(versions) in (0, len(PACKAGES[name])), cells
        for package, version in zip(PACKAGES[name], versions):
            good &= judge(package.format(java=JAVA[release]), version)
    return 0 if good else 1


sys.exit(main(*sys.argv[1:]))
