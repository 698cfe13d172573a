"""Files of memory: what is read of whole ones, and what is said of broken ones.

The files are made without the schemas. Cores that QEMU writes are read in the tests of paging modes
and of our kernel.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from kobjects.errors import KobjectsError, ParseError
from kobjects.memory.dump import Dump, open_dump, read_dump
from kobjects.memory.physical import MemoryImage, MissingMemoryError, Range
from kobjects.memory.state import from_info_registers
from tests.kobjects.oracle import evaluate, layout, pairs

PAGE = bytes(range(256)) * 16


def lime(*ranges: tuple[int, bytes]) -> bytes:
    """As LiME's README has it: magic, version, first and last address, 8 zero bytes; the memory."""
    return b"".join(
        struct.pack("<IIQQQ", 0x4C694D45, 1, start, start + len(data) - 1, 0) + data
        for start, data in ranges
    )


def core(loads: list[tuple[int, bytes]], notes: bytes = b"", *, extended: bool = False) -> bytes:
    """A 64-bit ELF core, made without the schemas."""
    count = len(loads) + 1
    offset = 64 + 64 + 56 * count
    headers = struct.pack("<IIQQQQQQ", 4, 0, offset, 0, 0, len(notes), len(notes), 0)
    data = notes
    for start, memory in loads:
        headers += struct.pack(
            "<IIQQQQQQ", 1, 0, offset + len(data), 0, start, len(memory), len(memory), 0
        )
        data += memory
    section = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, count, 0, 0)
    number = 0xFFFF if extended else count
    shoff = 64 if extended else 0
    header = (
        b"\x7fELF\2\1\1"
        + bytes(9)
        + struct.pack(
            "<HHIQQQIHHHHHH", 4, 62, 1, 0, 128, shoff, 0, 64, 56, number, 64, int(extended), 0
        )
    )
    return header + section + headers + data


def note(owner: bytes, kind: int, description: bytes) -> bytes:
    padded = owner + bytes(-len(owner) % 4)
    return struct.pack("<III", len(owner), len(description), kind) + padded + description


def cpu_note() -> bytes:
    """A QEMUCPUState whose numbers count up."""
    return note(b"QEMU\0", 0, struct.pack("<II54Q", 1, 440, *range(54)))


def test_raw_memory_is_one_range() -> None:
    dump = read_dump(PAGE)
    assert dump.format == "raw"
    assert [*dump.memory.ranges] == [Range(0, 4096)]
    assert dump.memory.read(256, 4) == b"\0\1\2\3"
    assert dump.cpus == ()


def test_lime_ranges_lie_where_they_were() -> None:
    dump = read_dump(lime((0x1000, PAGE), (0x100000, PAGE[::-1])))
    assert dump.format == "LiME"
    assert [*dump.memory.ranges] == [Range(0x1000, 0x2000), Range(0x100000, 0x101000)]
    assert dump.memory.read(0x100000, 2) == b"\xff\xfe"
    with pytest.raises(MissingMemoryError) as caught:
        dump.memory.read(0x1FFF, 2)
    assert str(caught.value) == (
        "2 bytes of physical memory are not in the image, which has [0x1000, 0x2000), "
        "[0x100000, 0x101000) (at offset 0x1fff)"
    )


def test_lime_that_ends_early_is_read_as_far_as_it_goes() -> None:
    whole = lime((0x1000, PAGE), (0x2000, PAGE))
    dump = read_dump(whole[:-100])
    assert [str(finding) for finding in dump.findings] == [
        "range at 0x1020: 0xf9c, but must be 4096 bytes: the file ends"
    ]
    assert [*dump.memory.ranges] == [Range(0x1000, 0x2F9C)]
    dump = read_dump(lime((0x1000, PAGE)) + b"garbage")
    assert [finding.rule for finding in dump.findings] == ["must begin with a LiME header"]


@pytest.mark.parametrize("extended", [False, True], ids=["plain", "PN_XNUM"])
def test_core_segments_lie_at_their_physical_addresses(extended: bool) -> None:
    dump = read_dump(core([(0, PAGE), (0x100000, PAGE)], cpu_note(), extended=extended))
    assert (dump.format, dump.findings) == ("ELF core", ())
    assert [*dump.memory.ranges] == [Range(0, 4096), Range(0x100000, 0x101000)]
    assert len(dump.cpus) == 1


def test_each_processor_has_its_note() -> None:
    other = note(b"QEMU\0", 0, struct.pack("<II54Q", 1, 440, *range(1000, 1054)))
    cpus = read_dump(core([(0, PAGE)], cpu_note() + note(b"CORE\0", 1, bytes(336)) + other)).cpus
    assert [cpu.registers["rax"] for cpu in cpus] == [0, 1000]
    assert [cpu.registers["rip"] for cpu in cpus] == [16, 1016]
    assert [cpu.cr3 for cpu in cpus] == [51, 1051], "18 numbers, 10 segments of 3, CR0 to CR3"


def test_the_note_has_the_layout_of_qemus_structure() -> None:
    """target/i386/arch_dump.c, written down again in C, so that gcc says the offsets."""
    from kobjects.memory.elfcore import QemuCpuState

    structure = """
    struct QEMUCPUSegment { u32 selector, limit, flags, pad; u64 base; };
    struct QEMUCPUState { u32 version, size; u64 rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp;
        u64 r8, r9, r10, r11, r12, r13, r14, r15; u64 rip, rflags;
        struct QEMUCPUSegment cs, ds, es, fs, gs, ss; struct QEMUCPUSegment ldt, tr, gdt, idt;
        u64 cr[5]; };"""
    members = pairs("length=size general=rax rip=rip rflags=rflags cs=cs tr=tr idt=idt cr=cr")
    members |= {"general[15]": "r15", "gdt.base": "gdt.base", "cr[4]": "cr[4]"}
    found = evaluate(layout("QEMUCPUState", members), declarations=structure)
    assert found["QEMUCPUState:"] == QemuCpuState.size
    for path in members:
        assert found[f"QEMUCPUState:{path}@"] == QemuCpuState.offset(path), path


def test_overlapping_segments_are_found_and_the_first_counts() -> None:
    memory = MemoryImage([(0x800, PAGE[::-1]), (0, PAGE)])
    assert memory.read(0x800, 0x800) == PAGE[0x800:]
    assert memory.read(0x1000, 0x800) == PAGE[::-1][0x800:]
    assert [str(finding) for finding in memory.findings] == [
        "segments[1]: 0x800, but must not overlap the one at [0x0, 0x1000)"
    ]
    inside = MemoryImage([(0, PAGE), (0x100, b"x" * 16)])
    assert inside.read(0, 4096) == PAGE


def test_a_truncated_core_is_read_as_far_as_it_goes() -> None:
    whole = core([(0, PAGE), (0x100000, PAGE)], cpu_note())
    dump = read_dump(whole[:-4000])
    assert [*dump.memory.ranges] == [Range(0, 4096), Range(0x100000, 0x100060)]
    assert [finding.rule for finding in dump.findings] == ["must be 4096 bytes: the file ends"]


def test_bad_notes_are_findings() -> None:
    short = note(b"QEMU\0", 0, bytes(100))
    endless = struct.pack("<III", 5, 0xFFFFFFFF, 0) + b"QEMU\0\0\0\0"
    dump = read_dump(core([(0, PAGE)], short + endless))
    assert dump.cpus == ()
    assert [finding.rule for finding in dump.findings] == [
        "must end inside its segment", "must have 432 bytes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x7fELF\2\1\1" + bytes(57), "e_type: this is no ELF core of an x86 (at offset 0x10)"),
        (b"\x7fELF\2\1\1" + bytes(9), "expected 2 bytes of 64, found 0"),
        (b"KDUMP   " + bytes(100), "compressed kdump files are not read"),
        (b"EMiL" + bytes(100), "this is no LiME file (at offset 0x0)"),
        (b"EMiL", "this is no LiME file (at offset 0x0)"),
    ],
)
def test_what_is_no_dump_is_refused(data: bytes, text: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_dump(data)
    assert text in str(caught.value)


def test_a_file_is_mapped_and_an_empty_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "memory"
    path.write_bytes(PAGE)
    dump: Dump = open_dump(path)
    assert dump.memory.read(0, 4096) == PAGE
    path.write_bytes(b"")
    with pytest.raises(KobjectsError, match="the file is empty"):
        open_dump(path)


def test_what_is_no_answer_of_info_registers_is_refused() -> None:
    with pytest.raises(ParseError, match=r"it lacks \['CR2', 'CR3', 'CR4', 'GDT', 'IDT'\]"):
        from_info_registers("CR0=00000011 and no more")
