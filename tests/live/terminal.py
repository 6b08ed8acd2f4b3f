# SPDX-License-Identifier: Apache-2.0
"""A program on a terminal of its own, as a person sees and uses it."""
import os
import pty
import signal


def start(*words):
    """(process, terminal). Signals of the terminal do what they do for a person: a job in the background ignores them."""
    child, terminal = pty.fork()
    if child == 0:
        for number in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        os.execv(words[0], words)
    return child, terminal


def read_until(terminal, word, seen=b""):
    while word not in seen:
        seen += os.read(terminal, 1000)
    return seen


def rest_of(terminal):
    """What is shown until the program has ended."""
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
    """As subprocess has it: minus the signal for a process that a signal ended."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
