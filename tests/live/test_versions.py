#!/usr/bin/python3
"""README.md and docs/HOSTS.md name the same host programs in the same versions, and those are the
ones installed: on Debian 12, whose updates change the last number at most; that is a warning.

Usage: test_versions.py README HOSTS"""
import pathlib
import re
import subprocess
import sys

SKIPPED = 77
# Row of the table, by its first word: the packages of its versions, in their order.
PACKAGES = {
    "OpenSC": ["opensc"],
    "OpenSSL": ["openssl", "libengine-pkcs11-openssl"],
    "OpenSSH": ["openssh-client"],
    "NSS": ["libnss3-tools"],
    "GnuTLS": ["gnutls-bin"],
    "Java": ["openjdk-17-jre-headless"],
    "GnuPG": ["scdaemon"],
    "pyscard": ["python3-pyscard"],
}


def rows_of(page):
    """{first word: (the row, [versions])} of the table of programs."""
    text = pathlib.Path(page).read_text()
    table = re.search(r"^\| program \| version tested .*\n\|-.*\n((?:\|.*\n)+)", text, re.M)
    assert table, f"{page} has no table of programs"
    rows = table[1].splitlines()
    return {row.split()[1]: (row, row.split("|")[2].replace(",", " ").split()) for row in rows}


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


def is_debian_12():
    try:
        release = pathlib.Path("/etc/os-release").read_text()
    except OSError:
        return False
    return "ID=debian\n" in release and 'VERSION_ID="12"' in release


def main(readme, hosts):
    rows = rows_of(hosts)
    assert rows == rows_of(readme), "README.md and docs/HOSTS.md differ about the programs"
    assert rows.keys() == PACKAGES.keys(), "the table and this test know different programs"
    if not is_debian_12():
        print("skipped: the versions are those of Debian 12")
        return SKIPPED
    good = True
    for name, (row, versions) in rows.items():
        assert len(versions) == len(PACKAGES[name]), row
        for package, version in zip(PACKAGES[name], versions):
            good &= judge(package, version)
    return 0 if good else 1


sys.exit(main(*sys.argv[1:]))
