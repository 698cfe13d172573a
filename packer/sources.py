"""The text of assembly, and the errors of several units together."""

from __future__ import annotations

from collections.abc import Sequence

from packer.asm import AsmError, SourceText
from packer.errors import PackError, Problem, shown
from stages.model import Assembly


def read_sources(sources: Sequence[Assembly]) -> list[SourceText]:
    """The sources under the names that errors and maps show. PackError lists all unreadable."""
    texts: list[SourceText] = []
    problems: list[Problem] = []
    for source in sources:
        try:
            texts.append(SourceText(shown(source.path), source.text()))
        except OSError as error:
            text = f"cannot be read: {error.strerror}"
            problems.append(Problem("KP2101", shown(source.path), text))
        except UnicodeDecodeError as error:
            text = f"is not UTF-8 text: byte {error.object[error.start]:#04x} at {error.start}"
            problems.append(Problem("KP2102", shown(source.path), text))
    if problems:
        raise PackError(problems)
    return texts


def raise_together(errors: Sequence[AsmError]) -> None:
    """Raise the complaints of several units as one error, if there are any."""
    if errors:
        raise AsmError([complaint for error in errors for complaint in error.diagnostics])
