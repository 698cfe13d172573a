"""PAE paging: 32-bit linear addresses through 8-byte entries, pages of 4 KiB and 2 MiB.

Unlike the entries of 4-level paging these have bits 62:52 reserved and no protection keys, and the
four top entries have no rights. Addresses above MAXPHYADDR are reserved; schemas don't know it and
allow 52 bits.
"""

from __future__ import annotations

from kobjects.cpu.paging import LARGE_PAGE_SIZE, PAGE_SIZE, Entry
from kobjects.cpu.paging_choice import TableOrPage
from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved

POINTERS_PAE = 4
"""Entries of the page-directory-pointer table; the tables below it have 512."""


class PageDirectoryPointerEntryPae(
    Entry,
    bits=64,
    source=SDM3("Format of a PAE Page-Directory-Pointer-Table Entry (PDPTE)"),
):
    """Maps 1 GiB through a page directory; it limits no rights."""

    zero_1: int = reserved("2:1", must=0)
    write_through: bool = bit(3, "PWT: memory type of accesses to the page directory")
    cache_disable: bool = bit(4, "PCD: memory type of accesses to the page directory")
    zero_5: int = reserved("8:5", must=0)
    available: int = bits("11:9", "for software")
    address: int = bits("51:12", "physical address of the page directory", unit=PAGE_SIZE)
    zero_52: int = reserved("63:52", must=0)


class PageDirectoryEntryPae(
    Entry,
    bits=64,
    source=SDM3("Format of a PAE Page-Directory Entry that References a Page Table"),
):
    """Maps 2 MiB through a page table."""

    writable: bool = bit(1, "clear: nothing below may be written")
    user: bool = bit(2, "clear: nothing below may be used from ring 3")
    write_through: bool = bit(3, "PWT: memory type of accesses to the table below")
    cache_disable: bool = bit(4, "PCD: memory type of accesses to the table below")
    accessed: bool = bit(5, "set by the processor when it uses the entry")
    ignored_6: int = reserved("6", must=None)
    large: bool = bit(7, "PS: clear, the entry refers to a table", must=False)
    available: int = bits("11:8", "for software")
    address: int = bits("51:12", "physical address of the table below", unit=PAGE_SIZE)
    zero_52: int = reserved("62:52", must=0)
    no_execute: bool = bit(63, "nothing below may be executed; reserved while EFER.NXE is clear")


class PageEntryPae(Entry):
    """What both entries have in common that map a page."""

    writable: bool = bit(1, "clear: writes are refused")
    user: bool = bit(2, "clear: ring 3 is refused")
    write_through: bool = bit(3, "PWT: memory type of the page")
    cache_disable: bool = bit(4, "PCD: memory type of the page")
    accessed: bool = bit(5, "set by the processor when it uses the page")
    dirty: bool = bit(6, "set by the processor when it writes to the page")
    global_: bool = bit(8, "the translation survives loads of CR3 if CR4.PGE is set")
    available: int = bits("11:9", "for software")
    zero_52: int = reserved("62:52", must=0)
    no_execute: bool = bit(63, "fetches are refused; reserved while EFER.NXE is clear")


class PageDirectoryEntry2MPae(
    PageEntryPae,
    bits=64,
    source=SDM3("Format of a PAE Page-Directory Entry that Maps a 2-MByte Page"),
):
    """Maps a page of 2 MiB."""

    large: bool = bit(7, "PS: set, the entry maps a page", must=True)
    pat: bool = bit(12, "memory type of the page: the highest bit of its number in the PAT")
    zero_13: int = reserved("20:13", must=0)
    address: int = bits("51:21", "physical address of the page", unit=LARGE_PAGE_SIZE)


class PageTableEntryPae(
    PageEntryPae,
    bits=64,
    source=SDM3("Format of a PAE Page-Table Entry that Maps a 4-KByte Page"),
):
    """Maps a page of 4 KiB."""

    pat: bool = bit(7, "memory type of the page: the highest bit of its number in the PAT")
    address: int = bits("51:12", "physical address of the page", unit=PAGE_SIZE)


PAGE_DIRECTORY_PAE = TableOrPage(PageDirectoryEntryPae, PageDirectoryEntry2MPae)
"""An entry of a page directory: of the one type or the other, as bit 7 says."""


class LinearAddressPae(
    Word, bits=32, source=SDM3("Linear-Address Translation to a 4-KByte Page using PAE Paging")
):
    """A linear address as PAE paging splits it. In a 2 MiB page `pt` is part of the offset."""

    offset: int = bits("11:0", "byte in the 4 KiB page")
    pt: int = bits("20:12", "number of the page-table entry")
    pd: int = bits("29:21", "number of the page-directory entry")
    pdpt: int = bits("31:30", "number of the page-directory-pointer-table entry")
