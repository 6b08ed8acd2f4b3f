#!/usr/bin/python3
"""The systemd unit gives each token a user and folders of its own, hides those of the others, and does
not restart what would fail again. systemd itself reads it, where it is installed.

test_unit.py UNIT GLASSHSMD
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# docs/ARCHITECTURE.md tells them: 2 and what refuses a store; 20 medium failed, 22 self-test, 23 contradiction.
LASTING = {2, *range(10, 20), 20, 22, 23}
NO_READER = 21
SHARED = ("/var/lib/glasshsm", "/var/lib/glasshsm-anchor", "/run/glasshsm", "/etc/glasshsm")


def settings_of(text):
    found = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).extend(value.split())
    return found


def systemd_reads_it(text, daemon):
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "glasshsmd@.service"
        unit.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={Path(daemon).resolve()}", text))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True,
                              check=False)
        complaints = [line for line in done.stderr.splitlines() if "glasshsmd" in line and "pcscd" not in line]
        assert not complaints, complaints


def main():
    text = Path(sys.argv[1]).read_text()
    settings = settings_of(text)
    assert settings["User"] == settings["Group"] == ["glasshsm-%i"], settings["User"]
    statuses = set(map(int, settings["RestartPreventExitStatus"]))
    assert statuses == LASTING and NO_READER not in statuses, statuses
    hidden = [path.removesuffix(":ro") for path in settings["TemporaryFileSystem"]]
    assert sorted(hidden) == sorted(SHARED), hidden
    for key in ("BindPaths", "BindReadOnlyPaths", "StateDirectory", "RuntimeDirectory"):
        assert all("/%i" in value for value in settings[key]), settings[key]
    for option in settings["ExecStart"][1:]:
        assert "%i" in option, option
    if shutil.which("systemd-analyze"):
        systemd_reads_it(text, sys.argv[2])


main()
