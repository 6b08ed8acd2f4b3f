#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tool asks for PINs on its terminal, without echo, and shows there how far it is. Usage: test_prompt.py TOOL"""
import os
import resource
import signal
import sys
import tempfile
import termios

from terminal import read_until, rest_of, start, status_of

PIN = b"648219"
ECHO_FLAGS = 3  # the index of the local modes in what tcgetattr gives


def prompted(terminal, name, label=b"asked"):
    """Each prompt names the token: its label, and its serial number."""
    seen = read_until(terminal, b"): ").splitlines()[-1]
    assert seen.startswith(name + b" of " + label + b" (ZZGH"), seen


def pin_is_asked_for_and_not_shown(tool):
    child, terminal = start(tool, "token", "label", "asked")
    prompted(terminal, b"User PIN", b"Glass HSM (stand-in)")
    silent = not termios.tcgetattr(terminal)[ECHO_FLAGS] & termios.ECHO
    os.write(terminal, PIN + b"\n")
    seen = rest_of(terminal)
    assert status_of(child) == 0, seen
    assert silent and PIN not in seen, seen


def new_pins_must_agree(tool):
    child, terminal = start(tool, "pin", "change")
    prompted(terminal, b"User PIN")
    os.write(terminal, PIN + b"\n")
    prompted(terminal, b"New user PIN")
    os.write(terminal, b"123456\n")
    prompted(terminal, b"Again, New user PIN")
    os.write(terminal, b"123457\n")
    seen = rest_of(terminal)
    assert b"two entries differ" in seen, seen
    assert status_of(child) == 1


def interrupted_prompt_gives_the_echo_back(tool):
    # A shell keeps the terminal open, as in life, and tells how it was left.
    child, terminal = start("/bin/sh", "-c", f"'{tool}' token label x; stty -a; echo end")
    prompted(terminal, b"User PIN")
    os.write(terminal, b"64\x03")
    seen = read_until(terminal, b"end\r\n")
    status_of(child)
    assert b" echo " in seen and b"-echo " not in seen, seen


def quitting_leaves_no_core(tool):
    resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)[1:] * 2)
    child, terminal = start(tool, "token", "label", "x")
    prompted(terminal, b"User PIN")
    os.write(terminal, PIN)
    os.kill(child, signal.SIGQUIT)
    status = os.waitpid(child, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGQUIT and not os.WCOREDUMP(status), status


def slow_password_shows_how_far_it_is(tool):
    path = f"{tempfile.gettempdir()}/glasshsm-never-finished-{os.getpid()}"
    child, terminal = start(tool, "dkek", "create", path)
    for prompt in (b"New password of the share: ", b"Again, New password of the share: "):
        read_until(terminal, prompt)
        os.write(terminal, b"correct horse\n")
    read_until(terminal, b"\r#" + 39 * b"." + b"   3 %")
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
    assert not os.path.exists(path)
    os.environ["PASSWORD"] = "correct horse"
    child, terminal = start(tool, "dkek", "create", path, "--password-env", "PASSWORD")
    seen = rest_of(terminal)
    assert status_of(child) == 0, seen
    os.unlink(path)
    assert seen.endswith(b"\r" + 40 * b"#" + b" 100 %\r\n"), seen[-80:]


def main(tool):
    if "GLASSHSM_SOCKET" not in os.environ:
        if not os.path.exists("/usr/sbin/pcscd"):
            print("skipped: pcscd is not installed")
            return 77
        os.execv(tool, [tool, "run", "--", sys.executable, __file__, tool])
    pin_is_asked_for_and_not_shown(tool)
    new_pins_must_agree(tool)
    interrupted_prompt_gives_the_echo_back(tool)
    quitting_leaves_no_core(tool)
    slow_password_shows_how_far_it_is(tool)
    return 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
