"""4- and 5-level paging: one entry type per level and page size, and linear addresses.

A bit's meaning depends on the level: bit 7 selects memory type in a 4 KiB entry and the page size
above it, where the memory type moves to bit 12. So the kinds of entry are as many types. Where
bit 7 decides between two of them, `PAGE_DIRECTORY_POINTER` and `PAGE_DIRECTORY` read either.

Addresses above the processor's MAXPHYADDR are reserved; schemas don't know it and allow 52 bits.
"""

from __future__ import annotations

from kobjects.cpu.paging_choice import TableOrPage
from kobjects.errors import Finding
from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved

PAGE_SIZE = 4096
"""Bytes of the smallest page, and of every table."""

LARGE_PAGE_SIZE = 2 << 20
"""Bytes that one entry of a page directory maps."""

HUGE_PAGE_SIZE = 1 << 30
"""Bytes that one entry of a page-directory-pointer table maps."""

ENTRIES = 512
"""Entries of every table."""


class Entry(Word):
    """An entry of any level."""

    present: bool = bit(0, "clear: every other bit is software's")

    def check(self) -> list[Finding]:
        """Nothing of an entry that is not present: its bits are software's."""
        return super().check() if self.present else []


class TableEntry(Entry):
    """What all entries have in common that refer to a table."""

    writable: bool = bit(1, "clear: nothing below may be written")
    user: bool = bit(2, "clear: nothing below may be used from ring 3")
    write_through: bool = bit(3, "PWT: memory type of accesses to the table below")
    cache_disable: bool = bit(4, "PCD: memory type of accesses to the table below")
    accessed: bool = bit(5, "set by the processor when it uses the entry")
    ignored_6: int = reserved("6", must=None)
    ignored_8: int = reserved("8", must=None)
    available: int = bits("11:9", "for software; bit 11 has a meaning under HLAT paging")
    address: int = bits("51:12", "physical address of the table below", unit=PAGE_SIZE)
    available_high: int = bits("62:52", "for software")
    no_execute: bool = bit(63, "nothing below may be executed; reserved while EFER.NXE is clear")


class PageEntry(Entry):
    """What all entries have in common that map a page, whatever its size."""

    writable: bool = bit(1, "clear: writes are refused")
    user: bool = bit(2, "clear: ring 3 is refused")
    write_through: bool = bit(3, "PWT: memory type of the page")
    cache_disable: bool = bit(4, "PCD: memory type of the page")
    accessed: bool = bit(5, "set by the processor when it uses the page")
    dirty: bool = bit(6, "set by the processor when it writes to the page")
    global_: bool = bit(8, "the translation survives loads of CR3 if CR4.PGE is set")
    available: int = bits("11:9", "for software; bit 11 has a meaning under HLAT paging")
    available_high: int = bits("58:52", "for software")
    protection_key: int = bits("62:59", "selects rights in PKRU or PKRS if CR4 enables them")
    no_execute: bool = bit(63, "fetches are refused; reserved while EFER.NXE is clear")


class PageMapLevel5Entry(
    TableEntry,
    bits=64,
    source=SDM3("Format of a PML5 Entry (PML5E) that References a PML4 Table"),
):
    """Maps 256 TiB through a PML4 table, if CR4.LA57 is set."""

    zero_7: int = reserved("7", must=0)


class PageMapLevel4Entry(
    TableEntry,
    bits=64,
    source=SDM3("Format of a PML4 Entry (PML4E) that References a Page-Directory-Pointer Table"),
):
    """Maps 512 GiB through a page-directory-pointer table."""

    zero_7: int = reserved("7", must=0)


class PageDirectoryPointerEntry(
    TableEntry,
    bits=64,
    source=SDM3(
        "Format of a Page-Directory-Pointer-Table Entry (PDPTE) that References a Page Directory"
    ),
):
    """Maps 1 GiB through a page directory."""

    large: bool = bit(7, "PS: clear, the entry refers to a table", must=False)


class PageDirectoryPointerEntry1G(
    PageEntry,
    bits=64,
    source=SDM3("Format of a Page-Directory-Pointer-Table Entry (PDPTE) that Maps a 1-GByte Page"),
):
    """Maps a page of 1 GiB."""

    large: bool = bit(7, "PS: set, the entry maps a page", must=True)
    pat: bool = bit(12, "memory type of the page: the highest bit of its number in the PAT")
    zero_13: int = reserved("29:13", must=0)
    address: int = bits("51:30", "physical address of the page", unit=HUGE_PAGE_SIZE)


class PageDirectoryEntry(
    TableEntry,
    bits=64,
    source=SDM3("Format of a Page-Directory Entry that References a Page Table"),
):
    """Maps 2 MiB through a page table."""

    large: bool = bit(7, "PS: clear, the entry refers to a table", must=False)


class PageDirectoryEntry2M(
    PageEntry,
    bits=64,
    source=SDM3("Format of a Page-Directory Entry that Maps a 2-MByte Page"),
):
    """Maps a page of 2 MiB."""

    large: bool = bit(7, "PS: set, the entry maps a page", must=True)
    pat: bool = bit(12, "memory type of the page: the highest bit of its number in the PAT")
    zero_13: int = reserved("20:13", must=0)
    address: int = bits("51:21", "physical address of the page", unit=LARGE_PAGE_SIZE)


class PageTableEntry(
    PageEntry,
    bits=64,
    source=SDM3("Format of a Page-Table Entry that Maps a 4-KByte Page"),
):
    """Maps a page of 4 KiB."""

    pat: bool = bit(7, "memory type of the page: the highest bit of its number in the PAT")
    address: int = bits("51:12", "physical address of the page", unit=PAGE_SIZE)


PAGE_DIRECTORY_POINTER = TableOrPage(PageDirectoryPointerEntry, PageDirectoryPointerEntry1G)
"""An entry of a page-directory-pointer table: of the one type or the other, as bit 7 says."""

PAGE_DIRECTORY = TableOrPage(PageDirectoryEntry, PageDirectoryEntry2M)
"""An entry of a page directory: of the one type or the other, as bit 7 says."""


class LinearAddress(
    Word, bits=64, source=SDM3("Linear-Address Translation to a 4-KByte Page Using 4-Level Paging")
):
    """A linear address as 4-level paging splits it: `LinearAddress.from_int(address).pml4`.

    On large pages the lower numbers are part of the offset in the page: 1 GiB pages end at `pdpt`,
    2 MiB pages at `pd`.
    """

    offset: int = bits("11:0", "byte in the 4 KiB page")
    pt: int = bits("20:12", "number of the page-table entry")
    pd: int = bits("29:21", "number of the page-directory entry")
    pdpt: int = bits("38:30", "number of the page-directory-pointer-table entry")
    pml4: int = bits("47:39", "number of the PML4 entry")
    sign_extension: int = bits("63:48", "must repeat bit 47: the address is canonical")

    @property
    def canonical(self) -> bool:
        """Whether bits 63:47 are all equal; using any other address raises #GP or #SS."""
        return self >> 47 in (0, 0x1FFFF)


class LinearAddress57(
    Word, bits=64, source=SDM3("Linear-Address Translation to a 4-KByte Page Using 5-Level Paging")
):
    """A linear address as 5-level paging splits it."""

    offset: int = bits("11:0", "byte in the 4 KiB page")
    pt: int = bits("20:12", "number of the page-table entry")
    pd: int = bits("29:21", "number of the page-directory entry")
    pdpt: int = bits("38:30", "number of the page-directory-pointer-table entry")
    pml4: int = bits("47:39", "number of the PML4 entry")
    pml5: int = bits("56:48", "number of the PML5 entry")
    sign_extension: int = bits("63:57", "must repeat bit 56: the address is canonical")

    @property
    def canonical(self) -> bool:
        """Whether bits 63:56 are all equal; using any other address raises #GP or #SS."""
        return self >> 56 in (0, 0xFF)
