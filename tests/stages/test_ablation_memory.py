"""Memory that runs out, and how much of it the kernel says there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.firmware.e820 import E820EntryExtended, E820Type
from kobjects.kernel.abi import Abi, Call, ObjectType, Status
from kobjects.kernel.addresses import Page, User
from packer.machine.outcome import Outcome, exit_status
from stages.model import Assembly, System
from stages.vectors import DebugExit
from tests.stages import harness, kernels
from tests.stages.company import START, last
from tests.stages.object_calls import copy, create, destroy, map_, revoke, slot, unmap
from tests.stages.script import Do
from tests.stages.workers import done

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


PAGES = [slot(number) for number in (40, 41, 42)]
OUTSIDE = {
    "first": (User.MINIMUM, User.MINIMUM + Page.SIZE, Page.SIZE),
    "last": (User.LIMIT - 2 * Page.SIZE, User.LIMIT - Page.SIZE, User.LIMIT),
}


@pytest.mark.parametrize("end", OUTSIDE)
def test_pages_beside_those_that_no_task_may_have_open_no_way_to_them(end: str) -> None:
    """The fast path keeps the table of the 2 MiB where it mapped last, and asks no more there."""
    one, two, outside = (int(address) for address in OUTSIDE[end])
    frames = [create(ObjectType.FRAME, page, Page.SIZE) for page in PAGES]
    done(
        [
            *frames,
            map_(PAGES[0], one, 1),
            map_(PAGES[1], two, 1),
            map_(PAGES[2], outside, 1, Status.BAD_ADDRESS),
        ]
    )


CHILD, LARGE, ONE, TWO = (slot(number) for number in range(43, 47))
FIRST, SECOND = 0x1000_0000, 0x2000_0000


@pytest.mark.parametrize("end", [revoke(LARGE), destroy(CHILD)], ids=["frame's", "space's"])
def test_a_slot_forgets_its_place_among_the_mappings_when_it_is_unmapped(end: Do) -> None:
    """It was behind another, and is first when it is mapped again: of its frame, in the Space."""
    done(
        [
            create(ObjectType.SPACE, CHILD, 200, 50, 90, 64),
            create(ObjectType.FRAME, LARGE, Page.LARGE),
            copy(LARGE, ONE, 1),
            copy(LARGE, TWO, 1),
            map_(ONE, FIRST, 1, space=CHILD),
            map_(TWO, SECOND, 1, space=CHILD),
            unmap(ONE),
            map_(ONE, FIRST, 1, space=CHILD),
            unmap(ONE),
            end,
            unmap(TWO, Status.DEAD if end.arguments == [LARGE] else Status.BAD_STATE),
        ]
    )


HUNGRY = """
hungry:
    call    allocate_frame
    jmp     hungry
"""


def test_a_page_that_was_promised_and_is_not_there_is_a_panic() -> None:
    source = Assembly(Path("own.asm"), generate=lambda: HUNGRY)
    of = kernels.instead_of_tasks(harness.system(START + last()), "hungry", source)
    outcome = harness.boot(of, memory=16)
    assert outcome.exit_code == exit_status(DebugExit.PANIC), outcome.serial
    reason = "no frame left for one that a budget allowed"
    assert harness.lines(outcome)[-1] == f"kernel panic: {reason}"


ENOUGH = 256
"""Frames."""

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
    """Beside a range that is enough for what the tasks were promised."""
    ranges, expected = COUNTED[name]
    enough = (80 * MIB, ENOUGH * Page.SIZE, E820Type.RAM)
    given = [(first, length, int(kind)) for first, length, kind in (*ranges, enough)]
    of = with_map(harness.system(START + last()), given)
    assert frames(harness.passed(harness.boot(of))) == expected + ENOUGH
