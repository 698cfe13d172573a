"""A fault inside the kernel ends in its panic screen; a non-maskable interrupt does not.

Each kernel here is the real one with a few lines in the place of `jmp enter_tasks`, the last
instruction of its start. Whether the panic is right is judged by QEMU's exit code and by what the
screen and the serial line show.
"""

from __future__ import annotations

import dataclasses
import re
import time
from pathlib import Path

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.cpu import Cpu
from kobjects.kernel.stack import KernelStack
from packer.build import artifacts, build
from packer.image import Image
from packer.machine.outcome import Outcome, exit_status
from packer.machine.qemu import PC, Launch, Machine
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run
from packer.manifest import DEMONSTRATION, load
from stages.vectors import DebugExit
from tests.stages.harness import passed

pytestmark = pytest.mark.boot

LAST_LINE = "    jmp     enter_tasks\n"


def broken_kernel(instead: str) -> Image:
    """The demonstration, but its kernel does `instead` once every stage is initialised."""
    system = load(DEMONSTRATION).system
    first, *others = system.stages
    entry = next(code for code in first.code if code.path.name == "entry.asm")
    text = entry.text()
    assert text.count(LAST_LINE) == 1
    changed = dataclasses.replace(entry, generate=lambda: text.replace(LAST_LINE, instead))
    code = [changed if each is entry else each for each in first.code]
    return build(
        dataclasses.replace(system, stages=[dataclasses.replace(first, code=code), *others])
    )


def boot_on_pc(image: Image, folder: Path, company: Company | None = None) -> Outcome:
    artifact, _ = artifacts(image, ["bios"])
    path = folder / artifact.name
    path.write_bytes(artifact.data)
    return run(path, PC, Launch(stay=True), timeout=20, company=company)


@dataclasses.dataclass(frozen=True)
class Panic:
    """What the panic screen says."""

    outcome: Outcome
    image: Image

    def __getitem__(self, name: str) -> int:
        found = re.search(rf"\b{name} *([0-9a-f]{{16}})", "\n".join(self.outcome.screen))
        assert found, name
        return int(found[1], 16)

    @property
    def place(self) -> str:
        """The symbol and distance of RIP."""
        line = next(line for line in self.outcome.screen if line.startswith("at "))
        return line.removeprefix("at").strip()


@pytest.fixture
def panic(request: pytest.FixtureRequest, tmp_path: Path) -> Panic:
    image = broken_kernel(str(request.param))
    outcome = boot_on_pc(image, tmp_path)
    assert outcome.exit_code == exit_status(DebugExit.PANIC), outcome.serial
    return Panic(outcome, image)


UNDEFINED = "broken:\n    mov     r14d, 0x1234\n    ud2\n"
UNMAPPED = "    mov     ecx, 0x5000\nbroken:\n    mov     rbx, [rcx]\n"
OVERFLOW = "overflow:\n    push    rax\n    jmp     overflow\n"


@pytest.mark.parametrize("panic", [UNDEFINED], indirect=True)
def test_an_undefined_instruction_shows_registers_and_symbol(panic: Panic) -> None:
    assert panic["VEC"] == Vector.UD
    assert panic["R14"] == 0x1234
    assert panic["RIP"] == panic.image.symbols["broken"] + 6
    assert panic.place == "broken + 6"


@pytest.mark.parametrize("panic", [UNMAPPED], indirect=True)
def test_a_page_fault_shows_its_address(panic: Panic) -> None:
    assert panic["VEC"] == Vector.PF
    assert panic["CR2"] == 0x5000
    assert panic["ERR"] == 0, "a read of a page that is not there, from ring 0"
    assert panic.place == "broken + 0"


@pytest.mark.parametrize("panic", [OVERFLOW], indirect=True)
def test_a_stack_overflow_meets_its_guard_and_has_a_stack_for_that(panic: Panic) -> None:
    stack = panic.image.layout.placement("kernel_stack").virtual
    assert panic["VEC"] == Vector.DF
    assert panic["RSP"] == stack
    assert panic["CR2"] == stack - 8, "in the unmapped page below"
    assert panic.place == "overflow + 0"
    assert KernelStack.size == panic.image.layout.placement("kernel_stack").size


@pytest.mark.parametrize("panic", [UNDEFINED], indirect=True)
def test_the_serial_line_says_what_the_screen_says(panic: Panic) -> None:
    shown = [line.rstrip() for line in panic.outcome.screen if line.strip()]
    assert shown[0] == "kernel panic: an exception inside the kernel"
    assert shown == [line.rstrip() for line in panic.outcome.serial.splitlines()[-len(shown) :]]


def test_a_cursor_outside_of_the_screen_begins_at_its_top(tmp_path: Path) -> None:
    """Who has the CRT controller's ports can put it there; others then do not write outside."""
    image = broken_kernel(
        "    mov     eax, 0xffff\n    call    write_cursor\n"
        "    lea     rsi, [rip + text_console]\n    call    print\n" + LAST_LINE
    )
    outcome = passed(boot_on_pc(image, tmp_path))
    assert outcome.screen[0].startswith("console ")
    assert outcome.serial.startswith("boot ")


@pytest.mark.parametrize(
    ("board", "missing"),
    [
        ("microvm,acpi=off,pic=off", "no 8259 interrupt controller"),
        ("microvm,acpi=off,pit=off", "no 8254 timer"),
    ],
)
def test_a_machine_without_a_controller_is_refused_by_name(
    board: str, missing: str, tmp_path: Path
) -> None:
    artifact, _ = artifacts(build(load(DEMONSTRATION).system), ["pvh"])
    path = tmp_path / artifact.name
    path.write_bytes(artifact.data)
    outcome = run(path, Machine("microvm", board), timeout=20)
    assert outcome.exit_code == exit_status(DebugExit.PANIC)
    assert f"kernel panic: {missing}" in outcome.serial


def test_a_nonmaskable_interrupt_is_counted_and_nobody_notices(tmp_path: Path) -> None:
    image = build(load(DEMONSTRATION).system)
    seen: list[tuple[int, int]] = []

    def look(monitor: Monitor) -> None:
        cpu = Cpu.parse(monitor.memory(image.symbols.physical("cpu"), Cpu.size))
        counter = monitor.memory(image.symbols.physical("frame.counter"), 8)
        seen.append((cpu.nmis, int.from_bytes(counter, "little")))

    def at_end(monitor: Monitor) -> None:
        look(monitor)
        monitor.ask("inject-nmi")
        monitor.ask("cont")
        time.sleep(0.1)
        monitor.pause()
        look(monitor)

    passed(boot_on_pc(image, tmp_path, Company(at_end=at_end)))
    (nmis_before, count_before), (nmis_after, count_after) = seen
    assert (nmis_before, nmis_after) == (0, 1)
    assert count_after > count_before, "the counter goes on"
