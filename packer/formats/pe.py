"""PE/COFF files: EFI applications as firmware loads them.

Sections lie in the file in the order of their addresses and never allow both writing and executing.
There is no relocation directory: what is in the file is right at every address, or is copied to the
one place where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kobjects.cpu.paging import PAGE_SIZE
from kobjects.firmware.pe import (
    CHECKSUM_OFFSET,
    PE32_PLUS,
    PE_SIGNATURE,
    Characteristics,
    CoffHeader,
    DataDirectory,
    Directory,
    DllCharacteristics,
    DosHeader,
    ImageFields,
    PeSectionHeader,
    SectionCharacteristics,
    StandardFields,
    WinCertificate,
    checksum,
)
from kobjects.record import Record, array, nested, octets, u32, u64
from kobjects.source import PE
from kobjects.text import Ascii
from packer.layout import align_up
from packer.provenance import BlobPart, Ledger, Provenance, SchemaPart

FILE_ALIGNMENT = 512
SIGNATURE_ALIGNMENT = 8
"""Of the table of certificates in the file."""


class OptionalHeader(StandardFields, size=240, source=PE("Optional Header (Image Only)")):
    """An `OptionalHeader64` with all 16 directories: the same size in every file."""

    image_base: int = u64("preferred address; 0: any", at=24)
    image: ImageFields = nested("how to load it")
    stack_reserve: int = u64("bytes of address space")
    stack_commit: int = u64("bytes of memory")
    heap_reserve: int = u64("bytes of address space")
    heap_commit: int = u64("bytes of memory")
    loader_flags: int = u32(must=0)
    directory_count: int = u32("data directories that follow", default=len(Directory))
    directories: tuple[DataDirectory, ...] = array(DataDirectory, len(Directory))


class PeHeaders(Record, size=264, source=PE("File Headers")):
    """What the MS-DOS header leads to."""

    signature: bytes = octets(4, must=PE_SIGNATURE)
    coff: CoffHeader = nested("what kind of file it is")
    optional: OptionalHeader = nested("how it lies in memory")


CHECKSUM = DosHeader.size + PeHeaders.offset("optional") + CHECKSUM_OFFSET


@dataclass(frozen=True)
class Section:
    """A section's bytes with their owners. Code may be executed, other bytes only read."""

    name: str
    data: bytes = field(repr=False)
    owners: Provenance = field(repr=False)
    code: bool = False

    def characteristics(self) -> SectionCharacteristics:
        return SectionCharacteristics(
            code=self.code, initialized_data=not self.code, execute=self.code, read=True
        )


class Application:
    """An EFI application: its sections, and the entry by its distance from the first section."""

    def __init__(self, sections: Sequence[Section], entry: int) -> None:
        self.sections = sections
        self.entry = entry
        headers = DosHeader.size + PeHeaders.size + len(sections) * PeSectionHeader.size
        self.headers_size = align_up(headers, FILE_ALIGNMENT)
        self.addresses: list[int] = []
        self.offsets: list[int] = []
        address, offset = align_up(self.headers_size, PAGE_SIZE), self.headers_size
        for section in sections:
            self.addresses.append(address)
            self.offsets.append(offset)
            address = align_up(address + len(section.data), PAGE_SIZE)
            offset = align_up(offset + len(section.data), FILE_ALIGNMENT)
        self.image_size = address
        self.size = offset

    def file(self) -> tuple[bytes, Provenance]:
        """The file and who owns its bytes; it has no signature."""
        data, _ = self._write(DataDirectory(), 0)
        return self._write(DataDirectory(), checksum(data, CHECKSUM))

    def signed(self, data: bytes) -> tuple[bytes, Provenance]:
        """The file as `data` has it, which is `file` with a table of certificates behind it.

        ValueError if it is anything else.
        """
        start = align_up(self.size, SIGNATURE_ALIGNMENT)
        table = data[start:]
        certificates = DataDirectory(virtual_address=start, length=len(table))
        begun, owners = self._write(certificates, checksum(data, CHECKSUM))
        if data[: self.size] != begun or any(data[self.size : start]):
            raise ValueError("more has changed than the checksum and the table of certificates")
        ledger = Ledger()
        ledger.include(begun, owners)
        ledger.pad(start, "certificates are aligned to 8")
        reached = 0
        while reached < len(table):
            header = WinCertificate.parse(table[reached:])
            end = align_up(reached + header.length, SIGNATURE_ALIGNMENT)
            if not WinCertificate.size <= header.length <= len(table) - reached:
                raise ValueError(f"a certificate of {header.length} bytes is not all there")
            ledger.add(
                SchemaPart("certificate", WinCertificate),
                table[reached : reached + WinCertificate.size],
            )
            blob = table[reached + WinCertificate.size : reached + header.length]
            ledger.add(BlobPart("signature", len(blob), "PKCS #7, made by the signer"), blob)
            ledger.pad(min(start + end, len(data)), "certificates are aligned to 8")
            reached = end
        return ledger.finish()

    def _write(self, certificates: DataDirectory, sum_: int) -> tuple[bytes, Provenance]:
        ledger = Ledger()
        ledger.add(SchemaPart("MS-DOS header", DosHeader), DosHeader().build())
        headers = self._headers(certificates, sum_)
        ledger.add(SchemaPart("PE headers", PeHeaders), headers.build())
        for section, address, offset in zip(
            self.sections, self.addresses, self.offsets, strict=True
        ):
            header = PeSectionHeader(
                name=Ascii(section.name),
                virtual_size=len(section.data),
                virtual_address=address,
                raw_size=align_up(len(section.data), FILE_ALIGNMENT),
                raw_offset=offset,
                characteristics=section.characteristics(),
            )
            ledger.add(SchemaPart("section header", PeSectionHeader), header.build())
        for section, offset in zip(self.sections, self.offsets, strict=True):
            ledger.pad(offset, "sections are aligned to 512 in the file")
            ledger.include(section.data, section.owners)
        ledger.pad(self.size, "sections are whole blocks of 512 in the file")
        return ledger.finish()

    def _headers(self, certificates: DataDirectory, sum_: int) -> PeHeaders:
        sizes = [align_up(len(section.data), FILE_ALIGNMENT) for section in self.sections]
        code = sum(size for size, one in zip(sizes, self.sections, strict=True) if one.code)
        directories = [DataDirectory()] * len(Directory)
        directories[Directory.CERTIFICATE] = certificates
        return PeHeaders(
            coff=CoffHeader(
                sections=len(self.sections),
                optional_size=OptionalHeader.size,
                characteristics=Characteristics(executable_image=True, large_address_aware=True),
            ),
            optional=OptionalHeader(
                magic=PE32_PLUS,
                code_size=code,
                initialized_size=sum(sizes) - code,
                entry=self.addresses[0] + self.entry,
                code_base=self.addresses[0],
                image=ImageFields(
                    section_alignment=PAGE_SIZE,
                    file_alignment=FILE_ALIGNMENT,
                    image_size=self.image_size,
                    headers_size=self.headers_size,
                    checksum=sum_,
                    dll_characteristics=DllCharacteristics(
                        high_entropy_va=True, dynamic_base=True, nx_compatible=True
                    ),
                ),
                directories=tuple(directories),
            ),
        )
