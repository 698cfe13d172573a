"""Problems read well, and each code of this part of kpack is held by a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from packer.errors import PackError, Problem, raised, shown


def test_a_problem_has_place_code_text_and_help() -> None:
    problem = Problem("KP2001", "stage memory, idt", "the name is taken", "choose another")
    assert str(problem) == (
        "stage memory, idt: error[KP2001]: the name is taken\nhelp: choose another"
    )
    assert str(Problem("KP2001", "", "the name is taken")) == "error[KP2001]: the name is taken"


def test_an_error_has_all_its_problems() -> None:
    problems = [Problem("KP2001", "a", "one"), Problem("KP2002", "b", "two")]
    error = PackError(problems)
    assert error.problems == tuple(problems)
    assert str(error) == "a: error[KP2001]: one\nb: error[KP2002]: two"


def test_paths_are_shown_from_the_project_or_the_folder(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(root / "stages" / "boot" / "entry.asm") == "stages/boot/entry.asm"
    assert shown(tmp_path / "mine" / "task.asm") == "mine/task.asm"
    assert shown(Path("/elsewhere/task.asm")) == "/elsewhere/task.asm"


def test_what_was_raised_is_shown_with_its_line() -> None:
    with pytest.raises(ValueError, match="no room") as caught:
        raise ValueError("no room")
    pattern = r"ValueError: no room \(tests/packer/test_errors\.py:\d+\)"
    assert re.fullmatch(pattern, raised(caught.value))
