"""The PVH boot protocol: a hypervisor enters a guest in 32-bit protected mode, without paging, with
EBX pointing to `HvmStartInfo`.

The image is an ELF file with a note, owner `Xen`, type XEN_ELFNOTE_PHYS32_ENTRY, that holds the
physical address of the entry. Fields have the names of Xen's header; its `size` is `length` here.
"""

from __future__ import annotations

from enum import IntEnum

from kobjects.record import Record, reserved_bytes, u32, u64
from kobjects.source import PVH

XEN_ELFNOTE_PHYS32_ENTRY = 18
"""Type of the note; its description is a 4- or 8-byte address."""

XEN_ELFNOTE_NAME = b"Xen\0"
"""Owner of the note."""

START_MAGIC = 0x336EC578
"""`xEn3`, the E with its high bit set."""


class HvmMemoryType(IntEnum):
    """What a range of memory is; the numbers are E820's."""

    RAM = 1
    RESERVED = 2
    ACPI = 3
    NVS = 4
    UNUSABLE = 5
    DISABLED = 6
    PMEM = 7


class HvmStartInfo(Record, size=56, source=PVH("struct hvm_start_info")):
    """What EBX points to. Version 0 ends before `memmap_paddr`."""

    magic: int = u32("tells the structure", must=START_MAGIC)
    version: int = u32("0, or 1: there are memmap fields")
    flags: int = u32("SIF_ flags: bit 0, the guest is privileged")
    nr_modules: int = u32("number of modules")
    modlist_paddr: int = u64("physical address of an array of HvmModlistEntry")
    cmdline_paddr: int = u64("physical address of the command line, ending in a zero byte; or 0")
    rsdp_paddr: int = u64("physical address of ACPI's root pointer; or 0")
    memmap_paddr: int = u64("physical address of an array of HvmMemmapTableEntry", at=40)
    memmap_entries: int = u32("number of entries; 0: no memory map")
    zero_52: bytes = reserved_bytes(4, must=0)


class HvmModlistEntry(Record, size=32, source=PVH("struct hvm_modlist_entry")):
    """A file that was loaded beside the kernel."""

    paddr: int = u64("physical address of the file")
    length: int = u64("in bytes")
    cmdline_paddr: int = u64("physical address of its command line; or 0")
    reserved_24: bytes = reserved_bytes(8)


class HvmMemmapTableEntry(Record, size=24, source=PVH("struct hvm_memmap_table_entry")):
    """A range of physical memory."""

    addr: int = u64("physical address of the first byte")
    length: int = u64("in bytes")
    type: HvmMemoryType = u32("what it is")
    zero_20: bytes = reserved_bytes(4, must=0)
