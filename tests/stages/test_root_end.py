"""The end of the root, whom nobody supervises, is a panic that says what it was."""

from __future__ import annotations

import dataclasses

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Abi, Call
from packer.build import build
from packer.machine.outcome import PANIC, Outcome
from packer.machine.qemu import PC
from stages.model import Assembly, System, Task
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.user.kit import company

pytestmark = pytest.mark.boot

UNMAPPED = 0x1234000
EXIT = f"    mov eax, {int(Call.EXIT << Abi.NUMBER_SHIFT)}\n    syscall\n"
ENDS = {
    "#UD": ("fault:\n    ud2\n", Vector.UD, 0, 0),
    "#PF": (f"    mov ecx, {UNMAPPED}\nfault:\n    mov [rcx], rax\n", Vector.PF, 6, UNMAPPED),
    "#GP": ("fault:\n    cli\n", Vector.GP, 0, 0),
}
"""A program, and the vector, error code and address of its end."""


def alone(program: str, *more: str, **given: str) -> System:
    """A root that executes the program, and another task that would go on."""
    text = START + task("root", "empty.asm", 100, "root = true", *more, **given)
    text += task("other", "idler.asm", 90) + last()
    return harness.with_program(harness.system(text), "root", "its end", program)


def panicked(outcome: Outcome) -> list[str]:
    """The panic's lines on the serial line."""
    assert outcome.exit_code == PANIC, outcome.serial
    said = harness.lines(outcome)
    return said[said.index("kernel panic: the root has ended") :]


@pytest.mark.parametrize("end", ENDS)
def test_a_fault_of_the_root_is_a_panic_that_names_it(end: str) -> None:
    program, vector, error, address = ENDS[end]
    image = build(alone(program))
    _, line, *registers, cr2, place = panicked(harness.boot(image))
    rip = harness.labels(image, "root")["fault"]
    assert line == (
        f"thread root faulted: vector {vector} error {error:016x} at {rip:016x} "
        f"touching {address:016x}"
    )
    assert registers[0] == f"VEC  {vector:016x} ERR  {error:016x} RIP  {rip:016x}"
    if address:
        assert cr2.endswith(f"CR2    {address:016x}")
    assert place == "at     no kernel symbol", (
        "without a roster the image has no names of its labels"
    )


def test_an_exit_of_the_root_is_a_panic_that_names_its_code() -> None:
    _, line, *_ = panicked(harness.boot(alone(f"    mov edi, 0x77\n{EXIT}")))
    assert line == f"thread root exited with {0x77:016x}"


def test_the_screen_says_it_too() -> None:
    outcome = harness.boot(alone("fault:\n    ud2\n"), machine=PC, ask=lambda monitor: None)
    assert outcome.screen[0] == "kernel panic: the root has ended"
    shown, said = ("".join("".join(text).split()) for text in (outcome.screen, panicked(outcome)))
    assert shown == said, "but for where rows end"


def test_a_root_with_a_supervisor_is_that_ones_matter() -> None:
    of = alone("fault:\n    ud2\n", 'supervisor = "told"', told=endpoint("other", 1))
    harness.passed(harness.boot(of))


def test_a_root_that_nobody_can_be_told_of_any_more_is_a_panic() -> None:
    """It named itself, which would wait for itself."""
    of = alone("fault:\n    ud2\n", 'supervisor = "told"', told=endpoint("root", 1))
    assert panicked(harness.boot(of))[1].startswith("thread root faulted: vector 6 ")


def test_nobody_elses_end_is() -> None:
    """Not even before the root, or while it waits for somebody."""
    text = START + task("early", "orphan.asm", 120)
    text += task("root", "last.asm kpack:user/lib.asm", 1, "root = true",
                 console=endpoint("console"), finish=endpoint("finish"))  # fmt: skip
    outcome = harness.passed(harness.boot(text))
    assert "thread early faulted: vector " in outcome.serial


def test_with_a_roster_the_place_has_its_label() -> None:
    """Among the labels of all that the roster has: the tasks' beside it, and a program's."""
    before, behind = (
        task(name, "archive.asm kpack:user/lib.asm", 50, console=endpoint("console"))
        for name in ("before", "behind")
    )
    of = company(before, modules='more = { program = ["orphan.asm"], priority = 5 }\n')
    of = dataclasses.replace(of, tasks=[*of.tasks, *company(behind).tasks[-2:-1]])
    broken = "begin:\n    nop\n    ud2\njudge_fault:\njudge_exit:\njudge_report:\n    ret\n"

    def changed(one: Task) -> Task:
        program = [
            Assembly(code.path, generate=lambda: broken) if code.path.name == "plain.asm" else code
            for code in one.program
        ]
        return dataclasses.replace(one, program=program)

    of = dataclasses.replace(of, tasks=[changed(one) for one in of.tasks])
    *_, place = panicked(harness.boot(of))
    assert place == "at     begin + 1"
