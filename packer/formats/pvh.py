"""An ELF file that a hypervisor enters directly, in 32-bit protected mode, by the PVH protocol."""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.cpu.paging import PAGE_SIZE
from kobjects.firmware.elf import (
    Elf64Header,
    Elf64ProgramHeader,
    ElfNoteHeader,
    ElfType,
    SegmentFlags,
    SegmentType,
)
from kobjects.firmware.pvh import XEN_ELFNOTE_NAME, XEN_ELFNOTE_PHYS32_ENTRY
from kobjects.record import Record, nested, octets, u32
from kobjects.source import PVH as PROTOCOL
from packer.formats.boot import assemble_boot, entry_of, link_boot
from packer.image import Artifact, Image
from packer.layout import Layout, align_up
from packer.provenance import CodePart, Ledger, SchemaPart
from stages.boot.stage import PVH
from stages.model import Access, BootCode

ENTRY = "pvh_entry"
"""The label at which the boot code is entered."""


class EntryNote(Record, size=20, source=PROTOCOL("XEN_ELFNOTE_PHYS32_ENTRY")):
    """The note that says where to enter."""

    header: ElfNoteHeader = nested(
        "what follows",
        default=ElfNoteHeader(n_namesz=4, n_descsz=4, n_type=XEN_ELFNOTE_PHYS32_ENTRY),
    )
    owner: bytes = octets(4, "whose type it is", default=XEN_ELFNOTE_NAME)
    entry: int = u32("physical address")


def wrap(image: Image, boot: BootCode = PVH) -> Artifact:
    """The whole file. PackError, AsmError as `link_boot`; and without the label `pvh_entry`."""
    linked = link_boot(image, boot, assemble_boot(boot), {})
    entry = entry_of(linked, ENTRY)
    # Hypervisors place a segment of its own for the note above the end of small memories, so the
    # note lies at the end of the boot code's segment.
    note_offset = PAGE_SIZE + align_up(len(linked.code), 4)
    load_offset = align_up(note_offset + EntryNote.size, PAGE_SIZE)
    segments = [
        *_boot_segments(linked.address, note_offset),
        *_kernel_segments(image.layout, load_offset),
    ]
    header = Elf64Header(
        e_type=ElfType.ET_EXEC, e_entry=entry, e_phoff=Elf64Header.size, e_phnum=len(segments)
    )
    ledger = Ledger()
    ledger.add(SchemaPart("ELF header", Elf64Header), bytes(header.build()))
    for segment in segments:
        ledger.add(SchemaPart("program header", Elf64ProgramHeader), bytes(segment.build()))
    ledger.pad(PAGE_SIZE, "the boot code begins on a page of the file")
    ledger.add(CodePart(linked.name, linked.unit), linked.code)
    ledger.pad(note_offset, "notes are aligned to 4")
    ledger.add(SchemaPart("entry note", EntryNote), bytes(EntryNote(entry=entry).build()))
    ledger.pad(load_offset, "the kernel begins on a page of the file")
    ledger.include(image.load, image.owners)
    data, owners = ledger.finish()
    return Artifact(f"{image.system.name}.pvh.elf", data, owners, linked)


def _boot_segments(address: int, note_offset: int) -> Iterator[Elf64ProgramHeader]:
    size = note_offset + EntryNote.size - PAGE_SIZE
    note_address = address + note_offset - PAGE_SIZE
    yield Elf64ProgramHeader(
        p_type=SegmentType.PT_LOAD,
        p_flags=SegmentFlags(read=True, execute=True),
        p_offset=PAGE_SIZE,
        p_vaddr=address,
        p_paddr=address,
        p_filesz=size,
        p_memsz=size,
        p_align=PAGE_SIZE,
    )
    yield Elf64ProgramHeader(
        p_type=SegmentType.PT_NOTE,
        p_flags=SegmentFlags(read=True),
        p_offset=note_offset,
        p_vaddr=note_address,
        p_paddr=note_address,
        p_filesz=EntryNote.size,
        p_memsz=EntryNote.size,
        p_align=4,
    )


def _kernel_segments(layout: Layout, load_offset: int) -> Iterator[Elf64ProgramHeader]:
    """One for each run of pages with the same access."""
    for run in layout.runs():
        size = run.end - run.start
        yield Elf64ProgramHeader(
            p_type=SegmentType.PT_LOAD,
            p_flags=SegmentFlags(
                read=True, write=run.access is Access.DATA, execute=run.access is Access.TEXT
            ),
            p_offset=load_offset + run.start - layout.window.start,
            p_vaddr=run.start + layout.window.base,
            p_paddr=run.start,
            p_filesz=size if run.loaded else 0,
            p_memsz=size,
            p_align=PAGE_SIZE,
        )
