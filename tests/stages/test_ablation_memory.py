"""Memory that runs out, and how much of it the kernel says there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.firmware.e820 import E820EntryExtended, E820Type
from kobjects.kernel.abi import Abi, Call, Status
from kobjects.kernel.addresses import Page
from packer.machine.outcome import Outcome
from stages.model import Assembly, System
from tests.stages import harness, kernels
from tests.stages.company import START, endpoint, last, task
from tests.stages.table import Row, results, rows_text

pytestmark = pytest.mark.boot

MIB = 1 << 20
CALL = "    call    memory_init\n"
MAP = f"{int(Call.MAP << Abi.NUMBER_SHIFT)}"
LIBRARY = "kpack:user/lib.asm"


def with_map(of: System, ranges: list[tuple[int, int, int]]) -> System:
    """The kernel that is given these ranges (first byte, length, type) for the firmware's."""
    entries = b"".join(
        E820EntryExtended(base=base, length=length).edit({"type": kind}).build()
        for base, length, kind in ranges
    )
    table = f"ranges:\n    .byte {', '.join(map(str, entries))}\n"
    use = f"""
    lea     rsi, [rip + ranges]
    lea     rdi, [rip + boot_info + BootInfo.memory]
    mov     ecx, {len(entries) // 8}
    rep movsq
    mov     dword ptr [rip + boot_info + BootInfo.memory_count], {len(ranges)}
"""
    of = kernels.patched(of, "entry.asm", CALL, use + CALL)
    return kernels.with_stage(of, [Assembly(Path("ranges"), generate=lambda: table)])


def frames(outcome: Outcome) -> int:
    """How many the kernel counts."""
    line = next(line for line in harness.lines(outcome) if line.startswith("memory "))
    return int(line.split()[1])


COUNTED: dict[str, tuple[list[tuple[int, int, int]], int]] = {
    "one": ([(64 * MIB, 3 * Page.SIZE, E820Type.RAM)], 3),
    "two": ([(64 * MIB, Page.SIZE, E820Type.RAM), (70 * MIB, 2 * Page.SIZE, E820Type.RAM)], 3),
    # Its end lies below its usable start: nothing, and not less than nothing.
    "inside the image": (
        [(2 * MIB, Page.SIZE, E820Type.RAM), (64 * MIB, Page.SIZE, E820Type.RAM)], 1,
    ),
    "empty": ([(64 * MIB, 0, E820Type.RAM), (70 * MIB, Page.SIZE, E820Type.RAM)], 1),
    "reserved": (
        [(64 * MIB, MIB, E820Type.RESERVED), (70 * MIB, Page.SIZE, E820Type.RAM)], 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_usable_frames_are_counted(name: str) -> None:
    ranges, expected = COUNTED[name]
    of = with_map(harness.system(START + last()), ranges)
    assert frames(harness.passed(harness.boot(of))) == expected


def test_a_map_that_finds_no_frame_for_a_table_is_refused() -> None:
    """Three tables are missing below 0x40000000000; there is memory for two."""
    space = '{ space = "table", rights = ["map"] }'
    page = '{ frame = "page", rights = ["read", "write"] }'
    text = START + task(
        "table", f"table.asm calls.asm {LIBRARY}", 100, console=endpoint("console"),
        page=page, own=space,
    )  # fmt: skip
    rows = [
        Row("far", MAP, "cap.page", "cap.own", "0x40000000000", "1"),
        Row("far_again", MAP, "cap.page", "cap.own", "0x40000000000", "1"),
        Row("near", MAP, "cap.page", "cap.own", "0x600000", "1"),
    ]
    of = harness.with_program(harness.system(text + last()), "table", "rows", rows_text(rows))
    of = with_map(of, [(64 * MIB, 2 * Page.SIZE, int(E820Type.RAM))])
    outcome = harness.passed(harness.boot(of))
    assert frames(outcome) == 2
    found = {result.name: result.status for result in results(outcome)}
    assert found == {
        "far": Status.NO_QUOTA, "far_again": Status.NO_QUOTA, "near": Status.NO_QUOTA,
    }  # fmt: skip
