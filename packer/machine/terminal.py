"""The terminal of a person who talks to a guest."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator


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


@contextlib.contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """While this lasts, Ctrl-C raises nothing, wherever in a library it comes; the function that is
    yielded tells whether it has been pressed. For the main thread only.
    """
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
