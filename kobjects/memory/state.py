"""What is known of a processor at the moment of a dump: control registers, segments, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kobjects.cpu.control import Efer
from kobjects.cpu.segments import SegmentDescriptor, SegmentSelector
from kobjects.errors import ParseError
from kobjects.memory.modes import Mode, mode_of


@dataclass(frozen=True)
class TableRegister:
    """GDTR or IDTR: linear address, and offset of the last byte."""

    base: int
    limit: int


@dataclass(frozen=True)
class SegmentRegister:
    """A segment register with what the processor keeps of its descriptor.

    `attributes` is the upper half of the descriptor; only bits 8-15 and 20-23 count.
    """

    selector: SegmentSelector
    base: int
    limit: int
    attributes: int

    @property
    def long(self) -> bool:
        """Whether the descriptor is that of 64-bit code."""
        return SegmentDescriptor.from_int((self.attributes & 0xFFFFFFFF) << 32).long


@dataclass(frozen=True)
class CpuState:
    """A processor's system registers.

    efer       None: unknown, as in the notes of an ELF core
    long_mode  EFER.LMA, or what stands for it where EFER is unknown
    registers  the general ones, `rip` and `rflags` by name, as far as known
    """

    cr0: int
    cr2: int
    cr3: int
    cr4: int
    long_mode: bool
    gdt: TableRegister
    idt: TableRegister
    segments: dict[str, SegmentRegister]
    efer: int | None = None
    registers: dict[str, int] = field(default_factory=dict)

    @property
    def mode(self) -> Mode:
        """The paging mode."""
        return mode_of(self.cr0, self.cr4, long_mode=self.long_mode)

    @property
    def no_execute(self) -> bool:
        """EFER.NXE; where EFER is unknown it is taken to be set, as in every system with entries
        that need it.
        """
        return self.efer is None or Efer.from_int(self.efer).no_execute_enable


_NUMBER = re.compile(r"\b([A-Z][A-Z0-9]{1,4}) ?=([0-9a-f]{8,16})\b")
_TABLE = re.compile(r"^([GI]DT)= +([0-9a-f]+) ([0-9a-f]+)", re.MULTILINE)
_SEGMENT = re.compile(
    r"^(ES|CS|SS|DS|FS|GS|LDT|TR) *=([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)", re.MULTILINE
)


def from_info_registers(text: str) -> CpuState:
    """What QEMU's monitor says to `info registers`. ParseError if that is something else.

    With several processors the text is of the first; give the part of another one for that.
    """
    numbers: dict[str, int] = {}
    for name, digits in _NUMBER.findall(text):
        numbers.setdefault(name, int(digits, 16))
    tables = {name: (int(base, 16), int(limit, 16)) for name, base, limit in _TABLE.findall(text)}
    segments = {name.lower(): register for name, register in _segments(text)}
    wanted = {"CR0", "CR2", "CR3", "CR4"} - numbers.keys() | {"GDT", "IDT"} - tables.keys()
    if wanted:
        raise ParseError(f"this is no answer to `info registers`: it lacks {sorted(wanted)}")
    efer = numbers.get("EFER", 0)
    general = {
        {"RFL": "rflags", "EFL": "rflags"}.get(name, name.lower().replace("e", "r", 1)): value
        for name, value in numbers.items()
        if name[0] in "RE" and name != "EFER"
    }
    return CpuState(
        cr0=numbers["CR0"],
        cr2=numbers["CR2"],
        cr3=numbers["CR3"],
        cr4=numbers["CR4"],
        long_mode=Efer.from_int(efer).long_mode_active,
        gdt=TableRegister(*tables["GDT"]),
        idt=TableRegister(*tables["IDT"]),
        segments=segments,
        efer=efer,
        registers=general,
    )


def _segments(text: str) -> Iterator[tuple[str, SegmentRegister]]:
    for name, *digits in _SEGMENT.findall(text):
        selector, base, limit, attributes = (int(each, 16) for each in digits)
        yield (
            name,
            SegmentRegister(SegmentSelector.from_int(selector & 0xFFFF), base, limit, attributes),
        )
