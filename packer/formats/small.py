"""The smallest file that QEMU's -kernel boots: headers and a program of a few bytes."""

from __future__ import annotations

from kobjects.firmware.elf import (
    Elf64Header,
    Elf64ProgramHeader,
    ElfType,
    SegmentFlags,
    SegmentType,
)
from packer.formats.pvh import EntryNote

ADDRESS = 0x10_0000
"""Where the file lies in memory, headers and all."""

NOTE = Elf64Header.size + 2 * Elf64ProgramHeader.size
ENTRY = ADDRESS + NOTE + EntryNote.size
"""Where the program begins, in 32-bit protected mode."""


def kernel(code: bytes) -> bytes:
    """One segment over the whole file: headers, the PVH note, code that was linked for `ENTRY`."""
    header = Elf64Header(e_type=ElfType.ET_EXEC, e_entry=ENTRY, e_phoff=Elf64Header.size, e_phnum=2)
    whole = _segment(SegmentType.PT_LOAD, 0, NOTE + EntryNote.size + len(code))
    note = _segment(SegmentType.PT_NOTE, NOTE, EntryNote.size)
    parts = (header, whole, note, EntryNote(entry=ENTRY))
    return b"".join(bytes(part.build()) for part in parts) + code


def _segment(kind: SegmentType, offset: int, size: int) -> Elf64ProgramHeader:
    return Elf64ProgramHeader(
        p_type=kind,
        p_flags=SegmentFlags(read=True, execute=kind is SegmentType.PT_LOAD),
        p_offset=offset,
        p_vaddr=ADDRESS + offset,
        p_paddr=ADDRESS + offset,
        p_filesz=size,
        p_memsz=size,
        p_align=4096 if kind is SegmentType.PT_LOAD else 4,
    )
