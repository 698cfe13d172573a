"""Where a structure is defined: which manual, which edition, which section.

Editions are pinned here, once. A citation gives the section's title, since numbers move between
editions: `SDM3("Segment Descriptors")`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Manual:
    """A document. Calling it with a section's title gives a `Source`."""

    key: str
    title: str
    edition: str

    def __call__(self, section: str) -> Source:
        return Source(self, section)


@dataclass(frozen=True)
class Source:
    """One section of one edition of one manual."""

    manual: Manual
    section: str

    @property
    def edition(self) -> str:
        return self.manual.edition

    def __str__(self) -> str:
        return f'{self.manual.title} ({self.manual.edition}), "{self.section}"'


_INTEL = "Intel 64 and IA-32 Architectures Software Developer's Manual, Volume"
_AMD = "AMD64 Architecture Programmer's Manual, Volume"

SDM1 = Manual("SDM1", f"{_INTEL} 1", "253665-084US, June 2024")
SDM2 = Manual("SDM2", f"{_INTEL} 2", "325383-084US, June 2024")
SDM3 = Manual("SDM3", f"{_INTEL} 3", "325384-084US, June 2024")
SDM4 = Manual("SDM4", f"{_INTEL} 4", "335592-084US, June 2024")
APM1 = Manual("APM1", f"{_AMD} 1", "24592 revision 3.23, October 2020")
APM2 = Manual("APM2", f"{_AMD} 2", "24593 revision 3.42, March 2024")
APM3 = Manual("APM3", f"{_AMD} 3", "24594 revision 3.36, March 2024")

UEFI = Manual("UEFI", "UEFI Specification", "version 2.10, August 2022")
ACPI = Manual("ACPI", "ACPI Specification", "version 6.5, August 2022")
SMBIOS = Manual("SMBIOS", "System Management BIOS Reference Specification", "3.7.0, July 2023")
MULTIBOOT1 = Manual("MULTIBOOT1", "Multiboot Specification", "version 0.6.96")
MULTIBOOT2 = Manual("MULTIBOOT2", "Multiboot2 Specification", "version 2.0")
PVH = Manual("PVH", "Xen, docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h", "Xen 4.18")
LINUX_BOOT = Manual("LINUX_BOOT", "The Linux/x86 Boot Protocol", "Linux 6.1, protocol 2.15")
ELF = Manual("ELF", "System V Application Binary Interface", "draft of 10 June 2013")
PE = Manual("PE", "Microsoft PE Format", "revision 11, January 2017")
FAT = Manual("FAT", "Microsoft FAT32 File System Specification", "1.03, December 2000")
ISO9660 = Manual("ISO9660", "ECMA-119", "4th edition, June 2019")
EL_TORITO = Manual("EL_TORITO", '"El Torito" Bootable CD-ROM Format', "1.0, January 1995")

IOAPIC = Manual("IOAPIC", "Intel 82093AA I/O APIC datasheet", "290566-001, May 1996")
PIC = Manual("PIC", "Intel 8259A Programmable Interrupt Controller datasheet", "231468-003, 1988")
PIT = Manual("PIT", "Intel 8254 Programmable Interval Timer datasheet", "231164-005, 1993")
UART = Manual("UART", "National Semiconductor PC16550D datasheet", "June 1995")
VGA = Manual("VGA", "IBM VGA/XGA Technical Reference Manual", "S15F-2154-00, May 1992")

KERNEL = Manual("KERNEL", "stages/README.md, the kernel of this repository", "this revision")
