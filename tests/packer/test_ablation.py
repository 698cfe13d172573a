"""What is enumerated from an image, and what leaving it out does to the bytes.

Changed instructions are read back by GNU objdump; what a side of a branch comes to is held against
small sources of which every exit is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from kobjects.cpu.control import Cr0, Rflags
from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.paging import PageTableEntry
from packer.ablation import Guard, bits, boot_guards, branches, guards, instructions, kind
from packer.ablation.flow import Flow, is_conditional
from packer.ablation.guard import Edit, by_name
from packer.ablation.listing import Listing, listing
from packer.asm import SourceText, assemble
from packer.build import artifacts, build
from packer.errors import PackError
from packer.image import Image, LinkedUnit
from packer.manifest import DEMONSTRATION, load
from stages.boot.stage import BIOS, PVH
from stages.names import kernel_names
from tests.packer.asm import gnu

with_gnu = pytest.mark.skipif(not gnu.AVAILABLE, reason="needs GNU as and objdump")


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


@pytest.fixture(scope="module")
def known(image: Image) -> dict[str, Guard]:
    return by_name(guards(image))


def read(text: str) -> Listing:
    """The listing of one source of 64-bit code."""
    sources = [SourceText("stages/room/file.asm", text)]
    unit = assemble(sources, kernel_names())
    return listing(LinkedUnit("unit", 0, unit, unit.code), sources)


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
    changed = branches.never(code)
    assert len(changed) == len(code)
    (read,) = gnu.disassemble([changed], mode, tmp_path)
    if line.startswith("set"):
        assert read.startswith("mov ")
        assert read.endswith(",0x0")
    else:
        assert set(read.split("; ")) == {"nop"}


@with_gnu
@pytest.mark.parametrize(("line", "mode"), CONDITIONAL)
def test_always_goes_where_the_condition_would(line: str, mode: int, tmp_path: Path) -> None:
    code = first_instruction(line, mode, tmp_path)
    changed = branches.always(code)
    assert len(changed) == len(code)
    before, after = (gnu.disassemble([one], mode, tmp_path)[0] for one in (code, changed))
    operands = before.partition(" ")[2]
    instead = "jmp" if line.startswith(("j", "loop")) else "mov"
    wanted = f"{instead} {operands}" + (",0x1" if line.startswith("set") else "")
    assert after.removeprefix("nop; ") == wanted


def test_what_has_no_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="89 c8 depends on no condition"):
        branches.always(bytes.fromhex("89c8"))


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
    assert guard.place == "room/file.asm:start+0x7"
    assert guard.text == "never jumps: DEAD"
    assert guard.edits == (Edit("unit", 7, b"\x90\x90"),)


def test_any_other_condition_is_tried_both_ways() -> None:
    text = "start:\ntest ecx, ecx\njz .on\nnop\n.on:\ncmovz eax, edx\nret\n"
    names = [guard.name for guard in branches.guards(read(text))]
    assert names == [
        f"flow:room/file.asm:{place}:{way}"
        for place in ("start:jz .on", "start.on:cmovz eax, edx")
        for way in ("never", "always")
    ]


# Bits and instructions


def only(found: Sequence[Guard], name: str) -> bytes:
    """The bytes that the one guard of this name puts in."""
    (guard,) = (one for one in found if one.name == name)
    (edit,) = guard.edits
    return edit.new


def test_a_bit_is_cleared_where_it_is_set_and_set_where_it_is_cleared() -> None:
    text = """
const BOTH = Cr0.write_protect | Cr0.paging
start:
    mov     eax, BOTH
    or      ecx, Cr0.task_switched
    and     al, ~Cr0.protection_enable & 0xff
    cmp     eax, Cr0.cache_disable
    push    Rflags.carry
    mov     edx, [rdi + Cr0.write_protect]
"""
    found = list(bits.guards(read(text)))
    names = [guard.name.partition("@")[0] for guard in found]
    assert names == [
        "cr0.paging", "cr0.write_protect", "cr0.task_switched", "cr0.protection_enable",
        "rflags.carry",
    ]  # fmt: skip
    file = "@room/file.asm"
    without_wp = only(found, f"cr0.write_protect{file}")
    assert without_wp == b"\xb8" + Cr0(paging=True).build()[:4]
    assert only(found, f"cr0.task_switched{file}") == bytes.fromhex("83c900")
    assert only(found, f"cr0.protection_enable{file}") == bytes.fromhex("24ff")
    assert only(found, f"rflags.carry{file}") == bytes.fromhex("6a00")


def test_a_bit_is_named_after_the_msr_that_it_goes_to() -> None:
    text = """
start:
    mov     ecx, Msr.FMASK
    mov     eax, Rflags.alignment_check | Rflags.trap
    xor     edx, edx
    wrmsr
    mov     r11d, Rflags.trap
"""
    found = list(bits.guards(read(text)))
    assert [guard.name.partition("@")[0] for guard in found] == [
        "fmask.alignment_check", "fmask.trap", "rflags.trap",
    ]  # fmt: skip
    code = only(found, "fmask.alignment_check@room/file.asm")
    assert code == b"\xb8" + Rflags(trap=True, one_1=1).replace(one_1=0).build()[:4]


def test_instructions_that_change_the_processor_or_wipe() -> None:
    text = """
start:
    cli
    mov     cr3, rax
    mov     rax, cr3
    xor     eax, eax
    xor     eax, ecx
    mov     qword ptr [rdi], 0
    mov     qword ptr [rdi], 1
    rep stosq
    cli
    hlt
"""
    assert [one.name for one in instructions.guards(read(text))] == [
        "system:room/file.asm:start:cli",
        "system:room/file.asm:start:mov cr3, rax",
        "zero:room/file.asm:start:xor eax, eax",
        "zero:room/file.asm:start:mov qword ptr [rdi], 0",
        "zero:room/file.asm:start:rep stosq",
        "system:room/file.asm:start:cli#2",
    ]


# The demonstration


def test_names_are_unique_and_of_every_kind(image: Image) -> None:
    found = guards(image)
    assert len(by_name(found)) == len(found)
    count = Counter(kind(one.name) for one in found)
    assert set(count) == {"branch", "flow", "bit", "system", "zero", "page", "field"}
    for one in count:
        assert [guard.name for guard in guards(image, one)] == [
            guard.name for guard in found if kind(guard.name) == one
        ]


def test_each_check_of_a_handle_is_one(known: dict[str, Guard]) -> None:
    lookup = [guard.text for name, guard in known.items() if ":ipc/lookup.asm:lookup" in name]
    reasons = [text.removeprefix("never jumps: ") for text in lookup if "never jumps" in text]
    assert reasons == ["BAD_HANDLE", "BAD_HANDLE", "EMPTY", "WRONG_TYPE", "DEAD", "NO_RIGHT"]


@pytest.mark.parametrize(
    "name",
    [
        *("cr4.smep@boot/features.asm", "fmask.direction@ipc/init.asm", "idt[14].dpl"),
        *("idt[8].ist", "gdt.no_user_code32.absent", "page:window_pt:below kernel_stack:present"),
        *("page:pt.TASK:stack.TASK:no_execute", "thread.TASK.bad_mask", "objects[0].call_key"),
        *("system:tasks/schedule.asm:idle.wait:sti", "cpu.io_bitmap", "cpu.tss.ist[0]"),
    ],
)
def test_there_is(known: dict[str, Guard], name: str) -> None:
    assert known[name].edits


def test_nothing_but_the_guard_changes(image: Image, known: dict[str, Guard]) -> None:
    page = "page:window_pt:below kernel_stack:present"
    for name in ("idt[14].dpl", page, "fmask.trap@ipc/init.asm", "thread.TASK.bad_mask"):
        other = build(image.system, name)
        changed = {at for at in range(len(image.load)) if image.load[at] != other.load[at]}
        allowed = set[int]()
        for edit in known[name].edits:
            start = image.symbols.physical(edit.part) - image.layout.window.start + edit.offset
            allowed.update(range(start, start + len(edit.new)))
        assert changed
        assert changed <= allowed
        assert other.without == name


def test_a_gate_is_opened(image: Image) -> None:
    gates = GateDescriptor[256].parse(build(image.system, "idt[14].dpl").contents("idt"))
    assert [number for number, gate in enumerate(gates) if gate.dpl == 3] == [3, 4, 14]


def test_code_is_changed_in_the_unit_too(image: Image) -> None:
    other = build(image.system, "cr4.smep@boot/features.asm")
    assert other.contents("kernel.text") == other.units["kernel.text"].code
    assert other.units["kernel.text"].code != image.units["kernel.text"].code


def test_a_page_that_may_be_written_and_executed_is_refused_by_the_checks(image: Image) -> None:
    with pytest.raises(PackError, match=r"error\[KP2304\].*both written and executed"):
        build(image.system, "page:window_pt:kernel.text:writable")


def test_the_page_below_a_stack_is_mapped_like_the_stack(image: Image) -> None:
    other = build(image.system, "page:window_pt:below kernel_stack:present")
    entries = PageTableEntry[512].parse(other.contents("window_pt"))
    stack = image.symbols.physical("kernel_stack")
    (below,) = (entry for entry in entries if entry.address == stack - 4096)
    assert below.present
    assert below.writable
    assert below.no_execute


@pytest.mark.parametrize(("target", "boot"), [("bios", BIOS), ("pvh", PVH)])
def test_boot_code_is_built_without_its_own(image: Image, target: str, boot: object) -> None:
    name = "efer.no_execute_enable@boot/long.asm"
    assert name in {one.name for each in (BIOS, PVH) for one in boot_guards(each) if each is boot}
    other = build(image.system, name)
    assert other.load == image.load
    (with_it, _), (without, _) = (artifacts(one, [target]) for one in (image, other))
    assert with_it.boot
    assert without.boot
    pairs = zip(with_it.boot.code, without.boot.code, strict=True)
    assert [a ^ b for a, b in pairs if a != b] == [1 << 3], "NXE is bit 11: bit 3 of its byte"


def test_an_unknown_name_is_refused_with_the_nearest(image: Image) -> None:
    with pytest.raises(PackError) as refused:
        build(image.system, "idt[14].dlp")
    assert str(refused.value) == (
        "idt[14].dlp: error[KP2207]: the image has no guard of that name\n"
        "help: did you mean idt[14].dpl?"
    )
