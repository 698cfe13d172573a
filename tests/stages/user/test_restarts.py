"""When wards are started again by themselves: never, on a fault, always; how often and how fast."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import pytest

from packer.machine.outcome import Outcome
from stages.model import Assembly, Module, System
from tests.stages.company import endpoint, task
from tests.stages.harness import GUESTS, boot, lines, passed
from tests.stages.user.kit import SUPERVISED, company

FAULT = -1
MILLISECOND = 1_000_000


class Case(NamedTuple):
    """A program that ends with a code or by a fault, and how often it then lives."""

    restart: str
    code: int
    lives: int
    restarts: int = 2
    delay: int = 1


CASES = {
    "never": Case("never", FAULT, 1),
    "fault_well": Case("on_fault", 0, 1),
    "fault_code": Case("on_fault", 3, 3),
    "fault_fault": Case("on_fault", FAULT, 3),
    "always_well": Case("always", 0, 3),
    "always_code": Case("always", 3, 3),
    "always_fault": Case("always", FAULT, 3),
    "slow": Case("always", 0, 4, restarts=3, delay=7),
    "once": Case("always", FAULT, 1, restarts=0),
}


def row(name: str, case: Case) -> str:
    keys = (
        'program = ["failing.asm", "kpack:user/lib.asm"]',
        *("priority = 50", "start = true", 'capabilities = ["console"]'),
        f'restart = "{case.restart}"',
        *(f"restarts = {case.restarts}", f"restart_delay = {case.delay}"),
    )
    return f"{name} = {{ {', '.join(keys)} }}\n"


def with_text(of: System, name: str, text: str) -> System:
    """The system with text in front of a module's program."""

    def changed(module: Module) -> Module:
        if module.name != name or module.program is None:
            return module
        more = Assembly(GUESTS / f"text of {name}", generate=lambda: text)
        program = replace(module.program, program=[*module.program.program, more])
        return replace(module, program=program)

    return replace(of, modules=[changed(module) for module in of.modules])


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    of = company(modules="".join(row(name, case) for name, case in CASES.items()))
    for name, case in CASES.items():
        of = with_text(of, name, f'const CODE = {case.code}\ntext_self:\n    .asciz "{name}"\n')
    return passed(boot(of))


def lives(outcome: Outcome, name: str) -> list[int]:
    """When a program was started, in ns since boot."""
    said = [line.split() for line in lines(outcome)]
    return [int(words[2], 16) for words in said if words[:2] == ["lived", name]]


@pytest.mark.boot
@pytest.mark.parametrize("name", CASES)
def test_a_program_lives_as_often_as_its_manifest_says(outcome: Outcome, name: str) -> None:
    assert len(lives(outcome, name)) == CASES[name].lives


@pytest.mark.boot
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.lives > 1])
def test_no_faster_than_it_says(outcome: Outcome, name: str) -> None:
    """From the second start on: the clock is measured in the first slice, during the first one."""
    moments = lives(outcome, name)
    delay = CASES[name].delay * MILLISECOND
    between = [later - earlier for earlier, later in pairwise(moments[1:])]
    assert all(delay <= one < delay + 2 * MILLISECOND for one in between), moments


@pytest.mark.boot
def test_a_task_of_the_image_goes_on_as_its_program() -> None:
    keys = ('restart = "on_fault"', "restarts = 2", "restart_delay = 1")
    more = {"console": endpoint("console"), "supervisor": endpoint("supervisor", 5)}
    files = "failing.asm kpack:user/lib.asm"
    twin = task("twin", files, 100, SUPERVISED, *keys, **more)
    modules = row("twin", Case("never", FAULT, 1)).replace("start = true, ", "")
    text = f'const CODE = {FAULT}\ntext_self:\n    .asciz "twin"\n'
    of = with_text(company(twin, modules=modules, programs={"twin": text}), "twin", text)
    found = passed(boot(of))
    assert len(lives(found, "twin")) == 3
    assert "restart     twin: not started again, after 2" in lines(found)


@pytest.mark.boot
def test_each_start_is_told_and_so_is_the_last(outcome: Outcome) -> None:
    said = [line for line in lines(outcome) if line.startswith("restart")]
    wanted = []
    for name, case in CASES.items():
        wanted += [f"restart     {name}: started again, {n}" for n in range(1, case.lives)]
        if case.lives > 1 or case.restarts == 0:
            wanted.append(f"restart     {name}: not started again, after {case.lives - 1}")
    assert sorted(said) == sorted(wanted)


@pytest.mark.boot
def test_what_they_ended_of_is_told_each_time(outcome: Outcome) -> None:
    said = lines(outcome)
    for name, case in CASES.items():
        faults = sum(line.startswith(f"fault       {name}: #UD at failing") for line in said)
        exits = said.count(f"exit        {name}: status 3")
        assert (faults, exits) == (
            case.lives if case.code == FAULT else 0,
            case.lives if case.code == 3 else 0,
        ), name
