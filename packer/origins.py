"""Where in the sources something was said, as maps and errors show it: `stages/boot/stage.py:9`."""

from __future__ import annotations

import functools
import inspect
import sys
from pathlib import Path
from typing import Any

from packer.errors import shown


def of_function(function: Any) -> str:
    """The first line of what a callable does; "" for one that has no source."""
    while isinstance(function, functools.partial):
        function = function.func
    if not inspect.isroutine(function):
        function = type(function).__call__
    code = getattr(inspect.unwrap(function), "__code__", None)
    return _place(code.co_filename, code.co_firstlineno) if code else ""


def of_caller(own: str) -> str:
    """The line that called into the file `own`, which is the caller's `__file__`."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename == own and frame.f_back:
        frame = frame.f_back
    return _place(frame.f_code.co_filename, frame.f_lineno)


def _place(file: str, line: int) -> str:
    return f"{_shown(file)}:{line}"


@functools.cache
def _shown(file: str) -> str:
    return shown(Path(file))
