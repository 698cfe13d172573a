"""map and unmap: what they allow, what they refuse, and what the processor then makes of it."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi, Call, Status
from kobjects.kernel.addresses import Page, User
from stages.model import Task
from tests.stages.harness import boot, passed, system, with_program
from tests.stages.table import ORDER, POISON, Result, Row, results, rows_text

MAP = str(int(Call.MAP << Abi.NUMBER_SHIFT))
UNMAP = str(int(Call.UNMAP << Abi.NUMBER_SHIFT))
READ, WRITE, EXECUTE = "1", "3", "5"
HERE = User.DEVICES + 0x8000
THERE = User.DEVICES + 0xA000
RET = 0xC3
FAULTED, DONE = 0xFA17ED, 0x600D
"""What touching memory leaves in rax; a read leaves what it read."""

Step = tuple[Row, int]
"""An operation, and what must be in rax afterwards."""


def mapped(
    name: str, frame: str, address: int, rights: str, status: Status, space: str = "cap.self"
) -> Step:
    row = Row(name, MAP, frame, space, f"{address:#x}", rights)
    return row, status << Abi.STATUS_SHIFT


def unmapped(name: str, frame: str, status: Status) -> Step:
    return Row(name, UNMAP, frame), status << Abi.STATUS_SHIFT


def touched(name: str, do: str, address: int, left: int) -> Step:
    return Row(name, "0", rsi=str(RET), rdx=f"{address:#x}", do=f"do_{do}"), left


def stale(name: str, do: str, frame: str, address: int) -> Step:
    """Touched, unmapped and touched again; nobody runs meanwhile, so the TLB keeps what it can."""
    kind = {"read": "1", "write": "2", "execute": "4"}[do]
    row = Row(name, "0", frame, str(RET), f"{address:#x}", kind, do=f"do_unmap_{do}")
    return row, FAULTED


OK = Status.OK

WRITABLE = [
    touched("before", "read", HERE, FAULTED),
    mapped("writable", "cap.first", HERE, WRITE, OK),
    touched("is_zero", "read", HERE, 0),
    touched("write", "write", HERE, DONE),
    touched("written", "read", HERE, RET),
    touched("no_execute", "execute", HERE, FAULTED),
    mapped("slot_mapped", "cap.first", THERE, WRITE, Status.MAPPED),
    mapped("slot_mapped_here", "cap.first", HERE, WRITE, Status.MAPPED),
    mapped("taken", "cap.second", HERE, READ, Status.MAPPED),
    mapped("taken_by_text", "cap.second", User.TEXT, READ, Status.MAPPED),
    mapped("taken_by_stack", "cap.second", User.STACK_TOP - 4096, READ, Status.MAPPED),
    mapped("x_while_writable", "cap.first_x", THERE, EXECUTE, Status.W_XOR_X),
    mapped("wx", "cap.second", THERE, "7", Status.W_XOR_X),
    touched("still_not_there", "read", THERE, FAULTED),
    unmapped("unmap", "cap.first", OK),
    touched("gone", "read", HERE, FAULTED),
    mapped("remap", "cap.first", HERE, WRITE, OK),
    stale("stale_read", "read", "cap.first", HERE),
    mapped("remap_again", "cap.first", HERE, WRITE, OK),
    stale("stale_write", "write", "cap.first", HERE),
    unmapped("unmap_again", "cap.first", Status.BAD_STATE),
]
"""A frame mapped writable."""

EXECUTABLE = [
    mapped("executable", "cap.first_x", HERE, EXECUTE, OK),
    touched("execute", "execute", HERE, DONE),
    touched("no_write", "write", HERE, FAULTED),
    touched("kept", "read", HERE, RET),
    mapped("w_while_executable", "cap.first", THERE, WRITE, Status.W_XOR_X),
    mapped("w_while_x_elsewhere", "cap.first", THERE, WRITE, Status.W_XOR_X, "cap.other"),
    mapped("twice", "cap.first_r", THERE, READ, OK),
    touched("alias", "read", THERE, RET),
    touched("alias_write", "write", THERE, FAULTED),
    touched("alias_execute", "execute", THERE, FAULTED),
    stale("stale_execute", "execute", "cap.first_x", HERE),
    touched("alias_stays", "read", THERE, RET),
    mapped("w_after_x", "cap.first", HERE, WRITE, OK),
    touched("w_after_x_execute", "execute", HERE, FAULTED),
    unmapped("unmap_w", "cap.first", OK),
    mapped("x_after_w", "cap.first_x", HERE, EXECUTE, OK),
    touched("x_after_w_execute", "execute", HERE, DONE),
    unmapped("unmap_x_again", "cap.first_x", OK),
    unmapped("unmap_alias", "cap.first_r", OK),
    mapped("in_other", "cap.second", HERE, EXECUTE, OK, "cap.other"),
    touched("not_in_own", "read", HERE, FAULTED),
    unmapped("unmap_other", "cap.second", OK),
]
"""The same frame by other capabilities."""

REFUSED = [
    *(
        mapped(f"address.{name}", "cap.first", address, WRITE, Status.BAD_ADDRESS)
        for name, address in {
            "zero": 0,
            "below": User.MINIMUM - Page.SIZE,
            "odd": HERE + 1,
            "half": HERE + 0x800,
            "limit": int(User.LIMIT),
            "hole": 1 << 47,
            "in_hole": 1 << 62,
            "direct": 0xFFFF_8000_0000_0000,
            "kernel": 0xFFFF_FFFF_8020_0000,
            "highest": (1 << 64) - Page.SIZE,
            "bit_63": 1 << 63 | HERE,
        }.items()
    ),
    *(
        mapped(f"rights.{rights:x}", "cap.second", HERE, str(rights), Status.BAD_ARGUMENT)
        for rights in (0, 2, 4, 6, 8, 9, 0x10, 0x80, 0x101, 1 << 31 | 1, 1 << 32 | 1, 1 << 63 | 1)
    ),
    mapped("right.write", "cap.first_r", HERE, WRITE, Status.NO_RIGHT),
    mapped("right.execute", "cap.first_r", HERE, EXECUTE, Status.NO_RIGHT),
    mapped("right.w_of_x", "cap.first_x", HERE, WRITE, Status.NO_RIGHT),
    mapped("right.x_of_w", "cap.first", HERE, EXECUTE, Status.NO_RIGHT),
    mapped("right.none", "cap.first_none", HERE, READ, Status.NO_RIGHT),
    mapped("right.space", "cap.first", HERE, READ, Status.NO_RIGHT, "cap.self_none"),
    mapped("type.frame", "cap.doctor", HERE, READ, Status.WRONG_TYPE),
    mapped("type.space", "cap.first", HERE, READ, Status.WRONG_TYPE, "cap.second"),
    mapped("empty.frame", "0", HERE, READ, Status.EMPTY),
    mapped("empty.space", "cap.first", HERE, READ, Status.EMPTY, "0"),
    mapped("handle.frame", "cap.first + 1", HERE, READ, Status.BAD_HANDLE),
    mapped("handle.space", "cap.first", HERE, READ, Status.BAD_HANDLE, "1 << 32 | cap.self"),
    unmapped("unmap.empty", "0", Status.EMPTY),
    unmapped("unmap.type", "cap.self", Status.WRONG_TYPE),
    unmapped("unmap.handle", "64 * Slot.size", Status.BAD_HANDLE),
    touched("untouched", "read", HERE, FAULTED),
    # None of these left a trace in the slots or the counts.
    unmapped("unmap.first", "cap.first", Status.BAD_STATE),
    unmapped("unmap.second", "cap.second", Status.BAD_STATE),
]
ENDS = [
    mapped("lowest", "cap.first", User.MINIMUM, WRITE, OK),
    touched("lowest.write", "write", User.MINIMUM, DONE),
    mapped("highest", "cap.first_r", User.LIMIT - Page.SIZE, READ, OK),
    touched("highest.read", "read", User.LIMIT - Page.SIZE, RET),
]
"""The first and the last page that a task may have."""

TABLES = [0x1000_0000 + number * Page.LARGE for number in range(Task.frames + 1)]
"""Addresses in a region that has a directory already; each needs one page table more."""

SPENDING = [
    step
    for number, address in enumerate(TABLES[:-1])
    for step in (
        mapped(f"spend.{number}", "cap.first", address, WRITE, OK),
        unmapped(f"regain.{number}", "cap.first", OK),
    )
] + [
    mapped("spent", "cap.first", TABLES[-1], WRITE, Status.NO_QUOTA),
    mapped("spent.far", "cap.first", 1 << 39, WRITE, Status.NO_QUOTA),
    unmapped("spent.unmap", "cap.first", Status.BAD_STATE),
    mapped("table_kept", "cap.first", TABLES[0], WRITE, OK),
    touched("table_kept.write", "write", TABLES[0], DONE),
]
MAPPER = [*WRITABLE, *EXECUTABLE, *REFUSED, *ENDS]
STEPS = [*MAPPER, *SPENDING]


@pytest.fixture(scope="module")
def seen() -> dict[str, Result]:
    of = system("memory.toml")
    for name, steps in (("mapper", MAPPER), ("spender", SPENDING)):
        of = with_program(of, name, f"rows of {name}", rows_text(row for row, _ in steps))
    found = list(results(passed(boot(of))))
    assert [result.name for result in found] == [row.name for row, _ in STEPS]
    return {result.name: result for result in found}


@pytest.mark.boot
@pytest.mark.parametrize(("row", "left"), STEPS, ids=[row.name for row, _ in STEPS])
def test_step(seen: dict[str, Result], row: Row, left: int) -> None:
    assert seen[row.name].registers["rax"] == left


CALLS = [row for row, _ in STEPS if row.do == "do_call"]
UNTOUCHED = ("r9", "r10", "rbx", "r12", "r13", "r14", "rbp", "r15")
"""Registers that no row sets."""


@pytest.mark.boot
@pytest.mark.parametrize("row", CALLS, ids=[row.name for row in CALLS])
def test_registers_come_back_empty_or_as_they_were(seen: dict[str, Result], row: Row) -> None:
    """The quick way uses some for addresses of the kernel's own."""
    left = seen[row.name].registers
    own = {name: POISON + place for place, name in enumerate(ORDER)}
    for name in UNTOUCHED:
        assert left[name] in (0, own[name]), name
    for name in ("rdi", "rsi", "rdx", "r8"):
        assert left[name] < 1 << 47 or left[name] == own[name], name
