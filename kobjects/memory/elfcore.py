"""QEMU's memory dumps: ELF cores of physical memory, with a note of each processor.

Made by `dump-guest-memory FILE`. A file is refused only if it is no ELF core; whatever else is
wrong with it is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kobjects.cpu.segments import SegmentSelector
from kobjects.errors import Finding, ParseError
from kobjects.firmware.elf import (
    Elf64Header,
    Elf64ProgramHeader,
    Elf64SectionHeader,
    ElfClass,
    ElfIdentification,
    ElfMachine,
    ElfNoteHeader,
    ElfType,
    SegmentType,
)
from kobjects.firmware.elf32 import Elf32Header, Elf32ProgramHeader, Elf32SectionHeader
from kobjects.memory.physical import MOST_FINDINGS, MemoryImage
from kobjects.memory.state import CpuState, SegmentRegister, TableRegister
from kobjects.record import Record, array, nested, reserved_bytes, u32, u64
from kobjects.source import Manual

QEMU = Manual("QEMU", "QEMU, target/i386/arch_dump.c", "QEMU 7.2")

QEMU_OWNER = b"QEMU\0"
QEMU_CPU_STATE = 0
"""Owner and type of the note that holds a `QemuCpuState`."""

PN_XNUM = 0xFFFF
"""e_phnum where there are more segments: their number is then sh_info of the first section."""

MOST_NOTES = 1 << 16
"""Notes that are read; a machine has two for each processor."""


class QemuSegment(Record, size=24, source=QEMU("QEMUCPUSegment")):
    """A segment register, GDTR or IDTR."""

    selector: int = u32("16 bits")
    limit: int = u32("offset of the last byte")
    flags: int = u32("upper half of the descriptor")
    pad: bytes = reserved_bytes(4)
    base: int = u64("linear address")


class QemuCpuState(Record, size=432, source=QEMU("QEMUCPUState")):
    """A processor. Newer versions of QEMU add kernel_gs_base, so that `length` is 440."""

    version: int = u32("of this structure", must=1, default=1)
    length: int = u32("bytes of this structure", default=432)
    general: tuple[int, ...] = array("u64", 16, "RAX, RBX, RCX, RDX, RSI, RDI, RSP, RBP, R8-15")
    rip: int = u64("next instruction")
    rflags: int = u64("flags")
    cs: QemuSegment = nested("code segment")
    ds: QemuSegment = nested("data segment")
    es: QemuSegment = nested("data segment")
    fs: QemuSegment = nested("data segment")
    gs: QemuSegment = nested("data segment")
    ss: QemuSegment = nested("stack segment")
    ldt: QemuSegment = nested("LDTR")
    tr: QemuSegment = nested("task register")
    gdt: QemuSegment = nested("GDTR: base and limit")
    idt: QemuSegment = nested("IDTR: base and limit")
    cr: tuple[int, ...] = array("u64", 5, "CR0-4; CR1 is none")

    def state(self, *, long_mode: bool) -> CpuState:
        """The same, as of any other source."""
        registers = dict(zip(_GENERAL, self.general, strict=True))
        cr0, _, cr2, cr3, cr4 = self.cr
        return CpuState(
            cr0=cr0, cr2=cr2, cr3=cr3, cr4=cr4, long_mode=long_mode,
            gdt=TableRegister(self.gdt.base, self.gdt.limit),
            idt=TableRegister(self.idt.base, self.idt.limit),
            segments={name: _segment(getattr(self, name)) for name in _SEGMENTS},
            registers=registers | {"rip": self.rip, "rflags": self.rflags},
        )  # fmt: skip


_GENERAL = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp"]
_GENERAL += [f"r{number}" for number in range(8, 16)]
_SEGMENTS = ("cs", "ds", "es", "fs", "gs", "ss", "ldt", "tr")


def _segment(found: QemuSegment) -> SegmentRegister:
    selector = SegmentSelector.from_int(found.selector & 0xFFFF)
    return SegmentRegister(selector, found.base, found.limit, found.flags)


class Note(NamedTuple):
    """A note of the core: `at` is its offset in the file."""

    at: int
    owner: bytes
    type: int
    description: memoryview


class ElfCore:
    """A core dump of QEMU.

    memory  the physical memory
    cpus    the processors, in QEMU's order; none if the core has no notes of QEMU's
    notes   all notes

    ParseError if this is no ELF core of an x86.
    """

    def __init__(self, data: Any) -> None:
        self.data = memoryview(data).cast("B")
        self._findings: list[Finding] = []
        header = self._header()
        self.long_mode = header.e_machine is ElfMachine.EM_X86_64
        segments = list(self._segments(header))
        loads = [(s.p_paddr, s) for s in segments if s.p_type is SegmentType.PT_LOAD]
        parts = [(start, self._bytes(s.p_offset, s.p_filesz)) for start, s in loads]
        self.notes = [
            note
            for segment in segments
            if segment.p_type is SegmentType.PT_NOTE
            for note in self._notes(segment.p_offset, segment.p_filesz)
        ]
        self.cpus = tuple(self._cpus())
        self.memory = MemoryImage(parts, self._findings)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the file."""
        return self.memory.findings

    def _header(self) -> Any:
        start = self.data[: Elf64Header.size].tobytes()
        ident = ElfIdentification.parse(start)
        wide = ident.ei_class is ElfClass.ELFCLASS64
        header: Any = (Elf64Header if wide else Elf32Header).parse(start)
        self._program: Any = Elf64ProgramHeader if wide else Elf32ProgramHeader
        self._section: Any = Elf64SectionHeader if wide else Elf32SectionHeader
        kinds = (ElfMachine.EM_386, ElfMachine.EM_X86_64)
        if ident.check() or header.e_type is not ElfType.ET_CORE or header.e_machine not in kinds:
            raise ParseError("this is no ELF core of an x86", path="e_type", offset=16)
        return header

    def _segments(self, header: Any) -> Iterator[Any]:
        count, size = header.e_phnum, self._program.size
        if count == PN_XNUM and header.e_shoff:
            count = self._section.parse(self._bytes(header.e_shoff, self._section.size)).sh_info
        if header.e_phentsize != size:
            self._note("e_phentsize", header.e_phentsize, f"must be {size}")
        table = self._bytes(header.e_phoff, count * size)
        for number in range(len(table) // size):
            yield self._program.parse(table[number * size :])

    def _bytes(self, offset: int, size: int) -> memoryview:
        """Part of the file; what it has of it, if it is too short."""
        found = self.data[min(offset, len(self.data)) : min(offset + size, len(self.data))]
        if len(found) != size:
            self._note(f"offset {offset:#x}", len(found), f"must be {size} bytes: the file ends")
        return found

    def _notes(self, offset: int, size: int) -> Iterator[Note]:
        data, at = self._bytes(offset, size), 0
        for _ in range(MOST_NOTES):
            if at + ElfNoteHeader.size > len(data):
                return
            header = ElfNoteHeader.parse(data[at:])
            name = at + ElfNoteHeader.size
            description = name + -(-header.n_namesz // 4) * 4
            end = description + header.n_descsz
            if end > len(data):
                self._note(f"note at {offset + at:#x}", end - at, "must end inside its segment")
                return
            owner = bytes(data[name : name + header.n_namesz])
            yield Note(offset + at, owner, header.n_type, data[description:end])
            at = -(-end // 4) * 4

    def _cpus(self) -> Iterator[CpuState]:
        for note in self.notes:
            if note.owner != QEMU_OWNER or note.type != QEMU_CPU_STATE:
                continue
            if len(note.description) < QemuCpuState.size:
                self._note(
                    f"note at {note.at:#x}", len(note.description),
                    f"must have {QemuCpuState.size} bytes",
                )  # fmt: skip
                continue
            yield QemuCpuState.parse(note.description).state(long_mode=self.long_mode)

    def _note(self, path: str, found: int, rule: str) -> None:
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(Finding(path, found, rule))
