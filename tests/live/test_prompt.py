#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tool asks for PINs on its terminal, without echo, and shows there how far it is. Usage: test_prompt.py TOOL"""
import os
import pty
import resource
import signal
import sys
import tempfile
import termios

PIN = b"648219"
ECHO_FLAGS = 3  # the index of the local modes in what tcgetattr gives


def terminal_run(tool, *arguments):
    child, terminal = pty.fork()
    if child == 0:
        for number in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)  # a shell's background jobs ignore them
        os.execv(tool, [tool, *arguments])
    return child, terminal


def read_until(terminal, word):
    seen = b""
    while word not in seen:
        seen += os.read(terminal, 1000)
    return seen


def prompted(terminal, name, label=b"asked"):
    """Each prompt names the token: its label, and its serial number."""
    seen = read_until(terminal, b"): ").splitlines()[-1]
    assert seen.startswith(name + b" of " + label + b" (ZZGH"), seen


def rest_of(terminal):
    seen = b""
    while True:
        try:
            more = os.read(terminal, 1000)
        except OSError:  # the other side is closed
            return seen
        if not more:
            return seen
        seen += more


def status_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def pin_is_asked_for_and_not_shown(tool):
    child, terminal = terminal_run(tool, "token", "label", "asked")
    prompted(terminal, b"User PIN", b"Glass HSM (stand-in)")
    silent = not termios.tcgetattr(terminal)[ECHO_FLAGS] & termios.ECHO
    os.write(terminal, PIN + b"\n")
    seen = rest_of(terminal)
    assert status_of(child) == 0, seen
    assert silent and PIN not in seen, seen


def new_pins_must_agree(tool):
    child, terminal = terminal_run(tool, "pin", "change")
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
    child, terminal = terminal_run("/bin/sh", "-c", f"'{tool}' token label x; stty -a; echo end")
    prompted(terminal, b"User PIN")
    os.write(terminal, b"64\x03")
    seen = read_until(terminal, b"end\r\n")
    status_of(child)
    assert b" echo " in seen and b"-echo " not in seen, seen


def quitting_leaves_no_core(tool):
    resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)[1:] * 2)
    child, terminal = terminal_run(tool, "token", "label", "x")
    prompted(terminal, b"User PIN")
    os.write(terminal, PIN)
    os.kill(child, signal.SIGQUIT)
    status = os.waitpid(child, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGQUIT and not os.WCOREDUMP(status), status


def slow_password_shows_how_far_it_is(tool):
    path = f"{tempfile.gettempdir()}/glasshsm-never-finished-{os.getpid()}"
    child, terminal = terminal_run(tool, "dkek", "create", path)
    for prompt in (b"New password of the share: ", b"Again, New password of the share: "):
        read_until(terminal, prompt)
        os.write(terminal, b"correct horse\n")
    read_until(terminal, b"\r#" + 39 * b"." + b"   3 %")
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
    assert not os.path.exists(path)
    os.environ["PASSWORD"] = "correct horse"
    child, terminal = terminal_run(tool, "dkek", "create", path, "--password-env", "PASSWORD")
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
