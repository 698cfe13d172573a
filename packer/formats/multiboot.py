"""A flat file with the headers of Multiboot 1 and 2, for QEMU's -kernel, GRUB and their like.

It is no ELF file: QEMU takes none for 64 bits by this protocol. The headers say where it goes, as
one piece: the boot code's page, and the kernel right behind it.
"""

from __future__ import annotations

from kobjects.firmware.e820 import E820EntryExtended
from kobjects.firmware.multiboot import MultibootHeaderFlags, MultibootHeaderLong
from kobjects.firmware.multiboot2 import (
    AddressTag,
    Architecture,
    ConsoleFlags,
    ConsoleFlagsTag,
    EntryAddressTag,
    HeaderEndTag,
    InformationRequestTag,
    InfoTagType,
    Multiboot2Header,
)
from kobjects.kernel.bootinfo import BootLimit
from packer.formats.boot import Extent, assemble_boot, entry_of, link_boot
from packer.image import Artifact, Image
from packer.layout import align_up
from packer.provenance import CodePart, Ledger, RecordPart, SchemaPart
from stages.boot.stage import MULTIBOOT
from stages.model import BootCode

ENTRY = "multiboot_entry"
"""The label at which the boot code is entered."""

ALIGN = 8
"""Of the headers in the file, in bytes: what version 2 asks for."""

MAP_ROOM = E820EntryExtended.size * BootLimit.MEMORY_RANGES
"""Bytes behind the kernel in which the boot code collects the memory map."""


def wrap(image: Image, boot: BootCode = MULTIBOOT) -> Artifact:
    """The whole file. PackError, AsmError as `link_boot`; and without the label."""
    unit = assemble_boot(boot)
    first = align_up(boot.address + len(unit.code), ALIGN)
    second = align_up(first + MultibootHeaderLong.size, ALIGN)
    end = second + header_2(image, 0, 0, 0).header_length
    linked = link_boot(image, boot, unit, {}, Extent("the Multiboot headers", first, end))
    entry = entry_of(linked, ENTRY)
    ledger = Ledger()
    ledger.add(CodePart(linked.name, unit), linked.code)
    ledger.pad(first - boot.address, "headers are aligned to 8")
    header = header_1(image, boot.address, first, entry)
    ledger.add(SchemaPart("Multiboot header", MultibootHeaderLong), bytes(header.build()))
    ledger.pad(second - boot.address, "headers are aligned to 8")
    tags = header_2(image, boot.address, second, entry)
    ledger.add(RecordPart("Multiboot 2 header", tags), bytes(tags.build()))
    ledger.pad(image.layout.window.start - boot.address, "the kernel begins on its page")
    ledger.include(image.load, image.owners)
    data, owners = ledger.finish()
    return Artifact(f"{image.system.name}.multiboot", data, owners, linked)


def header_1(image: Image, load: int, address: int, entry: int) -> MultibootHeaderLong:
    """Version 1's header, at an address. It asks for no screen, which leaves text mode."""
    return MultibootHeaderLong(
        flags=MultibootHeaderFlags(memory_info=True, address_fields=True),
        header_addr=address,
        load_addr=load,
        load_end_addr=image.layout.loaded_end,
        bss_end_addr=image.layout.end + MAP_ROOM,
        entry_addr=entry,
    )


def header_2(image: Image, load: int, address: int, entry: int) -> Multiboot2Header:
    """Version 2's header, at an address."""
    return Multiboot2Header(
        architecture=Architecture.I386,
        tags=(
            InformationRequestTag(requests=(InfoTagType.MMAP,)),
            AddressTag(
                header_addr=address,
                load_addr=load,
                load_end_addr=image.layout.loaded_end,
                bss_end_addr=image.layout.end + MAP_ROOM,
            ),
            EntryAddressTag(entry_addr=entry),
            ConsoleFlagsTag(console_flags=ConsoleFlags(ega_text=True)),
            HeaderEndTag(),
        ),
    )
