"""One kernel for every way to boot: the same bytes in memory, and tasks that say the same."""

from __future__ import annotations

import pytest

from packer.build import build
from packer.image import Image
from packer.machine.outcome import MARKER
from packer.machine.qemu import TARGETS
from packer.machine.qmp import Monitor
from packer.manifest import DEMONSTRATION, load
from tests.packer.machine import guests
from tests.stages import harness

pytestmark = pytest.mark.boot

KERNEL_SAYS = ("interrupts", "tasks", "ipc")
"""The kernel's own lines that no firmware and no memory changes."""


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


def said(image: Image, target: str) -> tuple[list[str], bytes]:
    """What kernel and tasks say, without what counts time; and the kernel's text in memory."""
    text = image.layout.placement("kernel.text")
    memory: list[bytes] = []

    def read(monitor: Monitor) -> None:
        memory.append(monitor.memory(text.physical, text.size))

    outcome = harness.passed(
        harness.boot(image, target=target, ask=read, icount=False, timeout=120)
    )
    lines = harness.lines(outcome)
    first = next(n for n, line in enumerate(lines) if line.startswith("interrupts"))
    lines = lines[first : lines.index(MARKER) + 1]
    machines = ("memory", "counter", "ping")
    return [line for line in lines if not line.startswith(machines)], memory[0]


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "pvh"])
def test_kernel_and_tasks_are_the_same_on_every_way(image: Image, target: str) -> None:
    if TARGETS[target][0].firmware:
        guests.needs_uefi()
    lines, text = said(image, target)
    wanted, same = said(image, "pvh")
    assert lines == wanted
    assert lines[3].startswith("user  "), "the first line of a task"
    assert {line.split()[0] for line in lines[:3]} == set(KERNEL_SAYS)
    assert text == same == image.contents("kernel.text")
