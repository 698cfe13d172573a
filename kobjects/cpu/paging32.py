"""32-bit paging: 4-byte entries, pages of 4 KiB and, with CR4.PSE, of 4 MiB.

With PSE-36 a page of 4 MiB may lie above 4 GiB: bits 20:13 of its entry are the address's bits
39:32. Processors with a smaller MAXPHYADDR reserve the upper ones of them; without PSE-36 all.
"""

from __future__ import annotations

from kobjects.cpu.paging import PAGE_SIZE, Entry
from kobjects.cpu.paging_choice import TableOrPage
from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved

LARGE_PAGE_SIZE_32 = 4 << 20
"""Bytes that one entry of a page directory maps."""

ENTRIES_32 = 1024
"""Entries of every table."""


class PageDirectoryEntry32(
    Entry,
    bits=32,
    source=SDM3("Format of a 32-Bit Page-Directory Entry that References a Page Table"),
):
    """Maps 4 MiB through a page table."""

    writable: bool = bit(1, "clear: nothing below may be written")
    user: bool = bit(2, "clear: nothing below may be used from ring 3")
    write_through: bool = bit(3, "PWT: memory type of accesses to the table below")
    cache_disable: bool = bit(4, "PCD: memory type of accesses to the table below")
    accessed: bool = bit(5, "set by the processor when it uses the entry")
    ignored_6: int = reserved("6", must=None)
    large: bool = bit(7, "PS: clear, the entry refers to a table; ignored without PSE", must=False)
    available: int = bits("11:8", "for software")
    address: int = bits("31:12", "physical address of the table below", unit=PAGE_SIZE)


class PageEntry32(Entry):
    """What both entries have in common that map a page."""

    writable: bool = bit(1, "clear: writes are refused")
    user: bool = bit(2, "clear: ring 3 is refused")
    write_through: bool = bit(3, "PWT: memory type of the page")
    cache_disable: bool = bit(4, "PCD: memory type of the page")
    accessed: bool = bit(5, "set by the processor when it uses the page")
    dirty: bool = bit(6, "set by the processor when it writes to the page")
    global_: bool = bit(8, "the translation survives loads of CR3 if CR4.PGE is set")
    available: int = bits("11:9", "for software")


class PageDirectoryEntry4M(
    PageEntry32,
    bits=32,
    source=SDM3("Format of a 32-Bit Page-Directory Entry that Maps a 4-MByte Page"),
):
    """Maps a page of 4 MiB."""

    large: bool = bit(7, "PS: set, the entry maps a page", must=True)
    pat: bool = bit(12, "memory type of the page: the highest bit of its number in the PAT")
    zero_21: int = reserved("21", must=0)
    address: int = bits(
        "20:13,31:22", "physical address of the page, 40 bits", unit=LARGE_PAGE_SIZE_32
    )


class PageTableEntry32(
    PageEntry32,
    bits=32,
    source=SDM3("Format of a 32-Bit Page-Table Entry that Maps a 4-KByte Page"),
):
    """Maps a page of 4 KiB."""

    pat: bool = bit(7, "memory type of the page: the highest bit of its number in the PAT")
    address: int = bits("31:12", "physical address of the page", unit=PAGE_SIZE)


PAGE_DIRECTORY_32 = TableOrPage(PageDirectoryEntry32, PageDirectoryEntry4M)
"""An entry of a page directory: of the one type or the other, as bit 7 says; needs CR4.PSE."""


class LinearAddress32(
    Word, bits=32, source=SDM3("Linear-Address Translation to a 4-KByte Page using 32-Bit Paging")
):
    """A linear address as 32-bit paging splits it. In a 4 MiB page `pt` is part of the offset."""

    offset: int = bits("11:0", "byte in the 4 KiB page")
    pt: int = bits("21:12", "number of the page-table entry")
    pd: int = bits("31:22", "number of the page-directory entry")
