"""The terminal of a person who talks to a guest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def immediate(descriptor: int) -> Iterator[None]:
    """While this lasts, each key is read as it is pressed, unseen and unchanged, but Ctrl-C still
    interrupts. The terminal is as before afterwards.
    """
    import termios  # not on Windows, where nothing else here needs it

    before = termios.tcgetattr(descriptor)
    now = termios.tcgetattr(descriptor)
    now[0] &= ~termios.ICRNL
    now[3] &= ~(termios.ICANON | termios.ECHO)
    try:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, now)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
