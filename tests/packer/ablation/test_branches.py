"""Conditions left out, and which side of a branch is the error's.

Changed instructions are read back by GNU objdump; what a side comes to is held against small
sources of which every exit is known.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from packer.ablation import branches
from packer.ablation.flow import Flow, is_conditional
from packer.ablation.guard import Edit
from tests.packer.ablation.sources import read
from tests.packer.asm import gnu

with_gnu = pytest.mark.skipif(not gnu.AVAILABLE, reason="needs GNU as and objdump")

# How a condition is left out, as objdump reads it


JUMPS = ["ja 9f; .skip 8; 9:", "jz 9f; .skip 300; 9:"]
OTHERS_64 = ["cmovb rax, rcx", "cmovne r9d, [rip + 0x100]", "sete al", "setb byte ptr [r12 + 8]"]
CONDITIONAL = [
    *((line, mode) for line in JUMPS for mode in (16, 32, 64)),
    *(("jcxz 9f; .skip 8; 9:", mode) for mode in (16, 32)),
    *(("loop 9f; .skip 8; 9:", mode) for mode in (16, 32, 64)),
    *((line, 64) for line in OTHERS_64),
]


def first_instruction(line: str, mode: int, folder: Path) -> bytes:
    (code,) = gnu.assemble([line], mode, folder)
    assert isinstance(code, bytes)
    return code.rstrip(b"\0") if ".skip" in line else code


@with_gnu
@pytest.mark.parametrize(("line", "mode"), CONDITIONAL)
def test_never_is_nops_or_a_move_of_zero(line: str, mode: int, tmp_path: Path) -> None:
    code = first_instruction(line, mode, tmp_path)
    changed = branches.never(code, mode)
    assert len(changed) == len(code)
    (read,) = gnu.disassemble([changed], mode, tmp_path)
    if line.startswith("set"):
        assert read.startswith("mov ")
        assert read.endswith(",0x0")
    else:
        instructions = read.split("; ")
        assert all(one.startswith("nop") or one == "xchg ax,ax" for one in instructions)
        assert mode == 16 or len(instructions) == 1, "counts of instructions stay"


@with_gnu
@pytest.mark.parametrize(("line", "mode"), CONDITIONAL)
def test_always_goes_where_the_condition_would(line: str, mode: int, tmp_path: Path) -> None:
    code = first_instruction(line, mode, tmp_path)
    changed = branches.always(code, mode)
    assert len(changed) == len(code)
    before, after = (gnu.disassemble([one], mode, tmp_path)[0] for one in (code, changed))
    operands = before.partition(" ")[2]
    instead = "jmp" if line.startswith(("j", "loop")) else "mov"
    wanted = f"{instead} {operands}" + (",0x1" if line.startswith("set") else "")
    assert after.removeprefix("ds ").removeprefix("nop; ") == wanted


def test_what_has_no_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="89 c8 depends on no condition"):
        branches.always(bytes.fromhex("89c8"), 64)


# Which side of a branch is the error's

SIDES = {
    "status before": ("mov eax, Status.EMPTY\ntest ecx, ecx\njz .end\nxor eax, eax\n.end: ret",
                      ("EMPTY", "")),
    "status at the target": ("test ecx, ecx\njz .bad\nxor eax, eax\nret\n"
                             ".bad: mov eax, Status.DEAD\nret", ("DEAD", "")),
    "status behind": ("test ecx, ecx\njz .on\nmov eax, Status.DEAD\nret\n.on: xor eax, eax\nret",
                      ("", "DEAD")),
    "through jumps": ("test ecx, ecx\njz .bad\nret\n.bad: jmp .worse\nnop\n"
                      ".worse: mov eax, Status.DEAD\njmp .end\nnop\n.end: ret", ("DEAD", "")),
    "shifted into place": ("mov eax, Status.DEAD\ntest ecx, ecx\njz end\nxor eax, eax\nret\n"
                           "end: shl eax, Abi.STATUS_SHIFT\nmov [rdi], eax\niretq", ("DEAD", "")),
    "a call that failed": ("call other\ntest eax, eax\njnz .end\nxor eax, eax\n.end: ret\n"
                           "other: ret", ("a call's error", "")),
    "a call that went well": ("call other\ntest eax, eax\njz .end\nret\n.end: xor eax, eax\nret\n"
                              "other: ret", ("", "a call's error")),
    "halts": ("test ecx, ecx\njz .stop\nret\n.stop: hlt\njmp .stop", ("halts", "")),
    "idles": ("test ecx, ecx\njz .stop\nret\n.stop: sti\nhlt\njmp .stop", ("", "")),
    "success": ("mov eax, Status.OK\ntest ecx, ecx\njz .end\nmov eax, Status.OK\n.end: ret",
                ("", "")),
    "overwritten": ("mov eax, Status.DEAD\ntest ecx, ecx\njz .end\nret\n.end: mov eax, edx\nret",
                    ("", "DEAD")),
    "off the fast path": ("cmp ecx, edx\nja .slow\nsysretq\n.slow: push rax\nsysretq",
                          ("not the fast path", "")),
    "both fast": ("cmp ecx, edx\nja .too\nsysretq\n.too: mov eax, 1\nsysretq", ("", "")),
    "off the fast path unless": ("cmp ecx, edx\nje .fast\ncall other\nsysretq\n"
                                 ".fast: sysretq\nother: ret", ("", "not the fast path")),
    "another condition": ("mov eax, Status.DEAD\ntest ecx, ecx\njz .next\nret\n"
                          ".next: test edx, edx\njz .end\nxor eax, eax\n.end: ret", ("", "DEAD")),
}  # fmt: skip


@pytest.mark.parametrize("name", SIDES)
def test_sides(name: str) -> None:
    text, expected = SIDES[name]
    found = read(f"start:\n{text}\n")
    here = next(number for number, code in enumerate(found.codes) if is_conditional(code))
    assert Flow(found).sides(here) == expected


def test_a_guard_is_left_out_on_the_errors_side_alone() -> None:
    text = "start:\nmov eax, Status.DEAD\ntest ecx, ecx\njz .end\nxor eax, eax\n.end: ret\n"
    (guard,) = branches.guards(read(text))
    assert guard.name == "branch:room/file.asm:start:jz .end"
    assert guard.place == "room/file.asm:start:jz .end"
    assert guard.text == "never jumps: DEAD"
    assert guard.edits == (Edit("unit", 7, b"\x66\x90"),)


def test_any_other_condition_is_tried_both_ways() -> None:
    text = "start:\ntest ecx, ecx\njz .on\nnop\n.on:\ncmovz eax, edx\nret\n"
    names = [guard.name for guard in branches.guards(read(text))]
    assert names == [
        f"flow:room/file.asm:{place}:{way}"
        for place in ("start:jz .on", "start.on:cmovz eax, edx")
        for way in ("never", "always")
    ]
