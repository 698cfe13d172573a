"""The tools' own time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.run import Run
from bench.suites.build import Tool, Workplace, measure
from packer.machine.errors import MachineError


def test_the_suite(run: Run) -> None:
    figures = measure(replace(run, repeat=1))
    names = ["build.floor", "import.kobjects", "cli.help", "build.cold", "build.warm"]
    assert [figure.name for figure in figures] == names
    assert {(figure.unit, len(figure.samples)) for figure in figures} == {("ms", 1)}
    assert [figure.floor for figure in figures] == ["", *["build.floor"] * 4]
    times = {figure.name: figure.median for figure in figures}
    assert times["build.cold"] > times["build.warm"] > times["cli.help"] > 1


def test_a_tool_that_fails_is_no_figure(run: Run) -> None:
    tool = Tool("x", ("-c", "import sys; sys.exit('no such thing')"))
    expected = r"exit status 1; it said: no such thing$"
    with pytest.raises(MachineError, match=expected):
        Workplace(run.folder / "tools").milliseconds(tool)
