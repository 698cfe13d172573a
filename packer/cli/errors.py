"""Showing errors: code, place, what is wrong and what helps; never a traceback for a mistake that a
user can make.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from kobjects.errors import KobjectsError
from packer.cli.exits import Exit
from packer.errors import PackError, Problem
from packer.machine.errors import MachineError, UnfitError
from packer.machine.outcome import GuestError

STYLES = {
    r"error\[KP\d{4}\]": "bold red",
    r"(?m)^[ \t]*\^~*$": "red",
    r"(?m)^help: .*$": "cyan",
    r"(?m)^kpack: passed": "bold green",
}
"""What is coloured on a terminal, and how."""

CHECKS = "KP23"
"""How the codes of what `packer.checks` finds begin."""

OPTIONAL = {
    "keystone": "kpack", "capstone": "kpack", "qemu": "kpack", "rich": "inspect",
    "numpy": "inspect",
}  # fmt: skip
"""Libraries that not every installation has, and the extra that brings each."""


def report(error: Exception) -> Exit:
    """Show an error and say how to end. What is no mistake of the user is raised again."""
    from packer.asm.source import AsmError
    from packer.manifest.reader import ManifestError

    if isinstance(error, AsmError | ManifestError):
        show(error.diagnostics)
        return Exit.SOURCE
    if isinstance(error, PackError):
        show(error.problems)
        checks = all(problem.code.startswith(CHECKS) for problem in error.problems)
        return Exit.CHECK_FAILED if checks else Exit.SOURCE
    if isinstance(error, GuestError):
        from packer.cli.verdict import EXITS, summary

        say(summary(error.outcome, error.place, None, shown=False))
        return EXITS[error.outcome.status]
    if isinstance(error, MachineError):
        show([error.problem])
        return Exit.SOURCE if isinstance(error, UnfitError) else Exit.TOOL
    if isinstance(error, KobjectsError):
        show([Problem("KP0001", error.path, error.problem)])
        return Exit.SOURCE
    if isinstance(error, ModuleNotFoundError) and error.name in OPTIONAL:
        line = f"pip install 'kobjects[{OPTIONAL[error.name]}]'"
        show([Problem("KP4009", "", f"the library {error.name} is not installed", line)])
        return Exit.TOOL
    raise error


def show(problems: Iterable[object]) -> None:
    """Each problem, and how many there are if there are several."""
    texts = [str(problem) for problem in problems]
    say("\n".join(texts))
    if len(texts) > 1:
        say(f"kpack: {len(texts)} errors")


def say(text: str) -> None:
    """Write to standard error: in colour on a terminal, unless NO_COLOR forbids it."""
    if not sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)
        return
    from rich.console import Console
    from rich.text import Text

    coloured = Text(text)
    for pattern, style in STYLES.items():
        coloured.highlight_regex(pattern, style)
    Console(stderr=True, soft_wrap=True).print(coloured)
