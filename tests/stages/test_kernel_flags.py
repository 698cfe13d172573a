"""In the kernel DF, AC, NT and TF are clear, whatever a task had set.

AC would switch SMAP off, DF turn every copy around, and NT make IRETQ fault. The kernel never reads
its own flags, so here it does: this kernel collects them at its entries, behind the instructions
that must have cleared them.
"""

from __future__ import annotations

import pytest
from construct import Array, Int64ul

from kobjects.cpu.control import Rflags
from packer.build import build
from packer.machine.qmp import Monitor
from stages.model import Region
from tests.stages import harness, kernels
from tests.stages.company import START, endpoint, last, task

pytestmark = pytest.mark.boot

AT_TRAP = "    mov     eax, [rsp + TrapFrame.vector]\n"
AT_CALL = "    inc     dword ptr [rip + cpu + Cpu.slow_calls]\n"
COLLECT = "    pushfq\n    pop     rcx\n    or      [rip + kernel_flags + {place}], rcx\n"
COUNT = "    inc     qword ptr [rip + kernel_flags + {place}]\n"
ARITHMETIC = Rflags(
    carry=True, parity=True, auxiliary_carry=True, zero=True, sign=True, overflow=True
)
LOOKS = {"trap": 6, "call": 80}
"""By entry, how often it must have been passed: four faults and two interrupts, and the calls."""


@pytest.fixture(scope="module")
def flags() -> dict[str, tuple[int, int]]:
    """By entry, all flags that were set at any time, and how often it was looked."""
    text = START + task(
        "doctor", "doctor.asm kpack:user/lib.asm", 200,
        console=endpoint("console"), page='{ frame = "page", rights = [] }',
        patient='{ space = "dirty", rights = [] }',
    )  # fmt: skip
    for name in ("dirty", "equal"):  # two, so that slices end
        text += task(name, "dirty.asm", 100, 'supervisor = "doctor"', doctor=endpoint("doctor"))
    of = harness.system(text + last())
    for place, (file, at) in enumerate({"traps.asm": AT_TRAP, "slow.asm": AT_CALL}.items()):
        seen = COLLECT.format(place=place * 16) + COUNT.format(place=place * 16 + 8)
        of = kernels.patched(of, file, at, seen + at)
    region = Region("kernel_flags", Array(4, Int64ul), lambda symbols: [0] * 4)
    image = build(kernels.with_stage(of, regions=[region]))
    found: list[int] = []

    def ask(monitor: Monitor) -> None:
        found.extend(Array(4, Int64ul).parse(harness.held(monitor, image, "kernel_flags")))

    harness.passed(harness.boot(image, ask=ask))
    return {"trap": (found[0], found[1]), "call": (found[2], found[3])}


@pytest.mark.parametrize("entry", LOOKS)
def test_no_flag_of_a_task_is_set_in_the_kernel(
    flags: dict[str, tuple[int, int]], entry: str
) -> None:
    seen, times = flags[entry]
    assert times >= LOOKS[entry]
    assert seen | ARITHMETIC == ARITHMETIC, "all others are clear; bit 1 is always set"
