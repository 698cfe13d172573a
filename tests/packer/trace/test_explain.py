"""Triple faults made by one changed field each: the field is named."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.cpu.gates import GateDescriptor
from kobjects.kernel.cpu import Cpu
from packer.build import build
from packer.formats import pvh
from packer.image import Image
from packer.machine.outcome import Outcome, Status
from packer.machine.qemu import MICROVM, Launch
from packer.machine.run import Company, run
from packer.manifest import find, load
from packer.trace.explain import Cause, at_reset, chain
from packer.trace.log import Event, events
from packer.trace.words import meaning, where

pytestmark = pytest.mark.boot

PF, DF = int(Vector.PF) * GateDescriptor.size, int(Vector.DF) * GateDescriptor.size
SELECTOR = 2
"""Offset of a gate's selector."""
DATA = b"\x10\0"
"""The selector of the kernel's data segment."""
FIRST_IST = Cpu.offset("tss") + 0x24

Edit = tuple[str, int, bytes]
Fault = Callable[..., tuple[Outcome, list[Event], list[Cause]]]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return build(load(find(tmp_path_factory.mktemp("nothing"))).system)


@pytest.fixture
def fault(image: Image, tmp_path: Path) -> Fault:
    """Boots the demonstration, whose trespasser faults, with these bytes changed."""

    def boot(*edits: Edit) -> tuple[Outcome, list[Event], list[Cause]]:
        load = image.load
        for region, offset, data in edits:
            at = image.layout.placement(region).physical - image.layout.window.start + offset
            load = load[:at] + data + load[at + len(data) :]
        path = tmp_path / "guest.elf"
        path.write_bytes(pvh.wrap(dataclasses.replace(image, load=load)).data)
        found: list[Cause] = []

        launch = Launch(stay=True, log=tmp_path / "log")
        company = Company(at_reset=lambda monitor, log: found.extend(at_reset(monitor, log)))
        outcome = run(path, MICROVM, launch, company=company)
        return outcome, list(events(outcome.log)), found

    return boot


def test_gates_that_are_not_present(fault: Fault, image: Image) -> None:
    outcome, found, causes = fault(("idt", PF, bytes(16)), ("idt", DF, bytes(16)))
    assert outcome.status is Status.RESET
    first, second = chain(found)
    assert (first.name, second.name) == ("#PF", "#DF")
    assert meaning(first) == "read of 0xffffffff80200000 by ring 3: refused"
    place = where(first, image)
    assert place is not None
    assert (place.owner, place.label) == ("task.trespasser.text", "trespasser + 0x7")
    assert place.place.startswith("stages/user/trespasser.asm:")
    assert [str(cause) for cause in causes] == [
        f"idt[{vector}].present: is 0: nobody handles this vector\nhelp: set it in the gate"
        for vector in (14, 8)
    ]


def test_gates_with_a_selector_of_data(fault: Fault) -> None:
    _, _, causes = fault(("idt", PF + SELECTOR, DATA), ("idt", DF + SELECTOR, DATA))
    assert [str(cause) for cause in causes] == [
        "idt[14].selector: is 0x10: must name a 64-bit code segment",
        "idt[8].selector: is 0x10: must name a 64-bit code segment",
    ]


def test_a_stack_that_is_not_there(fault: Fault) -> None:
    _, _, causes = fault(("idt", PF + SELECTOR, DATA), ("cpu", FIRST_IST, bytes(8)))
    assert [cause.path for cause in causes] == ["idt[14].selector", "idt[8].ist", "tss.ist[0]"]
    assert "below which nothing is mapped, at pml4[511].pdpt[511].pd[511]" in causes[-1].text


def test_an_empty_table_names_the_vector_that_was_wanted(fault: Fault) -> None:
    _, found, causes = fault(("idt", 0, bytes(4096)))
    assert re.fullmatch(
        r"while delivering vector 0x[23]0, whose gate is at fault", meaning(chain(found)[0])
    )
    assert [cause.path for cause in causes] == ["idt[13].present", "idt[8].present"]


def test_a_run_that_passes_has_no_chain(fault: Fault) -> None:
    outcome, found, causes = fault()
    assert outcome.passed
    assert (chain(found), causes) == ([], [])
    assert {event.kind for event in found} == {"exception", "interrupt"}
    assert any(meaning(event) == "the local APIC's timer" for event in found)
