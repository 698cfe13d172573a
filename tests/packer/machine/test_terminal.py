"""A terminal is given back as it was taken."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import termios

import pytest

from packer.machine.terminal import immediate, interrupts


def test_keys_come_at_once_and_the_terminal_is_given_back() -> None:
    keys, terminal = pty.openpty()
    try:
        before = termios.tcgetattr(terminal)
        with contextlib.suppress(KeyboardInterrupt), immediate(terminal):
            os.write(keys, b"k\r")
            assert os.read(terminal, 10) == b"k\r", "without Enter, and Enter as it is"
            assert termios.tcgetattr(terminal)[3] & termios.ISIG, "Ctrl-C interrupts"
            raise KeyboardInterrupt
        assert termios.tcgetattr(terminal) == before
    finally:
        os.close(keys)
        os.close(terminal)


def test_ctrl_c_is_told_and_raises_nothing_while_somebody_asks() -> None:
    with interrupts() as pressed:
        assert not pressed()
        os.kill(os.getpid(), signal.SIGINT)
        assert pressed()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
